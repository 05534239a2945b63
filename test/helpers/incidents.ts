import type { IncidentEvent, LoggedEvent } from '../../src/domain/events.ts';
import { applyIncident, type Incident } from '../../src/domain/incident.ts';

/** The first event of an incident, with what a test wants to be different. */
export function declared(
  changes: Partial<Extract<IncidentEvent, { kind: 'incident.declared' }>> = {},
): IncidentEvent {
  return {
    kind: 'incident.declared',
    system: 'janua',
    title: 'Sign-in fails for most customers',
    severity: 'SEV1',
    impact: null,
    occurredAt: null,
    detectedAt: null,
    declaredAt: '2026-11-21T02:12:04.000Z',
    plan: 'a'.repeat(64),
    updateEveryMs: 30 * 60_000,
    draftBeforeMs: 5 * 60_000,
    ...changes,
  };
}

/** The state that a log alone gives. */
export function foldIncident(events: readonly LoggedEvent[]): Incident | null {
  return events.reduce<Incident | null>((state, { event, at, stream, actor }) => {
    if (stream.type !== 'incident' || !event.kind.startsWith('incident.')) return state;
    return applyIncident(state, event as IncidentEvent, at.toISOString(), stream.id, actor.person);
  }, null);
}
