import { measure } from '../../domain/measure.ts';
import { componentOf } from '../../domain/plan.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { between, dualInstant, duration, exactInstant } from '../format.ts';
import { MARKS } from '../words.ts';
import { workLeft } from './step-lines.ts';
import { machine, personName, timeOf } from './text.ts';

/** The clocks of an incident in all their forms (CARDS §4). Deadlines are instants, so that an old card stays true. */

const OK = `${MARKS.done.emoji} ok`;
const MET = `${MARKS.done.emoji} met`;
const MISSED = `${MARKS.failed.emoji} missed`;

export function rtoLine(view: IncidentView): string {
  const { clockStart, rtoMs, rtaMs, why } = measure(view);
  if (rtaMs !== null) return `${rtaLine(rtaMs, rtoMs)} ${rtaEvidence(view)}`;
  const target = `RTO ${duration(rtoMs)}${whose(view)}`;
  if (clockStart === null)
    return `${target}: ${MARKS.uncertain.emoji} not known: ${machine(why.rta ?? 'its start is missing')}`;
  const due = new Date(Date.parse(clockStart) + rtoMs);
  const leftMs = between(view.now, due);
  if (leftMs < 0)
    return `${target}: due ${timeOf(view.incident, due)} · ${MISSED} by ${duration(-leftMs)}, still counting`;
  return `${target}: due ${dualInstant(due, view.incident.declaredAt)} · ${duration(leftMs)} left · ${outlook(view, leftMs)}`;
}

/** Objectives of a component take the place of the system's as soon as a run is about it: whose they are is said. */
function whose({ plan, runs }: IncidentView): string {
  const component = componentOf(plan, runs[0]?.run.component ?? '');
  return component?.objectives === undefined ? '' : ` (${machine(component.name)})`;
}

function outlook(view: IncidentView, leftMs: number): string {
  const run = activeRun(view);
  const work = run === null ? null : workLeft(run, view.now);
  if (work === null) return OK;
  const left = `work left ${work.about} ${duration(work.ms)}`;
  if (work.ms > leftMs)
    return `${left} · ${MARKS.warning.emoji} at risk by ${work.about} ${duration(work.ms - leftMs)}`;
  return `${left} plus approvals · ${OK}`;
}

function rtaLine(rtaMs: number, rtoMs: number): string {
  return `RTA ${duration(rtaMs)} of ${duration(rtoMs)} · ${rtaMs <= rtoMs ? MET : MISSED}`;
}

function rtaEvidence({ incident, plan }: IncidentView): string {
  return incident.verified === null
    ? ''
    : `(verified ${exactInstant(incident.verified.at, incident.declaredAt)}, counted from ${plan.clock})`;
}

export function rpoLine(view: IncidentView): string {
  const { rpaMs, rpoMs, why } = measure(view);
  if (rpaMs !== null)
    return `RPA ${duration(rpaMs)} of ${duration(rpoMs)} · ${rpaMs <= rpoMs ? MET : MISSED} (${machine(view.incident.recoveryPoint?.evidence ?? '', 80)})`;
  const { recoveryPoint, declaredAt } = view.incident;
  const target = `RPO ${duration(rpoMs)}${whose(view)}`;
  if (recoveryPoint !== null)
    return `${target}: restored to ${dualInstant(recoveryPoint.at, declaredAt)}; RPA ${MARKS.uncertain.emoji} not known: ${machine(why.rpa ?? '')}: \`/dr edit began=…\``;
  const foreseen = view.runs[0]?.approvals[0]?.card;
  if (foreseen?.lossMs != null) {
    return `${target}: a restore now loses ${duration(foreseen.lossMs)} · ${foreseen.lossMs <= rpoMs ? OK : MISSED}`;
  }
  return `${target}: ${MARKS.uncertain.emoji} not known: ${machine(why.rpa ?? 'no run has found a backup yet')}`;
}

/** Null once the incident is over: nothing is promised any more. */
export function updateLine(view: IncidentView): string | null {
  const { nextAt, snoozedUntil, draftedFor, draftBeforeMs } = view.incident.updates;
  if (nextAt === null) return null;
  const late = between(nextAt, view.now);
  const snoozed = snoozedUntil === null ? '' : `, snoozed until ${timeOf(view.incident, snoozedUntil)}`;
  if (late > 0)
    return `Next update: ${MARKS.warning.emoji} late by ${duration(late)} (due ${timeOf(view.incident, nextAt)})${snoozed}`;
  const draftAt = new Date(Date.parse(nextAt) - draftBeforeMs);
  const draft =
    draftedFor === nextAt
      ? `draft is with ${draftReader(view)}`
      : `draft to ${draftReader(view)} at ${timeOf(view.incident, draftAt)}`;
  return `Next update: ${dualInstant(nextAt, view.incident.declaredAt)}, ${draft}${snoozed}`;
}

/** Who gets the draft: liaison, else deputy, else commander; null = the channel. */
export function draftReaderId({ incident: { roles } }: IncidentView): string | null {
  return roles.liaison ?? roles.deputy ?? roles.commander;
}

function draftReader(view: IncidentView): string {
  const id = draftReaderId(view);
  return id === null ? 'the channel' : personName(view.people, id);
}

export function waitingLine(view: IncidentView): string {
  return `Spent waiting for people: ${duration(measure(view).waitingForPeopleMs)}`;
}

export function isUpdateLate({ incident, now }: IncidentView): boolean {
  const { nextAt } = incident.updates;
  return nextAt !== null && Date.parse(nextAt) < now.getTime();
}

export function activeRun({ runs }: IncidentView): RunView | null {
  return runs.find(({ run }) => run.outcome === null) ?? null;
}

/** `Users affected 22 min 34 s (02:04–02:27 UTC) · RTA … · RPA …`, for everything that speaks of a resolved incident. */
export function resultLines(view: IncidentView): readonly string[] {
  const { rtaMs, rpaMs, rtoMs, rpoMs, usersAffectedMs, why } = measure(view);
  const affected =
    usersAffectedMs === null
      ? notKnownLine('Users affected', why.usersAffected)
      : `Users affected ${duration(usersAffectedMs)}${affectedSpan(view)}`;
  return [
    affected,
    rtaMs === null ? notKnownLine(`RTA of ${duration(rtoMs)}`, why.rta) : rtaLine(rtaMs, rtoMs),
    rpaMs === null
      ? notKnownLine(`RPA of ${duration(rpoMs)}`, why.rpa)
      : `RPA ${duration(rpaMs)} of ${duration(rpoMs)} · ${rpaMs <= rpoMs ? MET : MISSED}`,
  ];
}

function notKnownLine(what: string, why: string | null): string {
  return `${what}: ${MARKS.uncertain.emoji} not known: ${machine(why ?? 'it was not measured')}`;
}

function affectedSpan({ incident }: IncidentView): string {
  const { occurredAt, verified } = incident;
  if (occurredAt === null || verified === null) return '';
  return ` (${exactInstant(occurredAt, incident.declaredAt).replace(' UTC', '')}–${exactInstant(verified.at, incident.declaredAt)})`;
}

export function updatesLine(view: IncidentView): string {
  const { due, onTime, longestSilenceMs } = measure(view).updates;
  return due === 0
    ? 'Updates: none was due'
    : `Updates: ${onTime} of ${due} on time, longest silence ${duration(longestSilenceMs)}`;
}
