import type {
  Actor,
  AlertEvent,
  ApprovalEvent,
  DomainEvent,
  IncidentEvent,
  LoggedEvent,
  RunEvent,
} from '../domain/events.ts';
import type { IncidentView } from '../domain/views.ts';
import { type Ink, plainInk } from './escape.ts';
import { capital, clock } from './format.ts';
import { callName } from './names.ts';
import { approvalSentence } from './timeline-approval.ts';
import { incidentSentence } from './timeline-incident.ts';
import { runSentence } from './timeline-run.ts';

/** What a sentence may look up: names of people, titles of steps, the day of the declaration. */
export type TimelineContext = Pick<IncidentView, 'incident' | 'people' | 'plan' | 'runs'>;

/** A sentence under way: its words so far know who acted, which stream it is about and how text is set. */
export interface Telling {
  readonly context: TimelineContext;
  readonly ink: Ink;
  /** Who did it, at the start or inside of a sentence. */
  readonly who: string;
  /** The incident, run or approval it happened to, as the log names it and as the sentence does. */
  readonly id: string;
  readonly subject: string;
  name(person: string | null): string;
}

/**
 * One plain sentence for one event, the same in a Slack thread, a terminal and the report; the ink sets it. Words of
 * people stand in quotes. It begins with a capital and ends with a full stop.
 */
export function eventSentence(
  logged: Pick<LoggedEvent, 'actor' | 'stream'> & { readonly event: StoryEvent },
  context: TimelineContext,
  ink: Ink = plainInk,
): string {
  const { event, actor, stream } = logged;
  const telling: Telling = {
    context,
    ink,
    who: actorName(actor, context, ink),
    id: stream.id,
    subject: ink.text(stream.id),
    name: (person) => ink.text(callName(context.people, person)),
  };
  const words = isOfIncident(event)
    ? incidentSentence(event, telling)
    : isOfApproval(event)
      ? approvalSentence(event, telling)
      : runSentence(event, telling);
  return capital(/[.!?…]"?$/.test(words) ? words : `${words}.`);
}

/** What an incident's log holds; alerts have their own history. */
export type StoryEvent = Exclude<DomainEvent, AlertEvent>;

export interface TimelineLine {
  readonly seq: number;
  readonly at: Date;
  /** `02:14:07`, with the day where it differs from that of the declaration. */
  readonly time: string;
  readonly text: string;
}

/** Kinds that repeat what another line says, or that only a machine reads. They stay in the log. */
const QUIET: ReadonlySet<DomainEvent['kind']> = new Set([
  'incident.update-drafted',
  'step.started',
  'step.waiting',
  'gate.asked',
  'approval.used',
  'approval.reminded',
]);

/** The timeline people read, oldest first; `all` keeps every event of the log. */
export function timelineLines(
  events: readonly LoggedEvent[],
  context: TimelineContext,
  ink: Ink = plainInk,
  { all = false }: { all?: boolean } = {},
): readonly TimelineLine[] {
  return events.flatMap(({ event, ...logged }) =>
    isOfAlert(event) || (!all && QUIET.has(event.kind))
      ? []
      : [
          {
            seq: logged.seq,
            at: logged.at,
            time: clock(logged.at, context.incident.declaredAt),
            text: eventSentence({ ...logged, event }, context, ink),
          },
        ],
  );
}

function actorName(actor: Actor, { people }: TimelineContext, ink: Ink): string {
  if (actor.via === 'bot' || actor.person !== null) return ink.text(callName(people, actor.person));
  return actor.account === null
    ? 'someone unknown'
    : `someone not in people.yml (${ink.text(actor.account)})`;
}

function isOfAlert(event: DomainEvent): event is AlertEvent {
  return event.kind.startsWith('alert.');
}

function isOfIncident(event: StoryEvent): event is IncidentEvent {
  return event.kind.startsWith('incident.');
}

function isOfApproval(
  event: Exclude<StoryEvent, IncidentEvent>,
): event is ApprovalEvent & Exclude<StoryEvent, IncidentEvent | RunEvent> {
  return event.kind.startsWith('approval.');
}
