import { isGate, type PlacedStep, stepsOf } from '../../domain/plan.ts';
import { gateState, type Run, stepState } from '../../domain/run.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { slackCode } from '../escape.ts';
import { type Button, button } from './blocks.ts';

/** What the cards and dialogs of a run have in common. */

/** The run with this id among those of the view. Its absence is a bug of the caller. */
export function runOf(view: IncidentView, runId: string): RunView {
  const found = view.runs.find(({ run }) => run.id === runId);
  if (found === undefined) throw new Error(`${view.incident.id} has no run ${runId}`);
  return found;
}

/** A step of the run with its place. Its absence is a bug of the caller. */
export function placedOf({ run, runbook }: RunView, stepId: string): PlacedStep {
  const placed = stepsOf(runbook).find(({ step }) => step.id === stepId);
  if (placed === undefined) throw new Error(`${run.id} has no step ${stepId}`);
  return placed;
}

/** `step 7` or `steps 9–12`. */
export function stepRange(steps: readonly { readonly number: number }[]): string {
  const [first, last] = [steps[0]?.number, steps.at(-1)?.number];
  return first === last ? `step ${first}` : `steps ${first}–${last}`;
}

/** Inside the undo there is nothing more to abort: it is what an abort does. */
function canAbort(run: Run): boolean {
  const undoing = Object.values(run.gates).some(({ undo, closed }) => undo !== null && closed === null);
  return run.outcome === null && run.abort === null && !undoing;
}

/** Null once there is nothing to abort, so that the button is left out. */
export function abortButton({ run }: RunView): Button | null {
  if (!canAbort(run)) return null;
  return button('run.abort', 'Abort run', { run: run.id }, { style: 'danger', says: `Abort run ${run.id}` });
}

export function detailsButton({ run }: RunView): Button {
  return button('run.details', 'Details', { run: run.id }, { says: `Details of ${run.id}` });
}

/**
 * What an abort leaves behind: before a gate the run's own scratch objects are dropped (DESIGN §4). Once a gate was
 * opened they are kept, even where it was undone.
 */
export function abortedFate(shown: RunView): string {
  const gates = Object.values(shown.run.gates);
  if (gates.some(({ closed }) => closed === 'done')) return 'What the gate did stays as it is.';
  const scratch = scratchOf(shown);
  if (gates.some(({ closed }) => closed === 'undone'))
    return `What the gate had done was taken back.${scratch === null ? '' : ` ${scratch} is kept for a look.`}`;
  return `Nothing was cut over. ${scratch === null ? 'What the run made for itself is dropped.' : `${scratch} is dropped.`}`;
}

/** The scratch database, where a harmless step has made one. */
function scratchOf({ run, runbook }: RunView): string | null {
  for (const { step, gate } of stepsOf(runbook)) {
    const made = stepState(run, step.id).output.database;
    if (gate === null && step.uses === 'pg.restore' && typeof made === 'string') return slackCode(made);
  }
  return null;
}

/** The database that a swap put aside, and with which runbook it goes; null where there is none. */
export function keptLine({ plan }: IncidentView, { run }: RunView): string | null {
  const kept = Object.values(run.steps)
    .map(({ status, output }) => (status.is === 'done' ? output.keptAs : null))
    .find((name) => typeof name === 'string');
  if (kept === undefined) return null;
  const [drop] =
    Object.entries(plan.runbooks).find(
      ([, runbook]) =>
        runbook.component === run.component &&
        stepsOf(runbook).some(({ step }) => step.uses === 'pg.dropKept'),
    ) ?? [];
  return `The database before it is kept as ${slackCode(String(kept))}${drop === undefined ? '' : `, until ${slackCode(drop)} is run`}.`;
}

/** What a stop outside of a gate has left alone. */
export function untouched({ run, runbook }: RunView): string {
  const cut = runbook.steps.some((entry) => isGate(entry) && gateState(run, entry.gate).closed === 'done');
  return cut ? 'The gate before it is done and stays so.' : 'Production is untouched. Nothing is cut over.';
}
