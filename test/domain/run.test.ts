import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/events.ts';
import {
  applyRun,
  approvalInUse,
  gateState,
  openGateOf,
  type Run,
  type StepState,
  stepState,
} from '../../src/domain/run.ts';
import { runDueAt } from '../../src/domain/run-due.ts';
import {
  ABORT,
  begun,
  closed,
  DIGEST,
  failed,
  finished,
  GATE_ASKED,
  GATE_OPENED,
  iso,
  MINUTE,
  runAfter,
  UNDO_STARTED,
  uncertain,
} from './samples.ts';

const WAITING: RunEvent = {
  kind: 'step.waiting',
  step: 'look',
  attempt: 1,
  note: '3 of 5',
  until: iso(MINUTE),
  memory: { n: 3 },
};
const POSTPONED: RunEvent = {
  kind: 'step.postponed',
  step: 'stop',
  attempt: 2,
  reason: 'away',
  tries: 1,
  until: iso(2 * MINUTE),
};
const QUESTION = { kind: 'manual', instruction: 'Look', assignee: null, evidence: 'none' } as const;

describe('a run', () => {
  test('begins with nothing done', () => {
    const run = runAfter();

    expect(run).toMatchObject({
      id: 'RUN-1',
      steps: {},
      gates: {},
      abort: null,
      outcome: null,
      finishedAt: null,
    });
    expect(run).not.toHaveProperty('reason');
    expect(stepState(run, 'look')).toMatchObject({ status: { is: 'pending' }, attempts: 0, look: false });
    expect(gateState(run, 'change')).toMatchObject({ approval: null, opened: null, closed: null });
  });

  test('nothing can happen to one that was never started', () => {
    expect(() => applyRun(null, ABORT, 'RUN-9')).toThrow(
      'RUN-9: the first event must be run.started, got run.abort-requested',
    );
  });

  test('keeps who aborted it, and how it ended', () => {
    const run = runAfter(ABORT, { kind: 'run.finished', outcome: 'aborted', cleaned: [], at: iso(MINUTE) });

    expect(run).toMatchObject({
      abort: { person: 'ben', reason: 'wrong backup', at: iso() },
      outcome: 'aborted',
      finishedAt: iso(MINUTE),
    });
  });
});

describe('a step', () => {
  test.each<[RunEvent, Partial<StepState>]>([
    [
      begun('look'),
      { status: { is: 'running', attempt: 1, since: iso() }, attempts: 1, firstStartedAt: iso() },
    ],
    [
      finished('look'),
      {
        status: { is: 'done', attempt: 1, summary: 'look done', at: iso() },
        output: { seen: 'look' },
        facts: [{ name: 'seen', value: 'look' }],
      },
    ],
    [
      failed('look'),
      {
        status: {
          is: 'failed',
          attempt: 1,
          code: 'check-failed',
          reason: 'it broke',
          details: [],
          at: iso(),
        },
      },
    ],
    [uncertain('look'), { status: { is: 'uncertain', attempt: 1, seen: [], howToTell: null, at: iso() } }],
    [
      WAITING,
      { status: { is: 'waiting', attempt: 1, until: iso(MINUTE), note: '3 of 5', memory: { n: 3 } } },
    ],
    [
      { ...POSTPONED, step: 'look' } as RunEvent,
      { status: { is: 'postponed', attempt: 2, until: iso(2 * MINUTE), reason: 'away', tries: 1 } },
    ],
    [
      { kind: 'step.asked', step: 'look', attempt: 1, question: QUESTION, at: iso() },
      { status: { is: 'asked', attempt: 1, question: QUESTION, since: iso() } },
    ],
    [
      { kind: 'step.skipped', step: 'look', reason: 'not needed', byPerson: true, at: iso() },
      { status: { is: 'skipped', reason: 'not needed', byPerson: true } },
    ],
    [
      { kind: 'step.undone', step: 'look', summary: 'taken back', facts: [], at: iso() },
      { status: { is: 'undone', summary: 'taken back' } },
    ],
    [
      { kind: 'step.ruled', step: 'look', happened: true, saw: 'it is there', person: 'ben' },
      { rulings: [{ person: 'ben', happened: true, saw: 'it is there' }] },
    ],
  ])('$kind is folded into its state', (event, state) => {
    expect(stepState(runAfter(event), 'look')).toMatchObject(state);
  });

  test('a second attempt keeps when the first began, and asks again for rulings', () => {
    const ruled: RunEvent = { kind: 'step.ruled', step: 'look', happened: true, saw: 'x', person: 'ben' };
    const again: RunEvent = { kind: 'step.started', step: 'look', attempt: 2, params: {}, at: iso(MINUTE) };

    const state = stepState(runAfter(begun('look'), uncertain('look'), ruled, again), 'look');

    expect(state).toMatchObject({ attempts: 2, firstStartedAt: iso(), rulings: [], look: false });
  });

  test('a retry waits its turn and remembers whether it must look first', () => {
    const retried: RunEvent = { kind: 'step.retried', step: 'look', look: true };

    expect(stepState(runAfter(begun('look'), uncertain('look'), retried), 'look')).toMatchObject({
      status: { is: 'pending' },
      attempts: 1,
      look: true,
    });
  });
});

