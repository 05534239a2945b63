import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/events.ts';
import type { Run } from '../../src/domain/run.ts';
import {
  decideAbort,
  decideAnswer,
  decideRetry,
  decideRuling,
  decideSkip,
  gateToAskAgain,
} from '../../src/domain/run-decide.ts';
import type { Question } from '../../src/domain/step.ts';
import {
  ABORT,
  begun,
  failed,
  finished,
  GATE_ASKED,
  GATE_OPENED,
  iso,
  NOW,
  RUNBOOK,
  runAfter,
  UNDO_STARTED,
  uncertain,
} from './samples.ts';

const OVER: RunEvent = { kind: 'run.finished', outcome: 'done', cleaned: [], at: iso() };
const BLOCKED: RunEvent = { kind: 'gate.blocked', gate: 'change', reasons: ['a lock'], at: iso() };
const LOOK_FAILED = [begun('look'), failed('look')];
const LOOKED = [begun('look'), finished('look')];
const IN_GATE = [...LOOKED, GATE_ASKED, GATE_OPENED, begun('stop')];

describe('an abort', () => {
  test('is asked for once', () => {
    expect(decideAbort(runAfter(), 'ben', 'wrong backup', NOW)).toEqual({ events: [ABORT] });
    expect(decideAbort(runAfter(ABORT), 'ana', 'me too', NOW)).toMatchObject({
      code: 'nothing-to-abort',
      facts: { person: 'ben' },
    });
  });

  test('comes too late for a run that is over', () => {
    expect(decideAbort(runAfter(OVER), 'ben', 'x', NOW)).toMatchObject({
      code: 'run-over',
      facts: { outcome: 'done' },
    });
  });
});

describe('a retry', () => {
  const retry = (run: Run, step: string | null = null, standing: 'none' | 'vetoed' = 'none') =>
    decideRetry(run, RUNBOOK, step, standing, NOW);

  test('runs a failed step again, an uncertain one by looking first', () => {
    expect(retry(runAfter(...LOOK_FAILED))).toEqual({
      events: [{ kind: 'step.retried', step: 'look', look: false }],
    });
    expect(retry(runAfter(begun('look'), uncertain('look')), 'look')).toEqual({
      events: [{ kind: 'step.retried', step: 'look', look: true }],
    });
  });

  test('starts an undo that failed anew', () => {
    const undoFailed: RunEvent = { kind: 'step.undo-failed', step: 'stop', reason: 'timeout', at: iso() };

    expect(retry(runAfter(...IN_GATE, failed('stop'), UNDO_STARTED, undoFailed))).toEqual({
      events: [UNDO_STARTED],
    });
  });

  test.each([null, 'stop', 'swap'])('asks again for a gate that facts blocked (step %s)', (step) => {
    expect(retry(runAfter(...LOOKED, BLOCKED), step)).toEqual({
      events: [{ kind: 'gate.retried', gate: 'change' }],
    });
  });

  test('asks again for a gate that was vetoed', () => {
    expect(retry(runAfter(...LOOKED, GATE_ASKED), null, 'vetoed')).toHaveProperty('events');
  });

  test.each<[string, Run, string | null, string, object]>([
    ['a run that is over', runAfter(...LOOK_FAILED, OVER), null, 'run-over', { outcome: 'done' }],
    ['a run that goes on', runAfter(begun('look')), null, 'step-not-stopped', { step: '', status: '' }],
    [
      'a step that goes on',
      runAfter(begun('look')),
      'look',
      'step-not-stopped',
      { step: 'Look at it', status: 'running' },
    ],
    [
      'a step of another gate',
      runAfter(...LOOKED, BLOCKED),
      'tell',
      'step-not-stopped',
      { status: 'pending' },
    ],
    [
      'a step there is not',
      runAfter(),
      'lok',
      'unknown-step',
      { step: 'lok', steps: 'look, stop, swap, tell' },
    ],
    ['an undo under way', runAfter(...IN_GATE, UNDO_STARTED), null, 'step-not-stopped', {}],
  ])('of %s changes nothing', (_, run, step, code, facts) => {
    expect(retry(run, step)).toMatchObject({ code, facts });
  });
});

