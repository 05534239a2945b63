import { type PlacedStep, stepsOf } from '../domain/plan.ts';
import { gateState, openGateOf, type Run, type StepState, stepState } from '../domain/run.ts';
import type { RunView } from '../domain/views.ts';
import { type MarkName, OUTCOME_WORDS } from './words.ts';

/** Where a run stands, as every surface says it. */
export interface RunState {
  readonly is:
    | 'running'
    | 'waiting'
    | 'waiting-approval'
    | 'asked'
    | 'failed'
    | 'blocked'
    | 'uncertain'
    | 'vetoed'
    | 'undoing'
    | 'undo-failed'
    | 'aborting'
    | 'done'
    | 'aborted'
    | 'undone';
  readonly mark: MarkName;
  /** The state in a few words, beginning with a word of the mark: `waiting for approval`. */
  readonly words: string;
  /** The first step that is not settled; null when the run is over. */
  readonly at: PlacedStep | null;
  readonly total: number;
  readonly settled: number;
}

const SETTLED = new Set(['done', 'skipped', 'undone']);

export function runState({ run, runbook, approvals }: RunView): RunState {
  const steps = stepsOf(runbook);
  const left = steps.filter(({ step }) => !SETTLED.has(stepState(run, step.id).status.is));
  const at = left[0] ?? null;
  const state = (is: RunState['is'], mark: MarkName, words: string): RunState => ({
    is,
    mark,
    words,
    at: run.outcome === null ? at : null,
    total: steps.length,
    settled: steps.length - left.length,
  });

  if (run.outcome !== null)
    return state(run.outcome, OUTCOME_WORDS[run.outcome].mark, OUTCOME_WORDS[run.outcome].word);
  const open = openGateOf(run);
  const undo = open === null ? null : gateState(run, open).undo;
  if (undo !== null) {
    return undo.failed === null
      ? state('undoing', 'running', 'running: undo')
      : state('undo-failed', 'failed', 'failed: undo');
  }
  if (run.abort !== null) return state('aborting', 'stopped', 'stopped: abort under way');
  if (at === null) return state('running', 'running', 'running: finishing');

  const { status } = stepState(run, at.step.id);
  const gate = at.gate === null ? null : gateState(run, at.gate.gate);
  if (gate !== null && gate.opened === null) {
    if (gate.blocked.length > 0)
      return state('blocked', 'failed', 'failed: the approval cannot be asked for');
    const approval = approvals.find(({ id }) => id === gate.approval);
    if (approval?.status.is === 'vetoed') return state('vetoed', 'stopped', 'stopped by a veto');
    if (approval?.status.is === 'open') return state('waiting-approval', 'waiting', 'waiting for approval');
    return state(
      'running',
      'running',
      approval?.status.is === 'approved'
        ? 'running: last checks before the gate'
        : 'running: preparing the approval',
    );
  }
  switch (status.is) {
    case 'failed':
      return state('failed', 'failed', `failed at step ${at.number}`);
    case 'uncertain':
      return state('uncertain', 'uncertain', `uncertain at step ${at.number}`);
    case 'asked':
      return state('asked', 'waiting', 'waiting for an answer');
    case 'waiting':
    case 'postponed':
      return state('waiting', 'waiting', `waiting in step ${at.number}`);
    default:
      return state('running', 'running', `running step ${at.number} of ${steps.length}`);
  }
}

const BEFORE_ITS_END = new Set(['pending', 'waiting', 'postponed', 'asked']);

/** A run that is over comes back to no step: what was still to come, or waited, stays not done. */
export function isNotDone({ outcome }: Run, { status }: StepState): boolean {
  return outcome !== null && BEFORE_ITS_END.has(status.is);
}
