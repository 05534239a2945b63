import type { IncidentEdit, IncidentEvent, IncidentStatus, Role, UpdateText } from './events.ts';
import { addMs, type Incident, incidentDueAt, isOver } from './incident.ts';
import { type Plan, type Severity, updateEveryMs } from './plan.ts';
import { type Refusal, refuse } from './refusal.ts';

export type IncidentDecision = { readonly events: readonly IncidentEvent[] } | Refusal;

export interface Declaration {
  readonly title: string;
  readonly severity: Severity;
  readonly impact: string | null;
  readonly occurredAt: Date | null;
  readonly detectedAt: Date | null;
}

/** A new incident. Times in the future are refused; the update clock starts now. */
export function decideDeclare(
  plan: Plan,
  planDigest: string,
  declaration: Declaration,
  now: Date,
): IncidentDecision {
  const fault =
    textFault('title', declaration.title, 5, 120) ??
    timeFault('began', declaration.occurredAt, now) ??
    timeFault('detected', declaration.detectedAt, now);
  if (fault !== null) return fault;
  return {
    events: [
      {
        kind: 'incident.declared',
        system: plan.system,
        title: readable(declaration.title),
        severity: declaration.severity,
        impact: declaration.impact === null ? null : readable(declaration.impact),
        occurredAt: declaration.occurredAt?.toISOString() ?? null,
        detectedAt: declaration.detectedAt?.toISOString() ?? null,
        declaredAt: now.toISOString(),
        plan: planDigest,
        updateEveryMs: updateEveryMs(plan, declaration.severity),
        draftBeforeMs: plan.updates.draftBefore,
      },
    ],
  };
}

export function decideEdit(incident: Incident, changes: IncidentEdit, now: Date): IncidentDecision {
  const refusal =
    refusalIfOver(incident) ??
    (changes.title === undefined ? null : textFault('title', changes.title, 5, 120)) ??
    timeFault('began', changes.occurredAt === undefined ? null : new Date(changes.occurredAt), now) ??
    timeFault('detected', changes.detectedAt === undefined ? null : new Date(changes.detectedAt), now);
  if (refusal !== null) return refusal;
  const clean = {
    ...changes,
    ...(changes.title === undefined ? {} : { title: readable(changes.title) }),
    ...(changes.impact === undefined ? {} : { impact: readable(changes.impact) }),
  };
  return { events: [{ kind: 'incident.edited', changes: clean }] };
}

export function decideSeverity(incident: Incident, plan: Plan, to: Severity): IncidentDecision {
  const refusal = refusalIfOver(incident);
  if (refusal !== null) return refusal;
  if (to === incident.severity) return { events: [] };
  return {
    events: [
      {
        kind: 'incident.severity-changed',
        from: incident.severity,
        to,
        updateEveryMs: updateEveryMs(plan, to),
      },
    ],
  };
}

export function decideStatus(
  incident: Incident,
  to: Exclude<IncidentStatus, 'resolved' | 'cancelled'>,
  what: string,
): IncidentDecision {
  const refusal = refusalIfOver(incident) ?? textFault('what changed', what, 3, 1500);
  if (refusal !== null) return refusal;
  if (to === incident.status) return { events: [] };
  return { events: [{ kind: 'incident.status-changed', from: incident.status, to, what: readable(what) }] };
}

export function decideRole(incident: Incident, role: Role, person: string | null): IncidentDecision {
  const refusal = refusalIfOver(incident);
  if (refusal !== null) return refusal;
  const previous = incident.roles[role];
  if (previous === person) return { events: [] };
  return { events: [{ kind: 'incident.role-assigned', role, person, previous }] };
}

/** Notes may be added after the end: a report is written then. */
export function decideNote(text: string): IncidentDecision {
  return (
    textFault('note', text, 1, 3000) ?? { events: [{ kind: 'incident.note-added', text: readable(text) }] }
  );
}

/**
 * Publishes an update and resets the clock. Slots that passed while nobody could post are named, and this one stands
 * for all of them.
 */
export function decidePublish(
  incident: Incident,
  text: UpdateText,
  automatic: boolean,
  now: Date,
  nextInMs?: number,
): IncidentDecision {
  if (isOver(incident)) return refuse('incident-closed', { incident: incident.id, status: incident.status });
  const { updates } = incident;
  const dueAt = updates.nextAt ?? now.toISOString();
  const missed: string[] = [];
  for (let slot = Date.parse(dueAt) + updates.everyMs; slot <= now.getTime(); slot += updates.everyMs) {
    missed.push(new Date(slot).toISOString());
  }
  const published: IncidentEvent = {
    kind: 'incident.update-published',
    number: updates.published.length + 1,
    text,
    dueAt,
    publishedAt: now.toISOString(),
    nextAt: addMs(now.toISOString(), nextInMs ?? updates.everyMs),
    automatic,
    missed,
  };
  if (text.status === incident.status || text.status === 'resolved') return { events: [published] };
  return {
    events: [
      { kind: 'incident.status-changed', from: incident.status, to: text.status, what: text.changed },
      published,
    ],
  };
}

