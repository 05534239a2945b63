import { REQUIRED_VOTES } from '../../domain/approval.ts';
import type { RunEvent } from '../../domain/events.ts';
import { gatesOf, stepsOf } from '../../domain/plan.ts';
import { gateState, stepState } from '../../domain/run.ts';
import type { Fact } from '../../domain/step.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { cleanText, clip, slackBlock, slackUser } from '../escape.ts';
import { between, dualInstant, duration } from '../format.ts';
import { MARKS } from '../words.ts';
import { actions, linkButton, type Message, message, section } from './blocks.ts';
import { renderGateBlocked, renderUndoFailed } from './gate-cards.ts';
import { askedPeople, renderManual } from './manual-card.ts';
import { type Post, post } from './post.ts';
import { abortedFate, placedOf, runOf } from './run-parts.ts';
import { renderStopped } from './stopped-card.ts';
import type { Surroundings } from './surroundings.ts';
import {
  channelOf,
  inQuotes,
  type Links,
  machine,
  marked,
  mention,
  personName,
  placeOf,
  quoted,
} from './text.ts';

/** The post of one event of a run; null for events that only change cards. */
export function postOfRun(
  view: IncidentView,
  runId: string,
  event: RunEvent,
  person: string | null,
  around: Surroundings,
): Post | null {
  const shown = runOf(view, runId);
  switch (event.kind) {
    case 'run.started':
      return headsUp(view, shown, around.links);
    case 'step.finished':
      return finishedPost(shown, event);
    case 'step.skipped':
      return post(skipped(view, shown, event, person), { thread: 'run' });
    case 'step.failed':
    case 'step.uncertain':
      return calling(view, renderStopped(view, runId, event.step, around), isStopped(shown, event.step));
    case 'step.asked':
      return post(renderManual(view, runId, event.step), { mention: askedPeople(event.question) });
    case 'gate.blocked':
      return calling(view, renderGateBlocked(view, runId, event.gate), isBlocked(shown, event.gate));
    case 'undo.started':
      return post(undoing(shown, event.reason), { thread: 'run', broadcast: true });
    case 'step.undo-failed':
      return calling(view, renderUndoFailed(view, runId, event.step), isHalfUndone(shown, event.step));
    case 'run.abort-requested':
      return post(aborted(view, shown, event), { thread: 'run', broadcast: true });
    default:
      return null;
  }
}

/** Puts the name of who must look first, so that a phone rings. What is settled calls nobody. */
function calling(view: IncidentView, card: Message, waits: boolean): Post {
  const { commander } = view.incident.roles;
  if (commander === null || !waits) return post(card);
  const [head, ...rest] = card.blocks;
  const who = section(`${mention(view.people, commander)}, a person must look.`);
  const blocks = head?.type === 'header' ? [head, who, ...rest] : [who, ...card.blocks];
  return post({ ...card, blocks }, { mention: [commander] });
}

function isStopped({ run }: RunView, stepId: string): boolean {
  const { is } = stepState(run, stepId).status;
  return run.outcome === null && (is === 'failed' || is === 'uncertain');
}

function isBlocked({ run }: RunView, gateId: string): boolean {
  return run.outcome === null && gateState(run, gateId).blocked.length > 0;
}

function isHalfUndone({ run }: RunView, stepId: string): boolean {
  return run.outcome === null && Object.values(run.gates).some(({ undo }) => undo?.failed?.step === stepId);
}

/** "Summon early, approve late": approvers learn at the start that they will be needed, and have nothing to press yet. */
function headsUp(view: IncidentView, shown: RunView, links: Links): Post | null {
  const { run, runbook, approvals } = shown;
  const [gate] = gatesOf(runbook);
  if (gate === undefined) return null;
  const [asked] = approvals.toReversed();
  if (asked !== undefined || run.outcome !== null) {
    const over =
      asked === undefined
        ? `${run.id} of ${run.incident} is over: no approval was asked for.`
        : `${run.id} of ${run.incident}: ${asked.id} was asked for, in a message of its own.`;
    return post(message(over, section(over)), { dm: run.approvers, moot: true });
  }
  const before = stepsOf(runbook).filter(
    ({ number }) => number < (stepsOf(runbook).find((placed) => placed.gate === gate)?.number ?? 0),
  );
  const known = before.every(({ step }) => step.expected !== undefined);
  const at = new Date(
    Date.parse(run.startedAt) + before.reduce((sum, { step }) => sum + (step.expected ?? 0), 0),
  );
  const when = known
    ? ` at about ${dualInstant(at, view.incident.declaredAt)} (from the plan)`
    : ' once its harmless steps are done';
  const what = `${machine(gate.title, 80)}, ${machine(view.plan.name)} ${placeOf(view, shown)}`;
  const channel = channelOf(view.incident);
  return post(
    message(
      `You will be asked to approve: ${what}. Nothing to do yet.`,
      section(
        `*You will be asked to approve${when}.* ${MARKS.approval.emoji} Approval by ${REQUIRED_VOTES} people: ${what}.`,
        `${run.id} of ${run.incident} has started its harmless steps. Nothing to do yet.${channel === null ? '' : ` ${channel}`}`,
      ),
      actions(linkButton('Open run', links[run.id])),
    ),
    { dm: run.approvers },
  );
}

