import type { Workload } from '../clients/kubernetes-objects.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';

/**
 * What a scale leaves on the Deployment, in the same patch as the new count. The run's record is written by its first
 * scale and kept; the step's record is written by its first attempt and kept, so that a retry never takes its own
 * 0 for the former count. Records of other runs and steps are overwritten.
 */
const RUN = 'dr-bot/run';
const RUN_PREVIOUS = 'dr-bot/previous-replicas';
const ATTEMPT = 'dr-bot/attempt';
const ATTEMPT_PREVIOUS = 'dr-bot/attempt-previous';

/** The mark of this step on a Deployment, whichever attempt left it. */
export interface Mark {
  readonly attempt: number;
  readonly undone: boolean;
  /** Replicas before this step. */
  readonly previous: number | undefined;
}

export function markOf(context: ActionContext, { annotations }: Workload): Mark | undefined {
  const stem = stemOf(context);
  const value = annotations[ATTEMPT];
  if (!value?.startsWith(stem)) return undefined;
  const [attempt, undone] = value.slice(stem.length).split('/');
  return {
    attempt: Number(attempt),
    undone: undone === UNDONE,
    previous: countIn(annotations[ATTEMPT_PREVIOUS]),
  };
}

/** Replicas before this run first scaled the Deployment. */
export function previousOfRun(context: ActionContext, { annotations }: Workload): number | undefined {
  return annotations[RUN] === context.run.id ? countIn(annotations[RUN_PREVIOUS]) : undefined;
}

/** The annotations that go with the effect of this attempt. */
export function recordFor(context: ActionContext, workload: Workload): Readonly<Record<string, string>> {
  const mark = markOf(context, workload);
  const stepPrevious = mark === undefined || mark.undone ? undefined : mark.previous;
  return {
    [RUN]: context.run.id,
    [RUN_PREVIOUS]: String(previousOfRun(context, workload) ?? workload.replicas),
    [ATTEMPT]: context.key,
    [ATTEMPT_PREVIOUS]: String(stepPrevious ?? workload.replicas),
  };
}

/**
 * The annotations that go with an undo, also where there was nothing to take back: a worker that slept through it must
 * not scale afterwards. A repeated undo finds the same former count, or again none.
 */
export function undoneRecordFor(
  context: ActionContext,
  previous: number | undefined,
): Readonly<Record<string, string | null>> {
  return {
    [ATTEMPT]: `${stemOf(context)}${context.step.attempt}/${UNDONE}`,
    [ATTEMPT_PREVIOUS]: previous === undefined ? null : String(previous),
  };
}

const UNDONE = 'undone';

/**
 * Throws where a newer attempt or the undo of this step has been here, or where any step has since this attempt first
 * looked. A worker that slept finds out here: its patch meets a conflict, and it looks again.
 */
export function assertNotSuperseded(context: ActionContext, first: Workload, now: Workload): void {
  const mark = markOf(context, now);
  const own = context.step.attempt;
  const outdated = mark !== undefined && (mark.undone ? mark.attempt >= own : mark.attempt > own);
  const left = now.annotations[ATTEMPT];
  const overtaken = left !== first.annotations[ATTEMPT] && left !== context.key;
  if (!outdated && !overtaken) return;
  throw new AppError(
    'claim-lost',
    `\`${now.name}\` bears the mark ${left}, so ${context.key} came too late and left it alone.`,
  );
}

function stemOf({ run, step }: ActionContext): string {
  return `${run.id}/${step.id}/`;
}

function countIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
