import { type Gate, gatesOf, isGate, type PlacedStep, stepsOf, strictestClass } from '../../domain/plan.ts';
import { gateState, type StepState, type StepStatus, stepState } from '../../domain/run.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { between, duration } from '../format.ts';
import { actions, type Block, type Button, button, context, header, type Message, message, section } from './blocks.ts';
import { rtoLine } from './clock-lines.ts';
import type { Carried } from './ids.ts';
import { canAbort, runOf } from './run-card.ts';
import { NO_SURROUNDINGS, type Surroundings } from './surroundings.ts';
import { asOf, clockOf, headed, inQuotes, machine, marked, personName, placeOf } from './text.ts';

/** A person's choice after a stop: what the card says in place of its buttons. */
export interface Choice {
  readonly person: string | null;
  /** The button's own words: `Retry step`. */
  readonly label: string;
  readonly at: Date;
}

type Failed = Extract<StepStatus, { is: 'failed' }>;
type Uncertain = Extract<StepStatus, { is: 'uncertain' }>;

/**
 * A step failed, or nobody knows (CARDS §8). Drawn from the present state: once the step is no longer stopped the
 * buttons are gone and the first line says what was chosen.
 */
export function renderStopped(view: IncidentView, runId: string, stepId: string, around: Surroundings = NO_SURROUNDINGS, choice: Choice | null = null): Message {
  const shown = runOf(view, runId);
  const placed = placedOf(shown, stepId);
  const state = stepState(shown.run, stepId);
  const { status } = state;
  if (status.is === 'failed') return failedCard(view, shown, placed, state, status, around);
  if (status.is === 'uncertain') return uncertainCard(view, shown, placed, state, status);
  return settledCard(view, shown, placed, status, choice);
}

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
    section(`${marked('failed', `failed: the approval for ${title} cannot be asked for`)}`, ...blocked.map((reason) => `• ${machine(reason, 300)}`)),
    section(`*What this means*  The harmless steps are done and nothing of the gate has begun. ${untouched(shown)}`),
    waiting ? section('*What you can do*', '• Ask again: reads the facts anew, once the reason is gone.', '• Abort run: stops here, changes nothing.') : section('This no longer holds: the run went on.'),
    waiting ? actions(button('approval.ask-again', 'Ask again', { run: runId, gate: gateId }, { style: 'primary', says: `Ask again for the approval of ${runId}` }), abortButton(shown)) : null,
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
    section(marked('failed', `failed: undo of step ${placed.number}, ${title}`), machine(undo?.failed?.reason ?? '', 300)),
    section('*Why it was being undone*', machine(undo?.reason ?? '', 300)),
    section('*What this means*  The gate is half taken back. The application may be stopped. Steps before this one are not undone yet.'),
    waiting ? actions(button('gate.undo', 'Undo', carried(shown, placed), { style: 'primary', says: `Try the undo of ${runId} again` }), detailsButton(shown)) : null,
    context('Times are UTC', asOf(view)),
  );
}

function failedCard(view: IncidentView, shown: RunView, placed: PlacedStep, state: StepState, status: Failed, around: Surroundings): Message {
  const { run } = shown;
  const title = machine(placed.step.title, 60);
  const spent = state.firstStartedAt === null ? '' : ` after ${duration(between(state.firstStartedAt, status.at))}`;
  const free = placed.gate === null && run.outcome === null && run.abort === null;
  const skippable = free && !around.guarding.has(placed.step.uses);
  return message(
    `${run.id} stopped: step ${placed.number}, ${title}, failed. ${machine(status.reason, 90)}`,
    header(headed(view, `${run.id} stopped · step ${placed.number} failed`, shown)),
    section(`${marked('failed', `failed: ${title}`)}${spent}, attempt ${status.attempt}`, machine(status.reason, 400), ...details(status.details)),
    section(`*What this means*  ${failedMeaning(placed.gate, shown)}`),
    free
      ? section(
          '*What you can do*',
          '• Retry step: a new attempt. Helps if the cause was passing.',
          skippable ? '• Skip step: goes on without it, with your reason. Approvers will see "skipped".' : '• It cannot be skipped: a later gate rests on its proof.',
          '• Abort run: stops here. What the run made for itself is dropped.',
        )
      : null,
    free
      ? actions(
          button('step.retry', 'Retry step', carried(shown, placed), { ...(isPassing(status.code) ? { style: 'primary' as const } : {}), says: `Retry step ${placed.number} of ${run.id}` }),
          skippable ? button('step.skip', 'Skip step', carried(shown, placed), { says: `Skip step ${placed.number} of ${run.id}` }) : null,
          abortButton(shown),
          detailsButton(shown),
        )
      : actions(detailsButton(shown)),
    smallPrint(view),
  );
}