/** A `notify` step is itself a message: its text goes to the channel, marked as the plan's. */
function finishedPost(shown: RunView, event: Extract<RunEvent, { kind: 'step.finished' }>): Post {
  const { post: text, commands } = event.output;
  if (typeof text === 'string')
    return post(notice(shown, event.step, text, typeof commands === 'string' ? commands : null));
  return post(finished(shown, event), { thread: 'run' });
}

function notice(shown: RunView, stepId: string, text: string, commands: string | null): Message {
  const { number } = placedOf(shown, stepId);
  return message(
    `${shown.run.id} says: ${inQuotes(text, 160)}`,
    section(quoted(`*${shown.run.id}*, step ${number}, from the plan:`, text, 1500)),
    commands === null ? null : section(slackBlock(commands, 2900)),
  );
}

function finished(shown: RunView, event: Extract<RunEvent, { kind: 'step.finished' }>): Message {
  const placed = placedOf(shown, event.step);
  const { firstStartedAt } = stepState(shown.run, event.step);
  const spent = firstStartedAt === null ? '' : ` in ${duration(between(firstStartedAt, event.at))}`;
  const known =
    event.known === 'observed' ? ' (seen afterwards: it had happened before the worker stopped)' : '';
  const title = machine(placed.step.title, 60);
  return message(
    `Step ${placed.number}, ${title}: done${spent}.`,
    section(
      `${MARKS.done.emoji} Step ${placed.number} *${title}*: done${spent}${known}.`,
      event.summary === '' ? null : machine(event.summary, 160),
    ),
    event.facts.length === 0 ? null : section(slackBlock(factText(event.facts))),
  );
}

const HEAD_LINES = 20;
const TAIL_LINES = 10;

/** `name: value` a line: the first twenty and the last ten, what is between is counted. */
function factText(facts: readonly Fact[]): string {
  const lines = facts
    .flatMap(({ name, value }) => `${name}: ${value}`.split('\n'))
    .map((line) => clip(cleanText(line), 120));
  if (lines.length <= HEAD_LINES + TAIL_LINES) return lines.join('\n');
  const left = lines.length - HEAD_LINES - TAIL_LINES;
  return [
    ...lines.slice(0, HEAD_LINES),
    `… ${left} lines left out, all of them in Details`,
    ...lines.slice(-TAIL_LINES),
  ].join('\n');
}

function skipped(
  view: IncidentView,
  shown: RunView,
  event: Extract<RunEvent, { kind: 'step.skipped' }>,
  person: string | null,
): Message {
  const placed = placedOf(shown, event.step);
  const title = machine(placed.step.title, 60);
  const line = `${MARKS.skipped.emoji} Step ${placed.number} *${title}*: skipped`;
  return message(
    `Step ${placed.number}, ${title}: skipped.`,
    section(
      event.byPerson
        ? quoted(`${line} by ${personName(view.people, person)}. Reason:`, event.reason, 300)
        : `${line}, ${slackUser(event.reason, 160)}.`,
    ),
  );
}

function undoing({ run }: RunView, reason: string): Message {
  return message(
    `${run.id}: the gate is being taken back. ${machine(reason, 100)}`,
    section(
      `${marked('running', `running the undo of ${run.id}`)}, as it was approved. Nobody is asked again.`,
      `Reason: ${machine(reason, 300)}`,
    ),
  );
}

function aborted(
  view: IncidentView,
  shown: RunView,
  event: Extract<RunEvent, { kind: 'run.abort-requested' }>,
): Message {
  const name = personName(view.people, event.person);
  const inside = Object.values(shown.run.gates).some(
    ({ opened, closed }) => opened !== null && closed === null,
  );
  const fate = inside ? 'The open gate is taken back, as approved.' : abortedFate(shown);
  return message(
    `${shown.run.id} aborted by ${name}.`,
    section(quoted(`${marked('stopped', `aborted by ${name}`)}. Reason:`, event.reason, 500), fate),
  );
}