describe('a skip', () => {
  const skip = (run: Run, guarding: readonly string[] = []) =>
    decideSkip(run, RUNBOOK, null, 'not needed', new Set(guarding), NOW);

  test('goes on without a stopped step', () => {
    expect(skip(runAfter(...LOOK_FAILED))).toEqual({
      events: [{ kind: 'step.skipped', step: 'look', reason: 'not needed', byPerson: true, at: iso() }],
    });
  });

  test.each<[string, Run, readonly string[], string, object]>([
    [
      'inside a gate',
      runAfter(...IN_GATE, uncertain('stop')),
      [],
      'step-cannot-skip',
      { why: 'it is part of an approved gate' },
    ],
    [
      'a proof',
      runAfter(...LOOK_FAILED),
      ['test.look'],
      'step-cannot-skip',
      { why: 'a later gate rests on its proof' },
    ],
    ['nothing stopped', runAfter(), [], 'step-not-stopped', {}],
  ])('is refused: %s', (_, run, guarding, code, facts) => {
    expect(skip(run, guarding)).toMatchObject({ code, facts });
  });
});

describe('a ruling on an uncertain step', () => {
  const UNCERTAIN = [begun('look'), uncertain('look')];
  const ruled = (person: string, happened: boolean): RunEvent => ({
    kind: 'step.ruled',
    step: 'look',
    happened,
    saw: 'seen',
    person,
  });
  const rule = (run: Run, person: string, happened: boolean, irreversible: boolean) =>
    decideRuling(run, RUNBOOK, null, { person, happened, saw: 'seen' }, irreversible, NOW);
  const kinds = (decision: ReturnType<typeof rule>) =>
    'events' in decision ? decision.events.map(({ kind }) => kind) : decision.code;

  test('that it happened finishes it, with what was seen', () => {
    expect(rule(runAfter(...UNCERTAIN), 'ana', true, false)).toMatchObject({
      events: [
        ruled('ana', true),
        {
          kind: 'step.finished',
          step: 'look',
          attempt: 1,
          known: 'ruled',
          facts: [{ name: 'seen', value: 'seen' }],
        },
      ],
    });
  });

  test('that it did not happen runs it again', () => {
    expect(rule(runAfter(...UNCERTAIN), 'ana', false, false)).toEqual({
      events: [ruled('ana', false), { kind: 'step.retried', step: 'look', look: false }],
    });
  });

  test.each<[string, readonly RunEvent[], readonly string[]]>([
    ['one person is not enough', [], ['step.ruled']],
    ['the same person twice is not enough', [ruled('ana', true)], ['step.ruled']],
    ['two who agree are', [ruled('ben', true)], ['step.ruled', 'step.finished']],
    ['two who differ decide nothing', [ruled('ben', false)], ['step.ruled']],
  ])('of an irreversible step: %s', (_, before, result) => {
    expect(kinds(rule(runAfter(...UNCERTAIN, ...before), 'ana', true, true))).toEqual(result);
  });

  test('of a reversible step: who differs from an earlier one decides nothing', () => {
    expect(kinds(rule(runAfter(...UNCERTAIN, ruled('ben', false)), 'ana', true, false))).toEqual([
      'step.ruled',
    ]);
  });

  test('is refused for a step that failed, or that goes on', () => {
    expect(rule(runAfter(...LOOK_FAILED), 'ana', true, false)).toMatchObject({
      code: 'step-not-stopped',
      facts: { status: 'failed' },
    });
    expect(rule(runAfter(begun('look')), 'ana', true, false)).toMatchObject({ code: 'step-not-stopped' });
  });
});