function failedMeaning(gate: Gate | null, shown: RunView): string {
  if (gate === null) return `The run waits at this step. ${untouched(shown)}`;
  const { undo, closed } = gateState(shown.run, gate.gate);
  if (closed === 'undone') return 'The gate was taken back, as approved.';
  return undo === null ? 'The gate is taken back, as approved. Nobody is asked again.' : 'The gate is being taken back, as approved. Nobody is asked again.';
}

function uncertainCard(view: IncidentView, shown: RunView, placed: PlacedStep, state: StepState, status: Uncertain): Message {
  const { run } = shown;
  const title = machine(placed.step.title, 60);
  const ids = carried(shown, placed);
  return message(
    `${run.id} stopped: nobody knows whether step ${placed.number}, ${title}, happened. A person must look.`,
    header(headed(view, `${run.id} stopped · step ${placed.number} uncertain`, shown)),
    section(`${marked('uncertain', `uncertain: ${title}`)}. The step was cut off, and looking afterwards gave no clear answer.`),
    section('*What was seen*', ...status.seen.map((line) => `• ${machine(line, 200)}`)),
    section('*What this means*  It may or may not have happened. Repeating it blindly could do harm, so the bot waits.'),
    status.howToTell === null ? null : section(`*How to tell*  ${machine(status.howToTell, 400)}`),
    ...rulingBlocks(view, state, needsTwo(placed)),
    actions(
      button('step.look', 'Look again', ids, { says: `Look again at step ${placed.number} of ${run.id}` }),
      button('step.happened', 'It happened', ids, { says: `Say that step ${placed.number} of ${run.id} happened` }),
      button('step.did-not-happen', 'It did not happen', ids, { says: `Say that step ${placed.number} of ${run.id} did not happen` }),
      abortButton(shown),
      detailsButton(shown),
    ),
    smallPrint(view),
  );
}

/** For what cannot be undone two people must say the same. The action's own class is in the gate's approval. */
function needsTwo({ step, gate }: PlacedStep): boolean {
  const raised = [step, ...(gate?.steps ?? [])].flatMap((each) => (each.class === undefined ? [] : [each.class]));
  return strictestClass(raised) === 'irreversible';
}

function rulingBlocks(view: IncidentView, { rulings }: StepState, twoNeeded: boolean): readonly Block[] {
  if (rulings.length === 0) return [];
  const says = rulings.map(({ person, happened, saw }) => `${personName(view.people, person)} says it ${happened ? 'happened' : 'did not happen'}: ${inQuotes(saw, 120)}`);
  const split = new Set(rulings.map(({ happened }) => happened)).size > 1;
  const next = split ? 'They disagree. Talk first; then use Look again.' : twoNeeded || rulings.length === 1 ? 'One more person must say the same.' : null;
  return [section(...says, next)];
}

function settledCard(view: IncidentView, shown: RunView, placed: PlacedStep, status: StepStatus, choice: Choice | null): Message {
  const { run } = shown;
  const title = machine(placed.step.title, 60);
  const chosen = choice === null ? null : `${personName(view.people, choice.person)} chose ${choice.label}, ${clockOf(view.incident, choice.at)}.`;
  const fate = status.is === 'pending' || status.is === 'running' ? 'The step is tried again.' : `The step is ${status.is} now.`;
  return message(
    `${run.id} step ${placed.number}, ${title}: no longer stopped.`,
    header(headed(view, `${run.id} · step ${placed.number} went on`, shown)),
    section(chosen, `Step ${placed.number}, ${title}. ${fate}`),
    context('Times are UTC'),
  );
}

function placedOf({ run, runbook }: RunView, stepId: string): PlacedStep {
  const placed = stepsOf(runbook).find(({ step }) => step.id === stepId);
  if (placed === undefined) throw new Error(`${run.id} has no step ${stepId}`);
  return placed;
}

function untouched({ run, runbook }: RunView): string {
  const cut = runbook.steps.some((entry) => isGate(entry) && gateState(run, entry.gate).closed === 'done');
  return cut ? 'The gate before it is done and stays so.' : 'Production is untouched. Nothing is cut over.';
}

/** Faults that often pass by themselves, where trying again is the first thing to do. */
function isPassing(code: string): boolean {
  return code === 'outside-unreachable' || code === 'timeout';
}

function details(lines: readonly string[]): readonly string[] {
  return lines.slice(0, 8).map((line) => `• ${machine(line, 160)}`);
}

function carried({ run }: RunView, { step }: PlacedStep): Carried {
  return { run: run.id, step: step.id };
}

function abortButton({ run }: RunView): Button | null {
  return canAbort(run) ? button('run.abort', 'Abort run', { run: run.id }, { style: 'danger', says: `Abort run ${run.id}` }) : null;
}

function detailsButton({ run }: RunView): Button {
  return button('run.details', 'Details', { run: run.id }, { says: `Details of ${run.id}` });
}

function smallPrint(view: IncidentView): Block {
  return context(rtoLine(view), 'output in the thread', 'Times are UTC', asOf(view));
}
