import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Approval, applyApproval } from '../../src/domain/approval.ts';
import {
  type Decision,
  decideApprovalDue,
  decideOpening,
  decideVeto,
  decideVote,
} from '../../src/domain/approval-decide.ts';
import type { ApprovalEvent } from '../../src/domain/events.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import {
  APPROVE_WITHIN_MS,
  CLICKERS,
  type Clicker,
  createModel,
  FROZEN,
  OPEN_WITHIN_MS,
  type Phase,
  REQUESTER,
  type Rules,
} from './approval-model.ts';
import { DIGEST, iso, later, MINUTE, proof, requested } from './samples.ts';
import { check } from './seed.ts';

type Act =
  | { readonly do: 'vote'; readonly who: Clicker; readonly digest: string; readonly typed: string }
  | { readonly do: 'veto'; readonly who: Clicker }
  | { readonly do: 'edit'; readonly list: readonly string[] }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'tick' }
  | { readonly do: 'open'; readonly digest: string; readonly limits: readonly string[] }
  /** The last vote, veto, tick or opening is delivered again. */
  | { readonly do: 'again' };

const OLD_DIGEST = 'e'.repeat(64);
const digest = fc.oneof(
  { weight: 8, arbitrary: fc.constant(DIGEST) },
  { weight: 1, arbitrary: fc.constant(OLD_DIGEST) },
);
const people = CLICKERS.filter(({ account }) => account === 'active').slice(0, 5);
/** Approvers click more often than all others together, so that many interleavings get to an opening. */
const who = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...people) },
  { weight: 2, arbitrary: fc.constantFrom(...CLICKERS) },
);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('vote'),
      who,
      digest,
      typed: fc.constantFrom('janua', 'janua', 'Janua'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('veto'), who }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('edit'),
      list: fc.subarray([...FROZEN, 'eve'], { minLength: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.constantFrom(1, MINUTE, 5 * MINUTE, OPEN_WITHIN_MS, APPROVE_WITHIN_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tick') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('open'),
      digest,
      limits: fc.oneof(
        { weight: 8, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.constant(['lag']) },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('again') }) },
);
const rules: fc.Arbitrary<Rules> = fc.record({
  irreversible: fc.boolean(),
  requesterCounts: fc.boolean(),
  named: fc.boolean(),
});

/** Lives through the acts with the real decisions and the model side by side, and gives the log. */
function live(terms: Rules, acts: readonly Act[]): { log: readonly ApprovalEvent[]; phase: Phase } {
  const model = createModel(terms);
  const log: ApprovalEvent[] = [
    requested({
      class: terms.irreversible ? 'irreversible' : 'reversible',
      requesterCounts: terms.requesterCounts,
      confirmName: terms.named ? 'janua' : null,
      requester: REQUESTER,
      eligible: FROZEN,
    }),
  ];
  let approval: Approval = log.reduce<Approval | null>(
    (state, event) => applyApproval(state, event, 'APR-1'),
    null,
  ) as Approval;
  let ms = 0;
  let last: Act = { do: 'tick' };

  const record = (events: readonly ApprovalEvent[]) => {
    for (const event of events) {
      log.push(event);
      approval = applyApproval(approval, event, 'APR-1');
    }
  };
  const decided = (decision: Decision<ApprovalEvent>): boolean => {
    if (isRefusal(decision)) return false;
    record(decision.events);
    return true;
  };

  for (const step of acts) {
    const next: Act = step.do === 'again' ? last : step;
    if (next.do !== 'edit' && next.do !== 'wait') last = next;
    const now = later(ms);
    switch (next.do) {
      case 'vote': {
        const voter = {
          ...next.who,
          inCurrentList: model.current().includes(next.who.person ?? ''),
          inGroup: true,
        };
        const attempt = {
          voter,
          digest: next.digest,
          typedName: next.typed,
          proof: proof(next.who.name),
          othersEligible: '',
        };
        const seen = { digestIsCurrent: next.digest === DIGEST, nameIsRight: next.typed === 'janua' };
        expect(decided(decideVote(approval, attempt, now))).toBe(model.vote(next.who, seen, ms));
        break;
      }
      case 'veto': {
        const voter = {
          ...next.who,
          inCurrentList: model.current().includes(next.who.person ?? ''),
          inGroup: true,
        };
        expect(decided(decideVeto(approval, voter, 'no', '', now))).toBe(model.veto(next.who, ms));
        break;
      }
      case 'edit':
        model.edit(next.list);
        break;
      case 'wait':
        ms += next.ms;
        break;
      case 'tick':
        record(decideApprovalDue(approval, now));
        model.clock(ms);
        break;
      case 'open': {
        const lostVoters = approval.votes
          .map(({ person }) => person)
          .filter((person) => !model.current().includes(person));
        record(
          decideOpening(
            approval,
            { digest: next.digest, differences: [], limits: next.limits, lostVoters },
            now,
          ),
        );
        model.open(next.digest === DIGEST && next.limits.length === 0, ms);
        break;
      }
    }
    expect(approval.status.is).toBe(model.phase());
    expect(approval.votes.map(({ person }) => person)).toEqual(model.counted());
  }
  return { log, phase: approval.status.is };
}

const ENDS = new Set(['approval.used', 'approval.vetoed', 'approval.voided', 'approval.expired']);

/** The promise itself, read from the log alone. */
function expectPromiseKept(terms: Rules, log: readonly ApprovalEvent[]): void {
  const kinds = log.map(({ kind }) => kind);
  const end = kinds.findIndex((kind) => ENDS.has(kind));
  if (end >= 0) expect(kinds.slice(end + 1)).toEqual([]);
  if (kinds.at(-1) !== 'approval.used') return;
  const votes = log.flatMap((event) => (event.kind === 'approval.vote-cast' ? [event] : []));
  expect(new Set(votes.map(({ person }) => person)).size).toBe(2);
  for (const { person, digest: seen } of votes) {
    expect(FROZEN).toContain(person);
    expect(seen).toBe(DIGEST);
    if (terms.irreversible) expect(person).not.toBe(REQUESTER);
  }
  const approved = log.find((event) => event.kind === 'approval.approved');
  expect(
    approved?.kind === 'approval.approved' && approved.at >= iso() && approved.at < iso(APPROVE_WITHIN_MS),
  ).toBe(true);
}

describe('10,000 interleavings of clicks, clocks, edits and openings', () => {
  test('end as the rules say, and no gate opens without two distinct eligible people', {
    timeout: 20_000,
  }, () => {
    const ends: Record<Phase, number> = { open: 0, approved: 0, used: 0, vetoed: 0, void: 0, expired: 0 };

    check(
      fc.property(rules, fc.array(act, { maxLength: 24, size: 'max' }), (terms, acts) => {
        const { log, phase } = live(terms, acts);

        expectPromiseKept(terms, log);
        ends[phase]++;
      }),
      { seed: 601, runs: 10_000 },
    );

    // Interleavings that never get anywhere would prove nothing.
    for (const count of Object.values(ends)) expect(count).toBeGreaterThan(200);
  });
});
