import { isAnswered } from '../../domain/alert.ts';
import type { AlertView } from '../../domain/views.ts';
import { capital, count, duration, instant } from '../format.ts';
import { HEALTH_WORDS, healthMark, MARKS } from '../words.ts';
import { declareButton, declaredFrom, detailsButton, nameOf, smallPrint } from './alert-lines.ts';
import { actions, button, header, type Message, message, section } from './blocks.ts';
import { type Links, label, machine, marked, personName } from './text.ts';

const LINES = 10;

/** One card for alerts that fired together, worst first (CARDS §10). `view` is of the first of them. */
export function renderAlertGroup(view: AlertView, links: Links): Message {
  const open = openOf(view);
  const lines = groupLines(view);
  const shown = lines.length > LINES ? lines.slice(0, LINES - 1) : lines;
  const cause = sharedCause(open);
  const incident = view.members.find(({ alert }) => alert.incident !== null)?.alert.incident ?? null;
  const [declared, way] = declaredFrom(incident, links);
  const unanswered = open.filter(({ alert }) => !isAnswered(alert));
  const what = cause === null ? view.systemName : 'one cause';
  return message(
    fallback(view, open, cause),
    header(
      label(
        open.length === 0
          ? `${count(view.members.length, 'backup alert')} · closed`
          : `${count(open.length, 'backup alert')} · ${what}`,
      ),
    ),
    open.length === 0 ? section(`${MARKS.done.emoji} ok: all that fired together are closed.`) : null,
    cause === null ? null : section(causeLine(view, open, cause)),
    section(
      ...shown,
      lines.length > shown.length ? `… and ${lines.length - shown.length} more: Details` : null,
    ),
    declared === null ? null : section(declared),
    actions(
      unanswered.length === 0
        ? null
        : button(
            'alert.acknowledge',
            'Acknowledge all',
            { alert: view.alert.id },
            { style: 'primary', says: `Acknowledge all of ${view.alert.id}, ${unanswered.length} open` },
          ),
      way,
      open.length === 0 || incident !== null ? null : declareButton(view),
      detailsButton(view),
    ),
    smallPrint(view, view.alert.id),
  );
}

/** One line an alert, the worst first and the closed ones last. */
export function groupLines(view: AlertView): readonly string[] {
  const closed = view.members.filter(({ alert }) => alert.state === 'closed');
  return [...openOf(view), ...closed].map(memberLine);
}

/** Those that are open, the worst first. */
export function openOf({ members }: AlertView): readonly AlertView[] {
  const order = Object.keys(HEALTH_WORDS);
  return members
    .filter(({ alert }) => alert.state === 'open')
    .toSorted((a, b) => order.indexOf(a.alert.health) - order.indexOf(b.alert.health));
}

function memberLine(view: AlertView): string {
  const { alert, people } = view;
  if (alert.state === 'closed')
    return `${healthMark('ok')} · ${nameOf(view)} · closed ${instant(alert.closedAt ?? view.now, alert.firedAt)}`;
  const answer =
    alert.acknowledged !== null
      ? ` · acknowledged by ${personName(people, alert.acknowledged.by)}`
      : alert.snoozed !== null
        ? ` · snoozed by ${personName(people, alert.snoozed.by)}`
        : '';
  return `${healthMark(alert.health)} · ${nameOf(view)} · ${stake(view)}${answer}`;
}

/** What is lost, where the rule counts it; else what is wrong. */
function stake({ verdict }: AlertView): string {
  const { measure, health } = verdict;
  return measure?.kind === 'loss'
    ? `fails now: lose ${health === 'unknown' ? 'at least ' : ''}${duration(measure.value)}`
    : machine(verdict.title, 60);
}

/** Why none of them can be judged; null where they have not the same reason. */
function sharedCause(open: readonly AlertView[]): string | null {
  const [first, ...others] = new Set(open.map(({ verdict }) => verdict.cause));
  return first === undefined || others.length > 0 ? null : first;
}

function causeLine(view: AlertView, open: readonly AlertView[], cause: string): string {
  const since = Math.min(
    ...open.map(({ verdict, alert }) => verdict.since?.getTime() ?? Date.parse(alert.firedAt)),
  );
  const backups = new Set(open.map(({ alert }) => alert.backup ?? alert.object)).size;
  return `${marked('uncertain', `not known: ${machine(cause, 160)} since ${instant(new Date(since), view.alert.firedAt)}.`)} ${count(backups, 'backup')} cannot be judged.`;
}

function fallback(view: AlertView, open: readonly AlertView[], cause: string | null): string {
  const [worst] = open;
  if (worst === undefined)
    return `Closed: ${count(view.members.length, 'backup alert')} of ${machine(view.systemName, 40)}.`;
  const { word } = HEALTH_WORDS[worst.alert.health];
  const why = cause === null ? `Worst: ${nameOf(worst)}, ${stake(worst)}.` : `${machine(cause, 100)}.`;
  return `${capital(word)}: ${count(open.length, 'backup alert')} of ${machine(view.systemName, 40)}. ${why}`;
}
