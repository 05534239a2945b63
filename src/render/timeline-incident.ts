import type { IncidentEdit, IncidentEvent } from '../domain/events.ts';
import type { Ink } from './escape.ts';
import {
  count,
  date,
  duration,
  exactInstant,
  instant,
  listOf,
  notKnown,
  number,
  shortHash,
  size,
} from './format.ts';
import type { Telling } from './timeline.ts';
import { ROLE_WORDS, STATUS_WORDS } from './words.ts';

/** What happened to the incident, in one sentence. */
export function incidentSentence(event: IncidentEvent, telling: Telling): string {
  const { ink, who, subject, context } = telling;
  const day = context.incident.declaredAt;
  switch (event.kind) {
    case 'incident.declared':
      return `${who} declared ${subject} for ${ink.text(context.plan.name)}, ${event.severity}: ${ink.quote(event.title)}`;
    case 'incident.edited':
      return `${who} corrected ${edits(event.changes, telling)}`;
    case 'incident.severity-changed':
      return `${who} changed the severity from ${event.from} to ${event.to}; updates are due every ${duration(event.updateEveryMs)}`;
    case 'incident.status-changed':
      return `${who} set the status from ${STATUS_WORDS[event.from].word} to ${STATUS_WORDS[event.to].word}: ${ink.quote(event.what)}`;
    case 'incident.role-assigned':
      return roleSentence(event, telling);
    case 'incident.note-added':
      return `${who} noted: ${ink.quote(event.text)}`;
    case 'incident.channel-linked':
      return `${who} linked ${event.thread === null ? 'the channel' : 'a thread in'} ${ink.code(`#${event.name}`)}`;
    case 'incident.update-drafted':
      return `${who} drafted the update due ${instant(event.dueAt, day)}`;
    case 'incident.update-snoozed':
      return `${who} put the update off until ${instant(event.until, day)}: ${ink.quote(event.reason)}`;
    case 'incident.update-published':
      return `${who} ${event.automatic ? 'posted' : 'published'} update ${event.number}, ${STATUS_WORDS[event.text.status].word} (due ${instant(event.dueAt, day)}${missed(event)}): ${ink.quote(event.text.changed)}`;
    case 'incident.verified':
      return `${ink.text(event.run)} verified the service at ${exactInstant(event.at, day)}: ${ink.text(event.evidence)}`;
    case 'incident.recovery-point-found':
      return `${ink.text(event.run)} fixed the recovery point at ${exactInstant(event.at, day)}: ${ink.text(event.evidence)}`;
    case 'incident.loss-measured':
      return `${ink.text(event.run)} measured the data loss: ${lossWords(event, ink)}`;
    case 'incident.resolved':
      return `${who} resolved ${subject} at ${exactInstant(event.at, day)}. Cause: ${ink.quote(event.rootCause)}. Data lost: ${ink.quote(event.dataLost)}. Report by ${telling.name(event.reportOwner)}, due ${instant(event.reportDueAt, day)}`;
    case 'incident.cancelled':
      return `${who} cancelled ${subject}: ${ink.quote(event.reason)}`;
    case 'incident.action-item-added':
      return `${who} added an action item for ${telling.name(event.owner)}, due ${dueDate(event.due)}: ${ink.quote(event.text)}`;
    case 'incident.lesson-added':
      return `${who} recorded a lesson: ${ink.quote(event.text)}`;
    case 'incident.report-written':
      return `${who} wrote revision ${event.revision} of the report, ${size(event.bytes)}, SHA-256 ${ink.code(shortHash(event.sha256))}`;
  }
}

/** `118 rows in 2 tables`, the number first where the text lacks it; what is unknown is said to be. */
export function lossWords({ rows, text }: { rows: number | null; text: string }, ink: Ink): string {
  if (rows === null) return notKnown(ink.text(text));
  return text.includes(number(rows)) ? ink.text(text) : `${count(rows, 'row')}, ${ink.text(text)}`;
}

/** A due date is text of a person: a real date is written as one, anything else as it came. */
export function dueDate(due: string): string {
  return /^\d{4}-\d{2}-\d{2}/.test(due) && !Number.isNaN(Date.parse(due))
    ? date(due)
    : `"${due.replace(/[^\p{L}\p{N} .:-]/gu, '').slice(0, 40)}"`;
}

function edits(changes: IncidentEdit, { ink, context }: Telling): string {
  const day = context.incident.declaredAt;
  const parts = [
    changes.title === undefined ? [] : [`the title to ${ink.quote(changes.title)}`],
    changes.impact === undefined ? [] : [`the impact to ${ink.quote(changes.impact)}`],
    changes.occurredAt === undefined ? [] : [`the beginning to ${exactInstant(changes.occurredAt, day)}`],
    changes.detectedAt === undefined ? [] : [`the detection to ${exactInstant(changes.detectedAt, day)}`],
  ].flat();
  return parts.length === 0 ? 'nothing' : listOf(parts);
}

function roleSentence(
  event: Extract<IncidentEvent, { kind: 'incident.role-assigned' }>,
  { who, name }: Telling,
): string {
  const role = ROLE_WORDS[event.role];
  const before = event.previous === null ? '' : ` after ${name(event.previous)}`;
  if (event.person === null) return `${who} left the role of ${role} empty${before}`;
  const holder = name(event.person);
  return holder === who
    ? `${who} took the role of ${role}${before}`
    : `${who} gave the role of ${role} to ${holder}${before}`;
}

function missed(event: Extract<IncidentEvent, { kind: 'incident.update-published' }>): string {
  return event.missed.length === 0
    ? ''
    : `; it also stands for ${count(event.missed.length, 'missed update')}`;
}