describe('an answer', () => {
  const asks = (question: Question): RunEvent => ({
    kind: 'step.asked',
    step: 'look',
    attempt: 1,
    question,
    at: iso(),
  });
  const manual = (evidence: 'none' | 'text' | 'link') =>
    asks({ kind: 'manual', instruction: 'Look', assignee: null, evidence });
  const DECISION = asks({
    kind: 'decision',
    question: 'Which?',
    options: [
      { value: 'a', label: 'A' },
      { value: 'b', label: 'B' },
    ],
  });
  const answer = (run: Run, choice: string | null, evidence: string | null, step: string | null = null) =>
    decideAnswer(run, RUNBOOK, step, { person: 'ana', choice, evidence }, NOW);

  test.each<[string, RunEvent, string | null, string | null, string, object]>([
    ['a choice', DECISION, 'b', null, 'b', { by: 'ana', choice: 'b' }],
    ['a confirmation', manual('none'), null, null, 'confirmed', { by: 'ana' }],
    [
      'a proof',
      manual('link'),
      null,
      'https://x',
      'confirmed with evidence',
      { by: 'ana', evidence: 'https://x' },
    ],
  ])('%s finishes the step', (_, asked, choice, evidence, summary, output) => {
    expect(answer(runAfter(begun('look'), asked), choice, evidence)).toMatchObject({
      events: [
        { kind: 'step.finished', step: 'look', attempt: 1, summary, output, known: 'answered', at: iso() },
      ],
    });
  });

  test('that ends the run is kept as an answer and as an abort with its words', () => {
    const options = [
      { value: 'lost', label: 'It is lost' },
      { value: 'wait', label: 'It may come back', ends: true },
    ];
    const asked = asks({ kind: 'decision', question: 'Is it lost?', options });
    const choosing = (choice: string) => {
      const decided = answer(runAfter(begun('look'), asked), choice, null);
      return 'events' in decided ? decided.events : [];
    };

    expect(choosing('lost').map(({ kind }) => kind)).toEqual(['step.finished']);
    expect(choosing('wait').at(-1)).toEqual({
      kind: 'run.abort-requested',
      person: 'ana',
      reason: 'It may come back',
      at: iso(),
    });
  });

  test.each<[string, Run, string | null, string | null, string | null, string]>([
    ['none of the choices', runAfter(DECISION), 'c', null, null, 'choice-unknown'],
    ['no choice', runAfter(DECISION), null, null, null, 'choice-unknown'],
    ['no proof where one is asked for', runAfter(manual('text')), null, null, null, 'evidence-missing'],
    ['a proof of blanks', runAfter(manual('text')), null, '  ', null, 'evidence-missing'],
    ['nothing asked', runAfter(), 'a', null, null, 'step-not-asked'],
    ['another step', runAfter(DECISION), 'a', null, 'tell', 'step-not-asked'],
    ['a step there is not', runAfter(DECISION), 'a', null, 'lok', 'unknown-step'],
    ['a run that was aborted meanwhile', runAfter(DECISION, OVER), 'a', null, null, 'run-over'],
  ])('%s is refused', (_, run, choice, evidence, step, code) => {
    expect(answer(run, choice, evidence, step)).toMatchObject({ code });
  });
});

describe('the gate to ask again for', () => {
  const gate = (run: Run, standing: 'none' | 'vetoed' = 'none') =>
    gateToAskAgain(run, RUNBOOK, standing)?.gate ?? null;

  test.each<[string, string | null, string | null]>([
    ['blocked', gate(runAfter(...LOOKED, BLOCKED)), 'change'],
    ['vetoed', gate(runAfter(...LOOKED, GATE_ASKED), 'vetoed'), 'change'],
    ['only asked for', gate(runAfter(...LOOKED, GATE_ASKED)), null],
    ['not reached', gate(runAfter(begun('look')), 'vetoed'), null],
    ['open', gate(runAfter(...IN_GATE), 'vetoed'), null],
    ['of a run that is over', gate(runAfter(...LOOKED, BLOCKED, OVER)), null],
    [
      'of a run without steps left',
      gate(runAfter(...['look', 'stop', 'swap', 'tell'].map((step) => finished(step))), 'vetoed'),
      null,
    ],
  ])('%s: %s', (_, found, expected) => {
    expect(found).toBe(expected);
  });
});
