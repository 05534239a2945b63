import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/events.ts';
import { type ApprovalStanding, type Next, nextOf } from '../../src/domain/run-next.ts';
import {
  ABORT,
  begun,
  closed,
  failed,
  finished,
  GATE_ASKED,
  GATE_OPENED,
  iso,
  later,
  MINUTE,
  NOW,
  plan,
  RUNBOOK,
  runAfter,
  runbookOf,
  UNDO_STARTED,
  uncertain,
} from './samples.ts';

const LOOKED = [begun('look'), finished('look')];
const OPEN = [...LOOKED, GATE_ASKED, GATE_OPENED];
const STOPPED = [...OPEN, begun('stop'), finished('stop')];
const SWAPPED = [...STOPPED, begun('swap'), finished('swap')];
const FAILED_INSIDE = [...STOPPED, begun('swap'), failed('swap')];
const undone = (step: string): RunEvent => ({
  kind: 'step.undone',
  step,
  summary: 'back',
  facts: [],
  at: iso(),
});

/** What comes next in a few words: `execute look`, `rest choice`, `finish done`. */
function told(next: Next): string {
  switch (next.do) {
    case 'execute':
      return `execute ${next.placed.step.id}${next.recover ? ', looking first' : ''}`;
    case 'skip':
      return `skip ${next.placed.step.id}: ${next.reason}`;
    case 'ask':
      return `ask ${next.gate.gate}`;
    case 'open':
      return `open ${next.gate.gate} with ${next.approval}`;
    case 'close':
      return `close ${next.gate.gate} ${next.outcome}`;
    case 'start-undo':
      return `start-undo ${next.gate.gate}: ${next.reason}`;
    case 'undo':
      return `undo ${next.placed.step.id}`;
    case 'wait':
      return `wait until ${next.until.toISOString()}`;
    case 'rest':
      return `rest ${next.why}`;
    case 'finish':
      return `finish ${next.outcome}`;
    case 'stop':
      return 'stop';
  }
}

function nextAfter(events: readonly RunEvent[], standing: ApprovalStanding = 'none', now = NOW): string {
  return told(nextOf(runAfter(...events), RUNBOOK, standing, now, {}));
}

describe('what comes next', () => {
  const waiting: RunEvent = {
    kind: 'step.waiting',
    step: 'look',
    attempt: 1,
    note: '',
    until: iso(MINUTE),
    memory: null,
  };
  const postponed: RunEvent = {
    kind: 'step.postponed',
    step: 'look',
    attempt: 1,
    reason: '',
    tries: 1,
    until: iso(MINUTE),
  };
  const asked: RunEvent = {
    kind: 'step.asked',
    step: 'look',
    attempt: 1,
    question: { kind: 'manual', instruction: 'Look', assignee: null, evidence: 'none' },
    at: iso(),
  };

  test.each<[string, readonly RunEvent[], string]>([
    ['at the start', [], 'execute look'],
    ['after a crash in a step', [begun('look')], 'execute look, looking first'],
    [
      'a retry of what failed',
      [begun('look'), failed('look'), { kind: 'step.retried', step: 'look', look: false }],
      'execute look',
    ],
    [
      'a retry of what is uncertain',
      [begun('look'), { kind: 'step.retried', step: 'look', look: true }],
      'execute look, looking first',
    ],
    ['a failed step', [begun('look'), failed('look')], 'rest choice'],
    ['an uncertain step', [begun('look'), uncertain('look')], 'rest choice'],
    ['a question', [begun('look'), asked], 'rest answer'],
    ['a wait', [begun('look'), waiting], `wait until ${iso(MINUTE)}`],
    ['a postponement', [begun('look'), postponed], `wait until ${iso(MINUTE)}`],
    ['before the gate', LOOKED, 'ask change'],
    [
      'a blocked gate',
      [...LOOKED, { kind: 'gate.blocked', gate: 'change', reasons: ['a lock'], at: iso() }],
      'rest choice',
    ],
    ['an open gate', OPEN, 'execute stop'],
    ['inside it', STOPPED, 'execute swap'],
    ['every step of it done', SWAPPED, 'close change done'],
    ['after it', [...SWAPPED, closed('done')], 'execute tell'],
    ['the last step done', [...SWAPPED, closed('done'), begun('tell'), finished('tell')], 'finish done'],
    ['a step that fails inside', FAILED_INSIDE, 'start-undo change: Swap it failed: it broke'],
    ['an uncertain step inside', [...OPEN, begun('stop'), uncertain('stop')], 'rest choice'],
    ['an undo', [...FAILED_INSIDE, UNDO_STARTED], 'undo swap'],
    ['an undo goes backwards', [...FAILED_INSIDE, UNDO_STARTED, undone('swap')], 'undo stop'],
    [
      'an undo at its end',
      [...FAILED_INSIDE, UNDO_STARTED, undone('swap'), undone('stop')],
      'close change undone',
    ],
    ['an undo touches only what began', [...OPEN, UNDO_STARTED], 'close change undone'],
    [
      'after an undo',
      [...FAILED_INSIDE, UNDO_STARTED, undone('swap'), undone('stop'), closed('undone')],
      'finish undone',
    ],
    [
      'a stuck undo',
      [...FAILED_INSIDE, UNDO_STARTED, { kind: 'step.undo-failed', step: 'swap', reason: '', at: iso() }],
      'rest choice',
    ],
    ['an abort before the gate', [begun('look'), ABORT], 'finish aborted'],
    [
      'an abort inside, while a step may be acting',
      [...STOPPED, begun('swap'), ABORT],
      'execute swap, looking first',
    ],
    ['an abort inside', [...STOPPED, ABORT], 'start-undo change: aborted: wrong backup'],
    ['an abort while an undo is under way', [...FAILED_INSIDE, UNDO_STARTED, ABORT], 'undo swap'],
    ['a run that is over', [{ kind: 'run.finished', outcome: 'done', cleaned: [], at: iso() }], 'stop'],
  ])('%s', (_, events, next) => {
    expect(nextAfter(events)).toBe(next);
  });

  test.each<[ApprovalStanding, string]>([
    ['none', 'ask change'],
    ['over', 'ask change'],
    ['open', 'rest approval'],
    ['approved', 'open change with APR-1'],
    ['vetoed', 'rest choice'],
  ])('an approval that is %s: %s', (standing, next) => {
    expect(nextAfter([...LOOKED, GATE_ASKED], standing)).toBe(next);
  });

  test('an approval of something else opens nothing', () => {
    expect(nextAfter(LOOKED, 'approved')).toBe('ask change');
  });

  test.each([
    ['a wait', waiting, 'execute look'],
    ['a postponement', postponed, 'execute look, looking first'],
  ])('the end of %s is the next try', (_, event, next) => {
    expect(nextAfter([begun('look'), event], 'none', later(MINUTE))).toBe(next);
  });
});

describe('a condition', () => {
  const conditional = runbookOf(
    plan({
      runbooks: {
        recover: {
          title: 'Recover the app',
          component: 'app',
          steps: [{ id: 'look', title: 'Look at it', uses: 'test.look', when: 'inputs.deep == yes' }],
        },
      },
    }),
  );

  test.each([
    ['yes', 'execute look'],
    ['no', 'skip look: inputs.deep == yes does not hold'],
  ])('inputs.deep = %s: %s', (deep, next) => {
    expect(told(nextOf(runAfter(), conditional, 'none', NOW, { inputs: { deep } }))).toBe(next);
  });
});
