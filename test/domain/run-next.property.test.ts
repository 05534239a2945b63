import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stepsOf } from '../../src/domain/plan.ts';
import {
  type GateState,
  gateState,
  type Run,
  type StepState,
  type StepStatus,
  stepState,
} from '../../src/domain/run.ts';
import { type ApprovalStanding, type Next, nextOf } from '../../src/domain/run-next.ts';
import { type Choose, openGates, RUNBOOK, simulate } from './run-simulator.ts';
import { iso, MINUTE, NOW, runAfter } from './samples.ts';
import { check } from './seed.ts';

const STANDINGS: readonly ApprovalStanding[] = ['none', 'open', 'approved', 'over', 'vetoed'];

const ATTEMPT = { attempt: 1, at: iso(), since: iso() };

const STATUSES: readonly StepStatus[] = [
  { is: 'pending' },
  { is: 'running', ...ATTEMPT },
  { is: 'waiting', ...ATTEMPT, until: iso(MINUTE), note: '', memory: null },
  { is: 'waiting', ...ATTEMPT, until: iso(-MINUTE), note: '', memory: null },
  { is: 'postponed', ...ATTEMPT, until: iso(-MINUTE), reason: '', tries: 1 },
  { is: 'asked', ...ATTEMPT, question: { kind: 'decision', question: '?', options: [] } },
  { is: 'done', ...ATTEMPT, summary: '' },
  { is: 'failed', ...ATTEMPT, code: '', reason: '', details: [] },
  { is: 'uncertain', ...ATTEMPT, seen: [], howToTell: null },
  { is: 'skipped', reason: '', byPerson: true },
  { is: 'undone', summary: '' },
];

const anyStep: fc.Arbitrary<StepState> = fc
  .record({ status: fc.constantFrom(...STATUSES), attempts: fc.nat({ max: 2 }), look: fc.boolean() })
  .map((state) => ({ ...stepState(runAfter(), 'any'), ...state }));

const anyGate: fc.Arbitrary<GateState> = fc.record({
  approval: fc.constantFrom(null, 'APR-1'),
  opened: fc.constantFrom(null, { at: iso(), digest: 'd' }),
  undo: fc.constantFrom(
    null,
    { reason: '', failed: null },
    { reason: '', failed: { step: 'stop', reason: '' } },
  ),
  closed: fc.constantFrom(null, 'done', 'undone'),
  blocked: fc.constantFrom([], ['a lock']),
});

/** Any state of a run at all, reachable or not: whatever is in the row must not lead to an unapproved effect. */
const anyRun: fc.Arbitrary<Run> = fc
  .record({
    steps: fc.record(Object.fromEntries(stepsOf(RUNBOOK).map(({ step }) => [step.id, anyStep]))),
    gates: fc.record({ 'cut-over': anyGate, 'clean-up': anyGate }),
    abort: fc.option(fc.constant({ person: 'ben', reason: 'wrong', at: iso() })),
  })
  .map((state) => ({ ...runAfter(), ...state }));

/** What must hold of every single decision. */
function expectSafe(run: Run, next: Next): void {
  const open = openGates(run);
  if (next.do === 'execute' || next.do === 'skip') {
    const { gate, step } = next.placed;
    if (gate !== null) {
      expect(open, `${next.do} ${step.id}`).toContain(gate.gate);
      expect(gateState(run, gate.gate).undo, `${next.do} ${step.id}`).toBeNull();
    }
  }
  if (next.do === 'undo' || next.do === 'start-undo' || next.do === 'close')
    expect(open).toContain(next.gate.gate);
  if (next.do === 'undo') expect(gateState(run, next.gate.gate).undo).not.toBeNull();
  if (next.do === 'open') expect(gateState(run, next.gate.gate).approval).toBe(next.approval);
}

