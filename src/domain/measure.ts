import { type Approval, REQUIRED_VOTES } from './approval.ts';
import type { DomainEvent, EventOutline, Iso } from './events.ts';
import { type Incident, ON_TIME_MS } from './incident.ts';
import { componentOf, type Plan } from './plan.ts';
import type { IncidentView } from './views.ts';

/** What an incident measured against its objectives. Null is "not known", and `why` says why; never 0. */
export interface Measures {
  /** The instant that starts the RTO clock, as the plan chose it. */
  readonly clockStart: Iso | null;
  /** From the start of the clock to the verified service. */
  readonly rtaMs: number | null;
  /** From the last recoverable point to the disruption; 0 only when nothing before the disruption was out of reach. */
  readonly rpaMs: number | null;
  readonly rtoMs: number;
  readonly rpoMs: number;
  /** How long the recovery rested because a person had to act, until the service was verified. Overlaps count once. */
  readonly waitingForPeopleMs: number;
  /** From the disruption to the verified service. */
  readonly usersAffectedMs: number | null;
  readonly why: {
    readonly rta: string | null;
    readonly rpa: string | null;
    readonly usersAffected: string | null;
  };
  readonly updates: UpdateMeasures;
}

export interface UpdateMeasures {
  /** Slots that fell due; a post that stands for several missed ones counts as late, once for each. */
  readonly due: number;
  readonly posted: number;
  readonly onTime: number;
  readonly longestSilenceMs: number;
}

/** Computed from state, and from the log where it tells more: what waited for people and is over by now. */
export function measure(view: IncidentView): Measures {
  const { incident, plan } = view;
  const { occurredAt, verified, recoveryPoint } = incident;
  const clockStart = clockStartOf(incident, plan);
  const rta = spanOf(
    clockStart,
    `the time it was ${plan.clock} is missing`,
    verified?.at ?? null,
    notVerified(incident),
  );
  const users = spanOf(
    occurredAt,
    'the time it began is missing',
    verified?.at ?? null,
    notVerified(incident),
  );
  const rpaMs =
    recoveryPoint === null || occurredAt === null
      ? null
      : Math.max(0, Date.parse(occurredAt) - Date.parse(recoveryPoint.at));
  const rpaWhy =
    recoveryPoint === null ? 'no recovery point has been recorded' : 'the time it began is missing';
  return {
    clockStart,
    rtaMs: rta.ms,
    rpaMs,
    rtoMs: objectivesOf(view, verified?.run).rto,
    rpoMs: objectivesOf(view, recoveryPoint?.run).rpo,
    waitingForPeopleMs: waitingMs(view),
    usersAffectedMs: users.ms,
    why: { rta: rta.why, rpa: rpaMs === null ? rpaWhy : null, usersAffected: users.why },
    updates: measureUpdates(incident, view.now),
  };
}

/** When the incident ended; null while it goes on. */
export function endOf(incident: Incident): Iso | null {
  if (incident.resolved !== null) return incident.resolved.at;
  return incident.status === 'cancelled' ? incident.statusSince : null;
}

function clockStartOf(incident: Incident, plan: Plan): Iso | null {
  return { occurred: incident.occurredAt, detected: incident.detectedAt, declared: incident.declaredAt }[
    plan.clock
  ];
}

function notVerified(incident: Incident): string {
  return endOf(incident) === null ? 'the service is not verified yet' : 'no check has verified the service';
}

function spanOf(
  from: Iso | null,
  noStart: string,
  to: Iso | null,
  noEnd: string,
): { ms: number | null; why: string | null } {
  if (from === null) return { ms: null, why: noStart };
  if (to === null) return { ms: null, why: noEnd };
  const ms = Date.parse(to) - Date.parse(from);
  return ms < 0 ? { ms: null, why: 'the service was verified before the clock began' } : { ms, why: null };
}

/** The objectives of the component that was recovered, else those of the system. */
function objectivesOf({ plan, runs }: IncidentView, run: string | undefined): Plan['objectives'] {
  const recovered = runs.find((view) => view.run.id === run) ?? runs[0];
  return objectivesFor(plan, recovered?.run.component);
}

/** What a recovery of this component is measured against: its own objectives, else those of the system. */
export function objectivesFor(plan: Plan, component: string | undefined): Plan['objectives'] {
  return (component === undefined ? undefined : componentOf(plan, component))?.objectives ?? plan.objectives;
}

function measureUpdates(incident: Incident, now: Date): UpdateMeasures {
  const { published, everyMs, nextAt } = incident.updates;
  const slots = (dueAt: Iso, until: number) => Math.floor((until - Date.parse(dueAt)) / everyMs) + 1;
  const covered = published.map(({ onTime, dueAt, publishedAt }) =>
    onTime ? 1 : slots(dueAt, Date.parse(publishedAt)),
  );
  const overdue =
    nextAt !== null && now.getTime() > Date.parse(nextAt) + ON_TIME_MS ? slots(nextAt, now.getTime()) : 0;
  const end = endOf(incident);
  const heard = [incident.declaredAt, ...published.map(({ publishedAt }) => publishedAt)].map((at) =>
    Date.parse(at),
  );
  const until = Math.max(...heard, end === null ? now.getTime() : Date.parse(end));
  return {
    due: covered.reduce((sum, slot) => sum + slot, overdue),
    posted: published.length,
    onTime: published.filter(({ onTime }) => onTime).length,
    longestSilenceMs: Math.max(...heard.map((at, index) => (heard[index + 1] ?? until) - at)),
  };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function waitingMs({ incident, runs, events, now }: IncidentView): number {
  const end = Date.parse(incident.verified?.at ?? endOf(incident) ?? now.toISOString());
  const approvals = runs.flatMap((run) => run.approvals);
  const waits = [...approvals.map((approval) => voteSpan(approval, end)), ...restsOf(events, approvals, end)];
  let [total, reached] = [0, 0];
  for (const { from, to } of waits.sort((a, b) => a.from - b.from)) {
    const until = Math.min(to, end);
    total += Math.max(0, until - Math.max(from, reached));
    reached = Math.max(reached, until);
  }
  return total;
}

/** From the request to the second vote, or to the end that came instead. */
function voteSpan({ requestedAt, votes, status }: Approval, end: number): Span {
  const enough = votes[REQUIRED_VOTES - 1]?.at;
  return {
    from: Date.parse(requestedAt),
    to: enough === undefined ? (status.is === 'open' ? end : Date.parse(status.at)) : Date.parse(enough),
  };
}

const STOPPING: ReadonlySet<DomainEvent['kind']> = new Set([
  'step.asked',
  'step.failed',
  'step.uncertain',
  'step.undo-failed',
  'gate.blocked',
  'approval.vetoed',
]);

/** From an event after which a person must act to the next thing that happens in that run. A first ruling of two decides nothing. */
function restsOf(
  events: readonly EventOutline[],
  approvals: readonly Approval[],
  end: number,
): readonly Span[] {
  const spans: Span[] = [];
  const since = new Map<string, number>();
  for (const { stream, event, at } of events) {
    const run = stream.type === 'run' ? stream.id : approvals.find(({ id }) => id === stream.id)?.run;
    if (run === undefined || event.kind === 'step.ruled') continue;
    const from = since.get(run);
    if (STOPPING.has(event.kind)) since.set(run, from ?? at.getTime());
    else if (from !== undefined && stream.type === 'run') {
      spans.push({ from, to: at.getTime() });
      since.delete(run);
    }
  }
  return [...spans, ...[...since.values()].map((from) => ({ from, to: end }))];
}
