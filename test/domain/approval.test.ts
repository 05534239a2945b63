import { describe, expect, test } from 'vitest';
import { applyApproval, approvalDueAt } from '../../src/domain/approval.ts';
import type { ApprovalEvent } from '../../src/domain/events.ts';
import { approvalAfter, DIGEST, iso, MINUTE, proof, requested, voteOf } from './samples.ts';

describe('an approval', () => {
  test('begins open, with nobody yet and its clocks running', () => {
    const approval = approvalAfter(requested({ escalateTo: ['mina'] }));

    expect(approval).toMatchObject({
      id: 'APR-1',
      digest: DIGEST,
      votes: [],
      status: { is: 'open' },
      remindAt: iso(5 * MINUTE),
      escalateAt: iso(10 * MINUTE),
    });
    expect(approval).not.toHaveProperty('kind');
  });

  test('without anybody to escalate to it never escalates', () => {
    expect(approvalAfter(requested()).escalateAt).toBeNull();
  });

  test('nothing can happen to one that was never asked for', () => {
    expect(() => applyApproval(null, voteOf('ana'), 'APR-9')).toThrow(
      'APR-9: the first event must be approval.requested, got approval.vote-cast',
    );
  });

  test('keeps each vote with its proof and time', () => {
    const approval = approvalAfter(requested(), voteOf('ana', 'U0ANA', MINUTE));

    expect(approval.votes).toEqual([{ person: 'ana', proof: proof('U0ANA'), at: iso(MINUTE) }]);
    expect(approval.status).toEqual({ is: 'open' });
  });

  test.each<[ApprovalEvent, object]>([
    [
      { kind: 'approval.approved', openBy: iso(MINUTE), at: iso() },
      { is: 'approved', openBy: iso(MINUTE), at: iso() },
    ],
    [
      { kind: 'approval.vetoed', person: 'ben', reason: 'wrong', at: iso() },
      { is: 'vetoed', person: 'ben', reason: 'wrong', at: iso() },
    ],
    [
      { kind: 'approval.voided', reason: 'drift', differences: ['uid'], at: iso() },
      { is: 'void', reason: 'drift', differences: ['uid'], at: iso() },
    ],
    [
      { kind: 'approval.expired', votes: 1, at: iso() },
      { is: 'expired', votes: 1, at: iso() },
    ],
    [
      { kind: 'approval.used', at: iso() },
      { is: 'used', at: iso() },
    ],
  ])('$kind is its status', (event, status) => {
    expect(approvalAfter(requested(), event).status).toEqual(status);
  });

  test('a reminder sets the next one; only an escalation uses the escalation up', () => {
    const reminded = (escalated: boolean): ApprovalEvent => ({
      kind: 'approval.reminded',
      people: ['ben'],
      escalated,
      nextAt: iso(7 * MINUTE),
    });
    const asked = requested({ escalateTo: ['mina'] });

    expect(approvalAfter(asked, reminded(false))).toMatchObject({
      remindAt: iso(7 * MINUTE),
      escalateAt: iso(10 * MINUTE),
    });
    expect(approvalAfter(asked, reminded(true)).escalateAt).toBeNull();
  });

  test('a refused click changes nothing', () => {
    const refused: ApprovalEvent = {
      kind: 'approval.click-refused',
      person: 'dan',
      account: 'U0DAN',
      code: 'not-an-approver',
      at: iso(),
    };

    expect(approvalAfter(requested(), refused)).toEqual(approvalAfter(requested()));
  });
});

describe('when an approval needs a look', () => {
  const approved: ApprovalEvent = { kind: 'approval.approved', openBy: iso(10 * MINUTE), at: iso() };

  test.each<[string, readonly ApprovalEvent[], string | null]>([
    ['open: at the next reminder', [requested()], iso(5 * MINUTE)],
    [
      'open: at the escalation, when it comes first',
      [requested({ escalateTo: ['mina'], escalateAfterMs: MINUTE })],
      iso(MINUTE),
    ],
    ['open: at its end, when that comes first', [requested({ approveBy: iso(2 * MINUTE) })], iso(2 * MINUTE)],
    ['approved: at the end of the time to open', [requested(), approved], iso(10 * MINUTE)],
    ['used: never', [requested(), approved, { kind: 'approval.used', at: iso() }], null],
    ['expired: never', [requested(), { kind: 'approval.expired', votes: 0, at: iso() }], null],
  ])('%s', (_, [request, ...events], at) => {
    expect(approvalDueAt(approvalAfter(request ?? requested(), ...events))?.toISOString() ?? null).toBe(at);
  });
});
