import type { IncidentEvent, IncidentStatus, Iso, Role, UpdateText } from './events.ts';
import type { Severity } from './plan.ts';

/** One disruption, from declared to resolved. `state = fold(events)`. */
export interface Incident {
  readonly id: string;
  readonly system: string;
  readonly title: string;
  readonly severity: Severity;
  readonly status: IncidentStatus;
  readonly statusSince: Iso;
  readonly impact: string | null;
  readonly occurredAt: Iso | null;
  readonly detectedAt: Iso | null;
  readonly declaredAt: Iso;
  readonly declaredBy: string | null;
  readonly plan: string;
  readonly roles: Readonly<Record<Role, string | null>>;
  readonly channel: { readonly id: string; readonly name: string; readonly thread: string | null } | null;
  readonly updates: UpdateClock;
  readonly cause: string | null;
  readonly verified: { readonly at: Iso; readonly evidence: string; readonly run: string } | null;
  readonly recoveryPoint: { readonly at: Iso; readonly evidence: string; readonly run: string } | null;
  readonly loss: { readonly rows: number | null; readonly text: string } | null;
  readonly resolved: Omit<Extract<IncidentEvent, { kind: 'incident.resolved' }>, 'kind'> | null;
  readonly actionItems: readonly { readonly text: string; readonly owner: string; readonly due: string }[];
  readonly lessons: readonly string[];
  readonly reportRevision: number;
}

/** The promise of an update every `everyMs`: due, drafted, published. */
export interface UpdateClock {
  readonly everyMs: number;
  readonly draftBeforeMs: number;
  /** Null once the incident is over. */
  readonly nextAt: Iso | null;
  readonly draftedFor: Iso | null;
  readonly snoozedUntil: Iso | null;
  readonly published: readonly PublishedUpdate[];
}

export interface PublishedUpdate {
  readonly number: number;
  readonly text: UpdateText;
  readonly dueAt: Iso;
  readonly publishedAt: Iso;
  readonly onTime: boolean;
  readonly automatic: boolean;
}

/** What was measured as lost, in plain letters, for the words of whoever ends the incident; null while nothing is. */
export function lossInPlain({ loss }: Incident): string | null {
  return loss === null ? null : loss.text.replaceAll('`', '');
}

/** An automatic update may be this late and still be on time: one tick and one commit. */
export const ON_TIME_MS = 10_000;

const NO_ROLES: Incident['roles'] = { commander: null, deputy: null, scribe: null, liaison: null };

/** The next state. The first event of a stream must be `incident.declared`. */
export function applyIncident(
  state: Incident | null,
  event: IncidentEvent,
  at: Iso,
  id: string,
  person: string | null,
): Incident {
  if (event.kind === 'incident.declared') {
    return {
      id,
      system: event.system,
      title: event.title,
      severity: event.severity,
      status: 'investigating',
      statusSince: event.declaredAt,
      impact: event.impact,
      occurredAt: event.occurredAt,
      detectedAt: event.detectedAt,
      declaredAt: event.declaredAt,
      declaredBy: person,
      plan: event.plan,
      roles: NO_ROLES,
      channel: null,
      updates: {
        everyMs: event.updateEveryMs,
        draftBeforeMs: event.draftBeforeMs,
        nextAt: addMs(event.declaredAt, event.updateEveryMs),
        draftedFor: null,
        snoozedUntil: null,
        published: [],
      },
      cause: null,
      verified: null,
      recoveryPoint: null,
      loss: null,
      resolved: null,
      actionItems: [],
      lessons: [],
      reportRevision: 0,
    };
  }
  if (state === null) throw new Error(`${id}: the first event must be incident.declared, got ${event.kind}`);
  return applyLater(state, event, at);
}

function applyLater(
  state: Incident,
  event: Exclude<IncidentEvent, { kind: 'incident.declared' }>,
  at: Iso,
): Incident {
  switch (event.kind) {
    case 'incident.edited':
      return { ...state, ...event.changes };
    case 'incident.severity-changed': {
      const updates = { ...state.updates, everyMs: event.updateEveryMs };
      const lastAt = updates.published.at(-1)?.publishedAt ?? state.declaredAt;
      const nextAt = updates.nextAt === null ? null : addMs(lastAt, event.updateEveryMs);
      return { ...state, severity: event.to, updates: { ...updates, nextAt } };
    }
    case 'incident.status-changed':
      return {
        ...state,
        status: event.to,
        statusSince: at,
        cause: event.to === 'identified' ? event.what : state.cause,
      };
    case 'incident.role-assigned':
      return { ...state, roles: { ...state.roles, [event.role]: event.person } };
    case 'incident.channel-linked':
      return { ...state, channel: { id: event.channel, name: event.name, thread: event.thread } };
    case 'incident.update-drafted':
      return { ...state, updates: { ...state.updates, draftedFor: event.dueAt } };
    case 'incident.update-snoozed':
      return { ...state, updates: { ...state.updates, snoozedUntil: event.until } };
    case 'incident.update-published':
      return { ...state, updates: publish(state.updates, event) };
    case 'incident.verified':
      return { ...state, verified: { at: event.at, evidence: event.evidence, run: event.run } };
    case 'incident.recovery-point-found':
      return { ...state, recoveryPoint: { at: event.at, evidence: event.evidence, run: event.run } };
    case 'incident.loss-measured':
      return { ...state, loss: { rows: event.rows, text: event.text } };
    case 'incident.resolved': {
      const { kind: _, ...resolved } = event;
      return {
        ...state,
        status: 'resolved',
        statusSince: event.at,
        resolved,
        updates: { ...state.updates, nextAt: null },
      };
    }
    case 'incident.cancelled':
      return { ...state, status: 'cancelled', statusSince: at, updates: { ...state.updates, nextAt: null } };
    case 'incident.action-item-added':
      return {
        ...state,
        actionItems: [...state.actionItems, { text: event.text, owner: event.owner, due: event.due }],
      };
    case 'incident.lesson-added':
      return { ...state, lessons: [...state.lessons, event.text] };
    case 'incident.report-written':
      return { ...state, reportRevision: event.revision };
    case 'incident.note-added':
      return state;
  }
}

function publish(
  clock: UpdateClock,
  event: Extract<IncidentEvent, { kind: 'incident.update-published' }>,
): UpdateClock {
  const late = Date.parse(event.publishedAt) - Date.parse(event.dueAt);
  const published: PublishedUpdate = {
    number: event.number,
    text: event.text,
    dueAt: event.dueAt,
    publishedAt: event.publishedAt,
    onTime: late <= ON_TIME_MS && event.missed.length === 0,
    automatic: event.automatic,
  };
  return {
    ...clock,
    nextAt: event.nextAt,
    snoozedUntil: null,
    published: [...clock.published, published],
  };
}

export function isOver(incident: Incident): boolean {
  return incident.status === 'resolved' || incident.status === 'cancelled';
}

/** When the incident next needs a look: the draft, or the update itself. Null when nothing is due. */
export function incidentDueAt(incident: Incident): Date | null {
  const { nextAt, draftedFor, draftBeforeMs, snoozedUntil } = incident.updates;
  if (nextAt === null) return null;
  if (draftedFor !== nextAt) return new Date(Date.parse(nextAt) - draftBeforeMs);
  return new Date(snoozedUntil ?? nextAt);
}

export function addMs(at: Iso, ms: number): Iso {
  return new Date(Date.parse(at) + ms).toISOString();
}
