import type { DomainEvent, LoggedEvent, Stream, StreamType } from './events.ts';

/**
 * What the world must be told after an event: whom to wake, and which surface to bring up to date. An effect names
 * what to refresh and never carries words; the words are rendered from state when it is carried out.
 */
export type Effect =
  | { readonly kind: 'wake-run'; readonly run: string }
  | { readonly kind: 'show'; readonly surface: Surface; readonly subject: string; readonly owner: string };

/**
 * A surface with one place that is rewritten (`card`s) or a message that is posted once for one event (`post`, subject =
 * the event's number).
 */
export type Surface =
  | 'channel'
  | 'incident-card'
  | 'announcement'
  | 'run-card'
  | 'approval-card'
  | 'post'
  /** A copy of a post: to one person, or under the announcement; subject = `seq/account`. */
  | 'dm'
  | 'report'
  /** What a system's channel is told of its backups; subject = its slot. */
  | 'digest'
  | 'alert-card'
  /** A critical alert on its way to a topic; subject = the event's number. */
  | 'sns';

const STANDALONE = new Set<DomainEvent['kind']>([
  'incident.update-published',
  'incident.update-drafted',
  'incident.verified',
  'incident.resolved',
  'incident.role-assigned',
  'step.finished',
  'step.failed',
  'step.asked',
  'step.uncertain',
  'step.skipped',
  'gate.blocked',
  'undo.started',
  'step.undo-failed',
  'run.started',
  'run.abort-requested',
  'approval.requested',
  'approval.vote-cast',
  'approval.vetoed',
  'approval.voided',
  'approval.expired',
  'approval.reminded',
  'alert.worsened',
  'alert.acknowledgement-ended',
  'alert.escalated',
  'alert.incident-ended',
  'alert.closed',
]);

/** What else an event is about: the run an approval belongs to, the approval under which a run's gate is open. */
export interface Kin {
  readonly run: string | null;
  readonly approval: string | null;
  /** The alert whose card shows this one: itself, or the first of its group. */
  readonly card: string | null;
}

/** Effects of one logged event. Order matters: the channel must exist before a card, a card before its thread. */
export function effectsOf(
  logged: Pick<LoggedEvent, 'seq' | 'stream' | 'incident' | 'event'>,
  kin: Kin,
): readonly Effect[] {
  const { event, stream, incident } = logged;
  const { type } = stream;
  if (type === 'alert') return alertEffects(logged, kin.card ?? stream.id);
  if (incident === null || event.kind === 'approval.click-refused') return [];
  const show = (surface: Surface, subject: string): Effect => ({
    kind: 'show',
    surface,
    subject,
    owner: incident,
  });
  const effects: Effect[] = [];
  if (event.kind === 'incident.declared') effects.push(show('channel', incident));
  effects.push(...cardsOf({ ...stream, type }, event, kin, show));
  if (STANDALONE.has(event.kind)) effects.push(show('post', String(logged.seq)));
  if (event.kind === 'incident.report-written') effects.push(show('report', String(logged.seq)));
  const run = runToWake(stream, event, kin.run);
  if (run !== null) effects.push({ kind: 'wake-run', run });
  return effects;
}

/** Those of a group are told on its card, and what calls people is posted under it. Whoever was called for another is not called again. */
function alertEffects({ seq, event }: Pick<LoggedEvent, 'seq' | 'event'>, owner: string): readonly Effect[] {
  const show = (surface: Surface, subject: string): Effect => ({ kind: 'show', surface, subject, owner });
  const critical =
    (event.kind === 'alert.fired' || event.kind === 'alert.worsened') && event.health === 'critical';
  return [
    show('alert-card', 'card'),
    ...(STANDALONE.has(event.kind) && !(event.kind === 'alert.escalated' && event.toldBy !== null)
      ? [show('post', String(seq))]
      : []),
    ...(critical ? [show('sns', String(seq))] : []),
  ];
}

/** A run's card counts the votes, and a used approval's card says how its gate goes: each is shown with the other. */
function cardsOf(
  stream: { readonly type: Exclude<StreamType, 'alert'>; readonly id: string },
  event: DomainEvent,
  kin: Kin,
  show: (surface: Surface, subject: string) => Effect,
): readonly Effect[] {
  if (event.kind === 'approval.reminded') return [];
  const incident = show('incident-card', 'card');
  const related = [
    ...(kin.run === null ? [] : [show('run-card', kin.run)]),
    ...(kin.approval === null ? [] : [show('approval-card', kin.approval)]),
  ];
  switch (stream.type) {
    case 'incident':
      return [incident, show('announcement', 'card')];
    case 'run':
      return [show('run-card', stream.id), ...related, incident];
    case 'approval':
      return [show('approval-card', stream.id), ...related, incident];
  }
}

/** Events a person or a clock caused; what the worker itself wrote needs no wake, it is still in its loop. */
function runToWake(stream: Stream, event: DomainEvent, asker: string | null): string | null {
  switch (event.kind) {
    case 'run.started':
    case 'run.abort-requested':
    case 'step.retried':
    case 'step.ruled':
    case 'gate.retried':
    case 'undo.started':
      return stream.id;
    case 'approval.approved':
    case 'approval.vetoed':
    case 'approval.voided':
    case 'approval.expired':
      return asker;
    case 'step.finished':
      return event.known === 'answered' || event.known === 'ruled' ? stream.id : null;
    case 'step.skipped':
      return event.byPerson ? stream.id : null;
    default:
      return null;
  }
}
