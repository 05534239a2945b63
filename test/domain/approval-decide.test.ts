import { describe, expect, test } from 'vitest';
import type { Approval } from '../../src/domain/approval.ts';
import {
  decideApprovalDue,
  decideOpening,
  decideVeto,
  decideVote,
  normalizeName,
  type OpeningFacts,
  stillEligible,
  type VoteAttempt,
} from '../../src/domain/approval-decide.ts';
import type { ApprovalEvent } from '../../src/domain/events.ts';
import {
  approvalAfter,
  DIGEST,
  iso,
  later,
  MINUTE,
  NOW,
  proof,
  requested,
  voteOf,
  voter,
} from './samples.ts';

const APPROVED: ApprovalEvent = { kind: 'approval.approved', openBy: iso(10 * MINUTE), at: iso() };
const USED: ApprovalEvent = { kind: 'approval.used', at: iso() };
const VETOED: ApprovalEvent = { kind: 'approval.vetoed', person: 'mina', reason: 'wrong backup', at: iso() };
const VOIDED: ApprovalEvent = {
  kind: 'approval.voided',
  reason: 'drift',
  differences: ['a', 'b'],
  at: iso(),
};
const EXPIRED: ApprovalEvent = { kind: 'approval.expired', votes: 1, at: iso() };
const IRREVERSIBLE = requested({ class: 'irreversible', confirmName: 'janua' });

function vote(approval: Approval, person: string | null, changes: Partial<VoteAttempt> = {}, now = NOW) {
  const attempt = {
    voter: voter(person),
    digest: DIGEST,
    typedName: null,
    proof: proof(`U-${person}`),
    othersEligible: 'Ben, Mina',
    ...changes,
  };
  return decideVote(approval, attempt, now);
}

describe('a vote', () => {
  test('of the first person is cast and approves nothing', () => {
    expect(vote(approvalAfter(requested()), 'ana')).toEqual({ events: [voteOf('ana')] });
  });

  test('of a second person approves, and starts the time to open', () => {
    const decision = vote(approvalAfter(requested(), voteOf('ana')), 'ben');

    expect(decision).toEqual({ events: [voteOf('ben'), APPROVED] });
  });

  test('on an old card counts for nothing and says which approval it was', () => {
    const decision = vote(approvalAfter(requested()), 'ben', { digest: 'e'.repeat(64) });

    expect(decision).toMatchObject({ code: 'approval-superseded', facts: { approval: 'APR-1' } });
  });

  test.each([
    ['irreversible', requested({ class: 'irreversible' })],
    ['where the plan says so', requested({ requesterCounts: false })],
  ])('of the requester does not count: %s', (_, request) => {
    expect(vote(approvalAfter(request), 'ana')).toMatchObject({
      code: 'requester-cannot-approve',
      facts: { eligible: 'Ben, Mina' },
    });
  });

  test.each([
    ['the same account', {}, 'already-approved'],
    ['a second account', { proof: proof('U-ana-2') }, 'same-person'],
    ['a terminal', { proof: { via: 'cli', account: 'U-ana', signature: 's' } as const }, 'same-person'],
  ])('of the same person by %s counts once', (_, changes, code) => {
    expect(vote(approvalAfter(requested(), voteOf('ana')), 'ana', changes)).toMatchObject({
      code,
      facts: { at: iso(), person: 'ana' },
    });
  });

  test.each([
    ['a bot', voter('ben', { account: 'bot' }), 'bot-cannot-approve'],
    ['a guest', voter('ben', { account: 'guest' }), 'guest-or-external'],
    ['a shared channel', voter('ben', { account: 'shared-channel' }), 'shared-channel'],
    ['a stranger', voter(null), 'not-in-people-file'],
    ['a deactivated account', voter('ben', { account: 'inactive' }), 'account-inactive'],
    ['an account not looked up lately', voter('ben', { account: 'unknown' }), 'account-inactive'],
    ['nobody on the frozen list', voter('dan'), 'not-an-approver'],
    ['somebody removed since', voter('ben', { inCurrentList: false }), 'not-an-approver'],
    ['somebody outside the Slack group', voter('ben', { inGroup: false }), 'not-an-approver'],
  ])('of %s is refused, and so is the veto', (_, who, code) => {
    const approval = approvalAfter(requested());

    expect(vote(approval, 'ben', { voter: who })).toMatchObject({ code });
    expect(decideVeto(approval, who, 'stop', 'Ben', NOW)).toMatchObject({ code });
  });

  test.each<[string, readonly ApprovalEvent[], Date, string, object]>([
    [
      'approved',
      [voteOf('ana'), voteOf('mina'), APPROVED],
      NOW,
      'approval-complete',
      { people: 'ana, mina' },
    ],
    ['used', [APPROVED, USED], NOW, 'approval-complete', {}],
    ['vetoed', [VETOED], NOW, 'approval-vetoed', { person: 'mina', reason: 'wrong backup' }],
    ['void', [VOIDED], NOW, 'approval-void-drift', { differences: 'a; b' }],
    ['expired', [EXPIRED], NOW, 'approval-expired', { at: iso(), votes: '1' }],
    [
      'out of time',
      [voteOf('ana')],
      later(15 * MINUTE),
      'approval-expired',
      { at: iso(15 * MINUTE), votes: '1' },
    ],
  ])('on an approval that is %s comes too late', (_, events, now, code, facts) => {
    expect(vote(approvalAfter(requested(), ...events), 'ben', {}, now)).toMatchObject({ code, facts });
  });

  test('counts until the last millisecond', () => {
    expect(vote(approvalAfter(requested()), 'ben', {}, later(15 * MINUTE - 1))).toHaveProperty('events');
  });

  test.each([
    ['janua', true],
    [' “janua” ', true],
    ['janua\u00a0', true],
    ["'janua'", true],
    ['Janua', false],
    ['', false],
    [null, false],
  ])('needs the name of the object where nothing can be taken back: %j', (typedName, counts) => {
    const decision = vote(approvalAfter(IRREVERSIBLE), 'ben', { typedName });

    if (counts) expect(decision).toHaveProperty('events');
    else
      expect(decision).toMatchObject({
        code: 'name-does-not-match',
        facts: { wanted: 'janua', typed: typedName ?? '' },
      });
  });
});