describe('from any state whatever', () => {
  const standing = fc.constantFrom(...STANDINGS);

  test('a gated step is executed only inside its opened gate, and never after its undo began', () => {
    check(
      fc.property(anyRun, standing, (run, stands) => {
        expectSafe(run, nextOf(run, RUNBOOK, stands, NOW, {}));
      }),
      { seed: 501, runs: 5_000 },
    );
  });

  test('only an approved approval opens a gate', () => {
    check(
      fc.property(anyRun, standing, (run, stands) => {
        const next = nextOf(run, RUNBOOK, stands, NOW, {});

        if (next.do === 'open') expect(stands).toBe('approved');
      }),
      { seed: 502, runs: 5_000 },
    );
  });

  test('while an undo is under way there is only undo, its end, or a person who must choose', () => {
    check(
      fc.property(anyRun, standing, (run, stands) => {
        const [open] = openGates(run);
        fc.pre(open !== undefined && gateState(run, open).undo !== null);

        const next = nextOf(run, RUNBOOK, stands, NOW, {});

        expect(['undo', 'close', 'rest']).toContain(next.do);
        if (next.do === 'close') expect(next.outcome).toBe('undone');
      }),
      { seed: 503, runs: 2_000 },
    );
  });

  test('the same state gives the same decision', () => {
    check(
      fc.property(anyRun, standing, (run, stands) => {
        expect(nextOf(run, RUNBOOK, stands, NOW, {})).toEqual(nextOf(run, RUNBOOK, stands, NOW, {}));
      }),
      { seed: 504 },
    );
  });
});

describe('a whole run', () => {
  /** Chooses by the numbers given; when they are used up, everything goes well. */
  const chooserOf = (numbers: readonly number[]): Choose => {
    const left = [...numbers];
    return (first, ...others) => {
      const number = left.shift();
      return number === undefined ? first : ([first, ...others][number % (others.length + 1)] ?? first);
    };
  };

  test('in which everything goes well does every step once, in order, and asks for each gate', () => {
    const told: string[] = [];

    const run = simulate(chooserOf([]), (_, next) => told.push(wordOf(next)), 100);

    expect(run.outcome).toBe('done');
    expect(told).toEqual([
      'execute find',
      'skip roles',
      'ask cut-over',
      'rest',
      'open cut-over',
      'execute stop',
      'execute swap',
      'execute start',
      'close cut-over',
      'execute check',
      'ask clean-up',
      'rest',
      'open clean-up',
      'execute drop',
      'close clean-up',
      'execute tell',
      'finish',
    ]);
  });

  test('comes to its end from wherever faults, vetoes and aborts have led it, and every decision on the way is safe', () => {
    const ends = new Set<string | null>();
    // Most things go well, so that runs get far enough for faults to matter.
    const choice = fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.nat({ max: 41 }) },
    );
    check(
      fc.property(fc.array(choice, { maxLength: 60, size: 'max' }), (numbers) => {
        let undoing = false;

        const run = simulate(
          chooserOf(numbers),
          (before, next) => {
            expectSafe(before, next);
            expectInOrder(before, next);
            if (undoing) expect(['undo', 'close', 'rest', 'finish']).toContain(next.do);
            if (before.abort !== null && openGates(before).length === 0) expect(next.do).toBe('finish');
            if (next.do === 'start-undo') undoing = true;
          },
          300,
        );

        expect(openGates(run)).toEqual([]);
        ends.add(run.outcome);
      }),
      { seed: 505, runs: 3_000 },
    );
    // The walk has seen every kind of end, or it has shown nothing.
    expect([...ends].sort()).toEqual(['aborted', 'done', 'undone']);
  });
});

/** A step begins only when all before it are done or left out. */
function expectInOrder(run: Run, next: Next): void {
  if (next.do !== 'execute') return;
  for (const { step, number } of stepsOf(RUNBOOK)) {
    if (number >= next.placed.number) return;
    expect(['done', 'skipped']).toContain(stepState(run, step.id).status.is);
  }
}

function wordOf(next: Next): string {
  if ('placed' in next) return `${next.do} ${next.placed.step.id}`;
  return 'gate' in next ? `${next.do} ${next.gate.gate}` : next.do;
}