describe('a gate', () => {
  const blocked: RunEvent = { kind: 'gate.blocked', gate: 'change', reasons: ['a lock'], at: iso() };
  const undoFailed: RunEvent = { kind: 'step.undo-failed', step: 'swap', reason: 'timeout', at: iso() };

  test('is asked for, opened and closed', () => {
    const asked = runAfter(GATE_ASKED);
    const open = runAfter(GATE_ASKED, GATE_OPENED);
    const done = runAfter(GATE_ASKED, GATE_OPENED, closed('done'));

    expect(gateState(asked, 'change')).toMatchObject({ approval: 'APR-1', opened: null });
    expect(gateState(open, 'change').opened).toEqual({ at: iso(), digest: DIGEST });
    expect(gateState(done, 'change').closed).toBe('done');
    expect([asked, open, done].map(openGateOf)).toEqual([null, 'change', null]);
    expect([asked, open, done].map(approvalInUse)).toEqual([null, 'APR-1', null]);
  });

  test('that is blocked asks for nothing until somebody tries again', () => {
    expect(gateState(runAfter(GATE_ASKED, blocked), 'change')).toMatchObject({
      approval: null,
      blocked: ['a lock'],
    });
    expect(gateState(runAfter(blocked, { kind: 'gate.retried', gate: 'change' }), 'change').blocked).toEqual(
      [],
    );
    expect(gateState(runAfter(blocked, GATE_ASKED), 'change').blocked).toEqual([]);
  });

  test('an undo that fails keeps why it began, and starts anew when it is tried again', () => {
    const stuck = runAfter(GATE_OPENED, UNDO_STARTED, undoFailed);

    expect(gateState(stuck, 'change').undo).toEqual({
      reason: 'it broke',
      failed: { step: 'swap', reason: 'timeout' },
    });
    expect(gateState(applyRun(stuck, UNDO_STARTED, 'RUN-1'), 'change').undo?.failed).toBeNull();
  });

  test('a failed undo without a beginning takes its own reason, and without an open gate changes nothing', () => {
    expect(gateState(runAfter(GATE_OPENED, undoFailed), 'change').undo?.reason).toBe('timeout');
    expect(runAfter(undoFailed)).toEqual(runAfter());
  });
});

describe('when a resting run must be looked at again', () => {
  test.each<[string, Run, string | null]>([
    ['a wait', runAfter(begun('look'), WAITING), iso(MINUTE)],
    ['the earlier of a wait and a postponement', runAfter(POSTPONED, WAITING), iso(MINUTE)],
    ['a person must act', runAfter(begun('look'), failed('look')), null],
    [
      'it is over',
      runAfter(WAITING, { kind: 'run.finished', outcome: 'aborted', cleaned: [], at: iso() }),
      null,
    ],
  ])('%s: %s', (_, run, at) => {
    expect(runDueAt(run)?.toISOString() ?? null).toBe(at);
  });
});