describe('a veto', () => {
  test.each<[string, readonly ApprovalEvent[]]>([
    ['open', []],
    ['approved and not yet used', [voteOf('ana'), voteOf('ben'), APPROVED]],
  ])('stops an approval that is %s, also by the requester', (_, events) => {
    const decision = decideVeto(approvalAfter(requested(), ...events), voter('ana'), 'wrong backup', '', NOW);

    expect(decision).toEqual({
      events: [{ kind: 'approval.vetoed', person: 'ana', reason: 'wrong backup', at: iso() }],
    });
  });

  test.each<[string, ApprovalEvent, string]>([
    ['used', USED, 'too-late-to-veto'],
    ['vetoed', VETOED, 'approval-vetoed'],
    ['expired', EXPIRED, 'approval-expired'],
  ])('of an approval that is %s changes nothing', (_, event, code) => {
    expect(decideVeto(approvalAfter(requested(), event), voter('ben'), 'x', '', NOW)).toMatchObject({ code });
  });
});

describe('the clocks of an approval', () => {
  const ESCALATING = requested({ escalateTo: ['cto', 'ben'] });
  const events = (approval: Approval, ms: number) => decideApprovalDue(approval, later(ms));

  test.each<[string, Approval, number]>([
    ['before the first reminder', approvalAfter(requested()), 5 * MINUTE - 1],
    ['approved, with time to open', approvalAfter(requested(), APPROVED), 10 * MINUTE - 1],
    ['used', approvalAfter(requested(), USED), 60 * MINUTE],
    ['vetoed', approvalAfter(requested(), VETOED), 60 * MINUTE],
  ])('ask for nothing %s', (_, approval, ms) => {
    expect(events(approval, ms)).toEqual([]);
  });

  test('remind those who have not voted', () => {
    expect(events(approvalAfter(requested(), voteOf('ben')), 5 * MINUTE)).toEqual([
      { kind: 'approval.reminded', people: ['ana', 'mina'], escalated: false, nextAt: iso(10 * MINUTE) },
    ]);
  });

  test('do not remind a requester who may not vote', () => {
    expect(events(approvalAfter(requested({ class: 'irreversible' })), 5 * MINUTE)).toMatchObject([
      { people: ['ben', 'mina'] },
    ]);
  });

  test('tell the next row once, each person once', () => {
    const [escalation] = events(approvalAfter(ESCALATING), 10 * MINUTE);

    expect(escalation).toMatchObject({ people: ['ana', 'ben', 'mina', 'cto'], escalated: true });
    const told = approvalAfter(ESCALATING, escalation as ApprovalEvent);
    expect(events(told, 14 * MINUTE)).toEqual([]);
  });

  test.each<[string, Approval, number, number]>([
    ['unanswered after 15 minutes', approvalAfter(requested()), 15 * MINUTE, 0],
    ['half answered after 15 minutes', approvalAfter(requested(), voteOf('ana')), 20 * MINUTE, 1],
    [
      'approved and not opened in 10',
      approvalAfter(requested(), voteOf('ana'), voteOf('ben'), APPROVED),
      10 * MINUTE,
      2,
    ],
  ])('end an approval that is %s', (_, approval, ms, votes) => {
    expect(events(approval, ms)).toEqual([{ kind: 'approval.expired', votes, at: iso(ms) }]);
  });
});

