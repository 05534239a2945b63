import { gatesOf } from '../../domain/plan.ts';
import { gateState } from '../../domain/run.ts';
import type { IncidentView } from '../../domain/views.ts';
import { actions, button, context, header, type Message, message, section } from './blocks.ts';
import { abortButton, detailsButton, placedOf, runOf, untouched } from './run-parts.ts';
import { asOf, headed, machine, marked, placeOf } from './text.ts';

/** A gate that cannot be asked for, and an undo that failed: a person must act (CARDS §8). */

/** Something keeps the approval from being asked for: its reasons, each with the next step. */
export function renderGateBlocked(view: IncidentView, runId: string, gateId: string): Message {
  const shown = runOf(view, runId);
  const gate = gatesOf(shown.runbook).find((each) => each.gate === gateId);
  const { blocked } = gateState(shown.run, gateId);
  const title = machine(gate?.title ?? gateId, 80);
  const waiting = blocked.length > 0 && shown.run.outcome === null;
  return message(
    `${runId}: the approval for "${title}" cannot be asked for. ${machine(blocked[0] ?? '', 100)}`,
    header(headed(view, `${runId} stopped · no approval asked · ${placeOf(view, shown)}`, shown)),
    section(
      `${marked('failed', `failed: the approval for ${title} cannot be asked for`)}`,
      ...blocked.map((reason) => `• ${machine(reason, 300)}`),
    ),
    section(
      `*What this means*  The harmless steps are done and nothing of the gate has begun. ${untouched(shown)}`,
    ),
    waiting
      ? section(
          '*What you can do*',
          '• Ask again: reads the facts anew, once the reason is gone.',
          '• Abort run: stops here, changes nothing.',
        )
      : section('This no longer holds: the run went on.'),
    waiting
      ? actions(
          button(
            'approval.ask-again',
            'Ask again',
            { run: runId, gate: gateId },
            { style: 'primary', says: `Ask again for the approval of ${runId}` },
          ),
          abortButton(shown),
        )
      : null,
    context('Times are UTC', asOf(view)),
  );
}

/** The undo itself failed: nothing is as it was and nothing is as it should be. */
export function renderUndoFailed(view: IncidentView, runId: string, stepId: string): Message {
  const shown = runOf(view, runId);
  const placed = placedOf(shown, stepId);
  const undo = placed.gate === null ? null : gateState(shown.run, placed.gate.gate).undo;
  const title = machine(placed.step.title, 60);
  const waiting = undo?.failed != null && shown.run.outcome === null;
  return message(
    `${runId}: the undo failed at step ${placed.number}, ${title}. A person must look at once.`,
    header(headed(view, `${runId} stopped · undo failed · ${placeOf(view, shown)}`, shown)),
    section(
      marked('failed', `failed: undo of step ${placed.number}, ${title}`),
      machine(undo?.failed?.reason ?? '', 300),
    ),
    section('*Why it was being undone*', machine(undo?.reason ?? '', 300)),
    section(
      '*What this means*  The gate is half taken back. The application may be stopped. Steps before this one are not undone yet.',
    ),
    waiting ? section('*What you can do*  Retry step: tries the undo again, from this step on.') : null,
    waiting
      ? actions(
          button(
            'step.retry',
            'Retry step',
            { run: runId, step: stepId },
            { style: 'primary', says: `Try the undo of step ${placed.number} of ${runId} again` },
          ),
          detailsButton(shown),
        )
      : null,
    context('Times are UTC', asOf(view)),
  );
}
