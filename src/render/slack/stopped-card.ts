import type { Gate, PlacedStep } from '../../domain/plan.ts';
import { withoutRetry } from '../../domain/retry-words.ts';
import { gateState, openGateOf, type StepState, type StepStatus, stepState } from '../../domain/run.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { between, duration } from '../format.ts';
import {
  actions,
  type Block,
  type Button,
  button,
  context,
  header,
  type Message,
  message,
  section,
} from './blocks.ts';
import { rtoLine } from './clock-lines.ts';
import type { Carried } from './ids.ts';
import { abortButton, detailsButton, placedOf, runOf, untouched } from './run-parts.ts';
import { NO_SURROUNDINGS, type Surroundings } from './surroundings.ts';
import { asOf, clockOf, headed, inQuotes, machine, marked, personName } from './text.ts';

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
export function renderStopped(
  view: IncidentView,
  runId: string,
  stepId: string,
  around: Surroundings = NO_SURROUNDINGS,
  choice: Choice | null = null,
): Message {
  const shown = runOf(view, runId);
  const placed = placedOf(shown, stepId);
  const state = stepState(shown.run, stepId);
  const { status } = state;
  if (status.is === 'failed') return failedCard(view, shown, placed, state, status, around);
  if (status.is === 'uncertain') return uncertainCard(view, shown, placed, state, status);
  return settledCard(view, shown, placed, status, choice);
}

function failedCard(
  view: IncidentView,
  shown: RunView,
  placed: PlacedStep,
  state: StepState,
  status: Failed,
  around: Surroundings,
): Message {
  const { run } = shown;
  const title = machine(placed.step.title, 60);
  const reason = withoutRetry(status.reason);
  const spent =
    state.firstStartedAt === null ? '' : ` after ${duration(between(state.firstStartedAt, status.at))}`;
  const free = placed.gate === null && run.outcome === null && run.abort === null;
  const skippable = free && !around.guarding.has(placed.step.uses);
  return message(
    `${run.id} stopped: step ${placed.number}, ${title}, failed. ${machine(reason, 90)}`,
    header(headed(view, `${run.id} stopped · step ${placed.number} failed`, shown)),
    section(
      `${marked('failed', `failed: ${title}`)}${spent}, attempt ${status.attempt}`,
      machine(reason, 400),
      ...details(status.details.map(withoutRetry)),
    ),
    section(`*What this means*  ${failedMeaning(placed.gate, shown)}`),
    free
      ? section(
          '*What you can do*',
          '• Retry step: a new attempt. Helps if the cause was passing.',
          skippable
            ? '• Skip step: goes on without it, with your reason. Approvers will see "skipped".'
            : '• It cannot be skipped: a later gate rests on its proof.',
          '• Abort run: stops here. What the run made for itself is dropped.',
        )
      : null,
    free
      ? actions(
          button('step.retry', 'Retry step', carried(shown, placed), {
            ...(isPassing(status.code) ? { style: 'primary' as const } : {}),
            says: `Retry step ${placed.number} of ${run.id}`,
          }),
          skippable
            ? button('step.skip', 'Skip step', carried(shown, placed), {
                says: `Skip step ${placed.number} of ${run.id}`,
              })
            : null,
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
  return undo === null
    ? 'The gate is taken back, as approved. Nobody is asked again.'
    : 'The gate is being taken back, as approved. Nobody is asked again.';
}

function uncertainCard(
  view: IncidentView,
  shown: RunView,
  placed: PlacedStep,
  state: StepState,
  status: Uncertain,
): Message {
  const { run } = shown;
  const title = machine(placed.step.title, 60);
  const ids = carried(shown, placed);
  return message(
    `${run.id} stopped: nobody knows whether step ${placed.number}, ${title}, happened. A person must look.`,
    header(headed(view, `${run.id} stopped · step ${placed.number} uncertain`, shown)),
    section(
      `${marked('uncertain', `uncertain: ${title}`)}. The step was cut off, and looking afterwards gave no clear answer.`,
    ),
    section('*What was seen*', ...status.seen.map((line) => `• ${machine(line, 200)}`)),
    section(
      '*What this means*  It may or may not have happened. Repeating it blindly could do harm, so the bot waits.',
    ),
    status.howToTell === null ? null : section(`*How to tell*  ${machine(status.howToTell, 400)}`),
    ...rulingBlocks(view, state),
    actions(
      button('step.look', 'Look again', ids, { says: `Look again at step ${placed.number} of ${run.id}` }),
      button('step.happened', 'It happened', ids, {
        says: `Say that step ${placed.number} of ${run.id} happened`,
      }),
      button('step.did-not-happen', 'It did not happen', ids, {
        says: `Say that step ${placed.number} of ${run.id} did not happen`,
      }),
      openGateOf(run) === null ? abortButton(shown) : undoButton(shown),
      detailsButton(shown),
    ),
    smallPrint(view),
  );
}

/** Inside a gate an abort is the undo that was approved with it, so the button says that. */
function undoButton({ run }: RunView): Button {
  return button(
    'gate.undo',
    'Undo',
    { run: run.id },
    {
      says: `Take the gate of ${run.id} back`,
      confirm: {
        title: 'Take the gate back?',
        text: 'Every step of the gate that may have happened is undone, as it was approved. Nobody is asked again. The run ends.',
        yes: 'Undo',
        no: 'Back',
      },
    },
  );
}

function rulingBlocks(view: IncidentView, { rulings }: StepState): readonly Block[] {
  if (rulings.length === 0) return [];
  const newest = [...new Map(rulings.map((ruling) => [ruling.person, ruling])).values()];
  const says = newest.map(
    ({ person, happened, saw }) =>
      `${personName(view.people, person)} says it ${happened ? 'happened' : 'did not happen'}: ${inQuotes(saw, 120)}`,
  );
  const split = new Set(newest.map(({ happened }) => happened)).size > 1;
  const next = split
    ? 'They disagree. Talk first; then use Look again.'
    : 'One more person must say the same.';
  return [section(...says, next)];
}

function settledCard(
  view: IncidentView,
  shown: RunView,
  placed: PlacedStep,
  status: StepStatus,
  choice: Choice | null,
): Message {
  const { run } = shown;
  const title = machine(placed.step.title, 60);
  const chosen =
    choice === null
      ? null
      : `${personName(view.people, choice.person)} chose ${choice.label}, ${clockOf(view.incident, choice.at)}.`;
  const fate =
    status.is === 'pending' || status.is === 'running'
      ? 'The step is tried again.'
      : `The step is ${status.is} now.`;
  return message(
    `${run.id} step ${placed.number}, ${title}: no longer stopped.`,
    header(headed(view, `${run.id} · step ${placed.number} went on`, shown)),
    section(chosen, `Step ${placed.number}, ${title}. ${fate}`),
    context('Times are UTC'),
  );
}

/** Faults that often pass by themselves, where trying again is the first thing to do. */
function isPassing(code: string): boolean {
  return code === 'outside-unreachable' || code === 'step-timeout';
}

function details(lines: readonly string[]): readonly string[] {
  return lines.slice(0, 8).map((line) => `• ${machine(line, 160)}`);
}

function carried({ run }: RunView, { step }: PlacedStep): Carried {
  return { run: run.id, step: step.id };
}

function smallPrint(view: IncidentView): Block {
  return context(rtoLine(view), 'output in the thread', 'Times are UTC', asOf(view));
}
