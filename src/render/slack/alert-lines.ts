import { nextEscalation } from '../../domain/alert.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { AlertView } from '../../domain/views.ts';
import { slackCode } from '../escape.ts';
import { between, capital, dualInstant, duration, exactInstant, instant } from '../format.ts';
import { HEALTH_WORDS, MARKS } from '../words.ts';
import { type Button, button, context, linkButton } from './blocks.ts';
import { type Links, machine, marked, personName, quoted } from './text.ts';

/** Lines that the card, the grouped card, the details and the posts of an alert have in common. */

/** `Janua pg-daily` */
export function nameOf({ alert, systemName }: AlertView): string {
  return `${machine(systemName, 40)} ${machine(alert.backup ?? alert.object, 40)}`;
}

/** `critical`, the worst that counts now; `closed` when it is over. */
export function stateWord({ alert }: AlertView): string {
  return alert.state === 'closed' ? 'closed' : HEALTH_WORDS[alert.health].word;
}

/** What a rule says, without the "not known" that stands before it already. The name of a file stays as it is. */
export function wordsOf({ text }: Pick<Verdict, 'text'>): string {
  const words = text.replace(/^not known: /, '');
  return /^[a-z]+\b(?![._/-])/.test(words) ? capital(words) : words;
}

/** A sentence of a rule: escaped, with its full stop. */
export function sentence(text: string, max = 300): string {
  return `${machine(text, max)}.`;
}

/** The same words without marks, for a notification and for who hears the message. */
export function spoken(text: string): string {
  return text.replace(/:[a-z_]+: /g, '').replaceAll('*', '');
}

/** `:rotating_light: *critical, worse since 09:00 UTC: newest good backup is too old*` */
export function headline(view: AlertView): string {
  const { alert, verdict } = view;
  const { mark, word } = HEALTH_WORDS[alert.health];
  const worse = alert.worseSince === null ? '' : `, worse since ${instant(alert.worseSince, alert.firedAt)}`;
  return marked(mark, `${word}${worse}: ${machine(verdict.title, 120)}`);
}

/** `:white_check_mark: ok: a good backup was taken 04:31:11 UTC. Alert lasted 1 h 31 min.` */
export function closedLine({ alert, now }: AlertView): string {
  const lasted = duration(between(alert.firedAt, alert.closedAt ?? now));
  return `${MARKS.done.emoji} ok: ${sentence(alert.closedBecause ?? 'it holds again', 200)} Alert lasted ${lasted}.`;
}

/** Who took notice and until when, with their words as a quote; null while nobody did. */
export function answeredLine({ alert, people }: AlertView): string | null {
  const { acknowledged, snoozed, firedAt } = alert;
  if (snoozed !== null)
    return quoted(
      `Snoozed by ${personName(people, snoozed.by)} until ${dualInstant(snoozed.until, firedAt)}:`,
      snoozed.reason,
    );
  if (acknowledged === null) return null;
  const line = `Acknowledged by ${personName(people, acknowledged.by)} until ${dualInstant(acknowledged.until, firedAt)}`;
  return acknowledged.note === null || acknowledged.note === ''
    ? `${line}.`
    : quoted(`${line}:`, acknowledged.note);
}

/** Whether the consequence is a loss of data that is known: then the RPO stands beside it. */
export function tellsLoss({ consequence, health }: Pick<Verdict, 'consequence' | 'health'>): boolean {
  return health !== 'unknown' && consequence !== null && / you lose \d/.test(consequence);
}

/** What the rule saw, without what the card tells in a better place: the newest good backup and the RPO. */
export function seenFacts({ verdict, newestGood }: AlertView): readonly string[] {
  const told = [...(newestGood === null ? [] : ['Newest good:']), ...(tellsLoss(verdict) ? ['RPO '] : [])];
  return verdict.facts.filter((fact) => !told.some((start) => fact.startsWith(start)));
}

/** `on call: Ana, then Ben at 04:25 UTC`; null where nobody was told and nobody will be, and when it is over. */
export function onCall({ alert, people }: AlertView): string | null {
  if (alert.state === 'closed') return null;
  const next = nextEscalation(alert);
  const told = alert.escalatedTo.map((id) => personName(people, id));
  const later = next === null ? [] : [`${personName(people, next.to)} at ${instant(next.at, alert.firedAt)}`];
  return told.length + later.length === 0 ? null : `on call: ${[...told, ...later].join(', then ')}`;
}

export function watchRan({ alert, checkedAt }: AlertView): string {
  return checkedAt === null
    ? 'not known when the watch last ran'
    : `watch last ran ${instant(checkedAt, alert.firedAt)}`;
}

/** `backup `pg-daily``, and the object where a rule looks at a part of it. */
export function subject({ alert }: AlertView): string {
  const { backup, object } = alert;
  if (backup === null) return `about ${slackCode(object, 60)}`;
  return object === backup
    ? `backup ${slackCode(backup)}`
    : `backup ${slackCode(backup)}, ${slackCode(object, 60)}`;
}

/** The last line: of an open alert with the time it shows. */
export function smallPrint(view: AlertView, ...parts: readonly (string | null)[]) {
  const { alert, now } = view;
  return context(
    ...parts,
    watchRan(view),
    alert.state === 'closed' ? 'Times are UTC' : `As of ${exactInstant(now, alert.firedAt)}`,
  );
}

export function detailsButton(view: AlertView): Button {
  const { id } = view.alert;
  return button('alert.details', 'Details', { alert: id }, { says: `Details of ${id}, ${nameOf(view)}` });
}

export function declareButton(view: AlertView): Button {
  const { id, system } = view.alert;
  return button(
    'incident.declare',
    'Declare incident',
    { system, alert: id },
    { says: `Declare incident from ${id}, ${nameOf(view)}` },
  );
}

/** `INC-2026-016 declared from this alert.`, and the way to it where it is known. */
export function declaredFrom(
  incident: string | null,
  links: Links,
): readonly [line: string | null, way: Button | null] {
  return incident === null
    ? [null, null]
    : [`${incident} declared from this alert.`, linkButton('Open channel', links[incident])];
}