export function decideSnooze(incident: Incident, forMs: number, reason: string, now: Date): IncidentDecision {
  const refusal = refusalIfOver(incident) ?? textFault('reason', reason, 3, 500);
  if (refusal !== null) return refusal;
  const from = Math.max(now.getTime(), Date.parse(incident.updates.nextAt ?? now.toISOString()));
  return {
    events: [
      {
        kind: 'incident.update-snoozed',
        until: new Date(from + forMs).toISOString(),
        reason: readable(reason),
      },
    ],
  };
}

/** What the update clock asks for now: nothing, the draft five minutes before, or the update itself. */
export function dueNow(incident: Incident, now: Date): 'nothing' | 'draft' | 'publish' {
  const dueAt = incidentDueAt(incident);
  const { nextAt, draftedFor, snoozedUntil } = incident.updates;
  if (dueAt === null || nextAt === null || dueAt > now) return 'nothing';
  return draftedFor === nextAt || Date.parse(snoozedUntil ?? nextAt) <= now.getTime() ? 'publish' : 'draft';
}

export interface Resolution {
  readonly occurredAt: Date | null;
  readonly detectedAt: Date | null;
  /** Why the time of detection cannot be known. */
  readonly unknownDetected: string | null;
  readonly rootCause: string;
  readonly dataLost: string;
  readonly reportOwner: string;
}

/** Closes the incident once every key instant is known, or someone says why it is not (CARDS §11). */
export function decideResolve(
  incident: Incident,
  plan: Plan,
  resolution: Resolution,
  open: { run: string | null; approval: string | null },
  now: Date,
): IncidentDecision {
  const refusal = refusalIfOver(incident) ?? textFault('root cause', resolution.rootCause, 5, 1500);
  if (refusal !== null) return refusal;
  if (open.run !== null)
    return refuse('run-active', { run: open.run, system: incident.system, while: 'resolve' });
  if (open.approval !== null) return refuse('approval-open', { approval: open.approval });
  const occurredAt = resolution.occurredAt?.toISOString() ?? incident.occurredAt;
  const detectedAt = resolution.detectedAt?.toISOString() ?? incident.detectedAt;
  if (occurredAt === null) return refuse('resolve-incomplete', { missing: 'when it began' });
  if (detectedAt === null && resolution.unknownDetected === null)
    return refuse('resolve-incomplete', { missing: 'when it was detected' });
  if (detectedAt !== null && detectedAt < occurredAt)
    return refuse('resolve-incomplete', { missing: 'a detection that is not before the beginning' });
  const fault =
    timeFault('began', new Date(occurredAt), now) ??
    timeFault('detected', detectedAt === null ? null : new Date(detectedAt), now);
  if (fault !== null) return fault;
  const at = now.toISOString();
  return {
    events: [
      { kind: 'incident.edited', changes: { occurredAt, ...(detectedAt === null ? {} : { detectedAt }) } },
      {
        kind: 'incident.resolved',
        at,
        rootCause: readable(resolution.rootCause),
        dataLost: readable(resolution.dataLost),
        reportOwner: resolution.reportOwner,
        reportDueAt: addMs(at, plan.report.dueWithin),
        unknownDetected: resolution.unknownDetected,
      },
    ],
  };
}

/** Only an incident that was declared by mistake is cancelled: a run that changed something needs resolve and a report. */
export function decideCancel(incident: Incident, reason: string, openRun: string | null): IncidentDecision {
  const refusal = refusalIfOver(incident) ?? textFault('reason', reason, 3, 500);
  if (refusal !== null) return refusal;
  if (openRun !== null)
    return refuse('run-active', { run: openRun, system: incident.system, while: 'cancel' });
  return { events: [{ kind: 'incident.cancelled', reason: readable(reason) }] };
}

function refusalIfOver(incident: Incident): Refusal | null {
  return isOver(incident)
    ? refuse('incident-closed', { incident: incident.id, status: incident.status })
    : null;
}

/** Text people can read: no NUL, no invisible or direction marks, no lone surrogates. */
export function readable(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
      '',
    )
    .trim();
}

export function textFault(field: string, text: string, min: number, max: number): Refusal | null {
  const length = [...readable(text)].length;
  if (length < min) return refuse('text-unreadable', { field, min: String(min) });
  return length > max ? refuse('text-unreadable', { field, max: String(max), length: String(length) }) : null;
}

function timeFault(field: string, at: Date | null, now: Date): Refusal | null {
  if (at === null || at <= now) return null;
  return refuse('input-invalid', {
    input: field,
    got: at.toISOString(),
    expected: `a time not after now (${now.toISOString()})`,
  });
}
