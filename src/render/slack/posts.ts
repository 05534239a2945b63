import type { AlertEvent, DomainEvent, IncidentEvent, LoggedEvent } from '../../domain/events.ts';
import type { IncidentView } from '../../domain/views.ts';
import type { Post } from './post.ts';
import { postOfApproval } from './posts-approval.ts';
import { postOfIncident } from './posts-incident.ts';
import { postOfRun } from './posts-run.ts';
import { NO_SURROUNDINGS, type Surroundings } from './surroundings.ts';

/**
 * The message that is posted once for an event; null where an event has none. Cards it contains are drawn from the
 * present state, so a late delivery shows what is true now.
 */
export function renderPost(
  view: IncidentView,
  logged: LoggedEvent,
  around: Surroundings = NO_SURROUNDINGS,
): Post | null {
  const { event, stream, actor } = logged;
  if (isOfAlert(event)) return null;
  if (isOfIncident(event)) return postOfIncident(view, event, actor, logged.at, around);
  if (isOfApproval(event)) return postOfApproval(view, stream.id, event, around);
  return postOfRun(view, stream.id, event, actor.person, around);
}

function isOfAlert(event: DomainEvent): event is AlertEvent {
  return event.kind.startsWith('alert.');
}

function isOfIncident(event: DomainEvent): event is IncidentEvent {
  return event.kind.startsWith('incident.');
}

function isOfApproval(event: DomainEvent): event is Extract<DomainEvent, { kind: `approval.${string}` }> {
  return event.kind.startsWith('approval.');
}