describe('opening the gate', () => {
  const approval = approvalAfter(requested(), voteOf('ana'), voteOf('ben'), APPROVED);
  const facts: OpeningFacts = { digest: DIGEST, differences: [], limits: [], lostVoters: [] };

  test('uses the approval up when everything still holds', () => {
    expect(decideOpening(approval, facts, NOW)).toEqual([USED]);
  });

  test.each<[string, Partial<OpeningFacts>, string, readonly string[]]>([
    ['a bound fact moved', { digest: 'x', differences: ['uid'] }, 'facts changed after approval', ['uid']],
    ['a limit is passed', { limits: ['lag 9 s'] }, 'a limit of the plan is passed', ['lag 9 s']],
    ['a voter left', { lostVoters: ['ben left'], digest: 'x' }, 'an approval no longer counts', ['ben left']],
  ])('voids it when %s', (_, changes, reason, differences) => {
    expect(decideOpening(approval, { ...facts, ...changes }, NOW)).toEqual([
      { kind: 'approval.voided', reason, differences, at: iso() },
    ]);
  });

  test('voids it when two votes are of one person, whoever wrote them', () => {
    const doubled = approvalAfter(requested(), voteOf('ana'), voteOf('ana', 'U0ANA2'), APPROVED);

    expect(decideOpening(doubled, facts, NOW)).toMatchObject([{ reason: 'an approval no longer counts' }]);
  });

  test('expires it when the time to open is over', () => {
    expect(decideOpening(approval, facts, later(10 * MINUTE))).toEqual([
      { kind: 'approval.expired', votes: 2, at: iso(10 * MINUTE) },
    ]);
  });

  test.each<[string, readonly ApprovalEvent[]]>([
    ['open', []],
    ['used', [APPROVED, USED]],
    ['vetoed', [APPROVED, VETOED]],
    ['void', [APPROVED, VOIDED]],
  ])('opens nothing on an approval that is %s', (_, events) => {
    expect(decideOpening(approvalAfter(requested(), ...events), facts, NOW)).toEqual([]);
  });
});

describe('who may still vote', () => {
  test.each<[string, Approval, readonly string[], readonly string[]]>([
    ['everybody eligible', approvalAfter(requested()), ['ana', 'ben', 'mina'], ['ana', 'ben', 'mina']],
    ['not who voted', approvalAfter(requested(), voteOf('ben')), ['ana', 'ben', 'mina'], ['ana', 'mina']],
    [
      'not who was removed, nor who was added since',
      approvalAfter(requested()),
      ['ana', 'ben', 'dan'],
      ['ana', 'ben'],
    ],
    [
      'not the requester of what cannot be taken back',
      approvalAfter(IRREVERSIBLE),
      ['ana', 'ben', 'mina'],
      ['ben', 'mina'],
    ],
    [
      'not a requester who does not count',
      approvalAfter(requested({ requesterCounts: false })),
      ['ana', 'ben'],
      ['ben'],
    ],
  ])('%s', (_, approval, current, people) => {
    expect(stillEligible(approval, current)).toEqual(people);
  });
});

describe('a typed name', () => {
  test.each([
    ['„janua“', 'janua'],
    ['‘janua’', 'janua'],
    ['`janua` ', 'janua'],
    ['\u202fjanua\u2007', 'janua'],
    ['" janua "', 'janua'],
    ["o'brien", "o'brien"],
  ])('%s means %s', (typed, name) => {
    expect(normalizeName(typed)).toBe(name);
  });
});
