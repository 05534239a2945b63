import type { Workload } from '../clients/kubernetes-objects.ts';
import type { ActionContext } from './action.ts';
import { markOf, marksFor, standingMark, undoneMarksFor } from './k8s-mark.ts';

/**
 * What a scale leaves on the Deployment, in the same patch as the new count. The run's record is written by its first
 * scale and kept; the step's record is written by its first attempt and kept, so that a retry never takes its own
 * 0 for the former count. Records of other runs and steps are overwritten.
 */
const RUN = 'dr-bot/run';
const RUN_PREVIOUS = 'dr-bot/previous-replicas';

/** Replicas before this step, whichever attempt of it wrote them down. */
export function previousOfStep(context: ActionContext, workload: Workload): number | undefined {
  return countIn(markOf(context, workload)?.previous);
}

/** Replicas before this run first scaled the Deployment. */
export function previousOfRun(context: ActionContext, { annotations }: Workload): number | undefined {
  return annotations[RUN] === context.run.id ? countIn(annotations[RUN_PREVIOUS]) : undefined;
}

/** The annotations that go with the effect of this attempt. */
export function recordFor(
  context: ActionContext,
  workload: Workload,
): Readonly<Record<string, string | null>> {
  const stepPrevious = countIn(standingMark(context, workload)?.previous);
  return {
    [RUN]: context.run.id,
    [RUN_PREVIOUS]: String(previousOfRun(context, workload) ?? workload.replicas),
    ...marksFor(context, String(stepPrevious ?? workload.replicas)),
  };
}

/** The annotations that go with an undo. A repeated undo finds the same former count, or again none. */
export function undoneRecordFor(
  context: ActionContext,
  previous: number | undefined,
): Readonly<Record<string, string | null>> {
  return undoneMarksFor(context, previous === undefined ? null : String(previous));
}

function countIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
