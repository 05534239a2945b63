import { type Alert, alertDueAt, keyOf, nextEscalation } from './alert.ts';
import { type AlertEvent, type AlertHealth, toldOf } from './alert-events.ts';
import { readable, textFault } from './incident-decide.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Verdict } from './verdict.ts';

/** More than this many at once are one card (CARDS §10). */
export const ALONE_AT_MOST = 3;
/** A number that grew by this since it was told is told again. */
const WORSE_BY = 1.25;

const RANK: Record<AlertHealth, number> = { warning: 1, unknown: 2, critical: 3 };

/** One round of the watch over one system. */
export interface Round {
  readonly system: string;
  readonly verdicts: readonly Verdict[];
  readonly open: readonly Alert[];
  /** Incidents declared from these that are over. */
  readonly over: ReadonlySet<string>;
  readonly escalate: readonly { readonly after: number; readonly to: string }[];
  readonly now: Date;
}

export interface AlertChange {
  readonly id: string;
  readonly events: readonly AlertEvent[];
}

/**
 * What a round changes: alerts that begin, get worse, ease and end. A rule that could not be judged leaves its alerts as they
 * are; that it could not is an alert of its own (R4). What no rule speaks of any more ends, because the plan changed.
 */
export function decideRound(round: Round): {
  readonly changes: readonly AlertChange[];
  readonly begun: readonly Verdict[];
} {
  const byKey = new Map(round.verdicts.map((verdict) => [keyOf(verdict), verdict]));
  const changes = round.open.map((alert): AlertChange => {
    const verdict = byKey.get(keyOf(alert));
    const events =
      verdict === undefined
        ? isHidden(alert, round.verdicts)
          ? []
          : [closed(goneBecause(alert), round.now)]
        : next(alert, verdict, round.now);
    return { id: alert.id, events: [...incidentEnded(alert, verdict, round), ...events] };
  });
  const known = new Set(round.open.map(keyOf));
  const begun = [...byKey.values()].filter((verdict) => fires(verdict) && !known.has(keyOf(verdict)));
  return { changes: changes.filter(({ events }) => events.length > 0), begun };
}

/** An incident answers an alert while it lasts: what it left as it was is called out again. */
function incidentEnded(
  { incident }: Alert,
  verdict: Verdict | undefined,
  { over, now }: Round,
): readonly AlertEvent[] {
  if (incident === null || !over.has(incident) || verdict === undefined || verdict.health === 'ok') return [];
  // Whether it still holds is not known now; the next round may tell.
  if (verdict.health === 'unknown' && verdict.rule !== 'R4') return [];
  return [{ kind: 'alert.incident-ended', incident, at: now.toISOString() }];
}

/** What no rule speaks of any more. R18 speaks of what it finds, and of nothing else. */
function goneBecause({ rule }: Alert): string {
  return rule === 'R18' ? 'it is covered, ignored or gone' : 'the plan no longer asks for it';
}

/** Whether its rule could not be judged, or the source that it judges could not be read. What is never told hides nothing. */
function isHidden({ rule, backup }: Alert, verdicts: readonly Verdict[]): boolean {
  return verdicts.some(
    (verdict) =>
      verdict.health === 'unknown' &&
      verdict.alarms &&
      verdict.backup === backup &&
      (verdict.rule === rule || verdict.rule === 'R4'),
  );
}

/** "Not known" is one alert of the source, not one of each rule that reads it. */
function fires({ health, rule, alarms }: Verdict): boolean {
  return alarms && health !== 'ok' && (health !== 'unknown' || rule === 'R4');
}

/** The first event of an alert. `group` is the alert whose card shows it. */
export function firedBy(verdict: Verdict, { escalate, now }: Round, group: string | null): AlertEvent {
  const health = verdict.health === 'ok' ? 'warning' : verdict.health;
  const { system, rule, backup, object } = verdict;
  return {
    kind: 'alert.fired',
    system,
    rule,
    backup,
    object,
    health,
    told: toldOf(verdict, health),
    group,
    escalate: escalate.map(({ after, to }) => ({ afterMs: after, to })),
    at: now.toISOString(),
  };
}

/** Verdicts that begin together: those with one cause, or more of one system than a channel bears, share a card. */
export function groupsOf(begun: readonly Verdict[]): readonly (readonly Verdict[])[] {
  if (begun.length > ALONE_AT_MOST) return [worstFirst(begun)];
  return begun.map((verdict) => [verdict]);
}

function worstFirst(verdicts: readonly Verdict[]): readonly Verdict[] {
  const rank = ({ health }: Verdict) => (health === 'ok' ? 0 : RANK[health]);
  return verdicts.toSorted((a, b) => rank(b) - rank(a));
}

function next(alert: Alert, verdict: Verdict, now: Date): readonly AlertEvent[] {
  if (verdict.health === 'ok') return [closed(verdict.text, now)];
  // Seen once as not known it may have been a bad moment; the second time it counts (R4).
  if (verdict.health === 'unknown' && verdict.rule !== 'R4') return [];
  const health = verdict.health === 'unknown' ? 'critical' : verdict.health;
  const told = toldOf(verdict, health);
  const at = now.toISOString();
  const rises = RANK[health] > RANK[alert.health];
  // Who snoozed it asked for silence until it is another evil, not a larger number of the same.
  if (rises || (alert.snoozed === null && grown(alert, verdict)))
    return [...(rises ? answersEnded(alert, at) : []), { kind: 'alert.worsened', health, told, at }];
  return RANK[health] < RANK[alert.health] ? [{ kind: 'alert.eased', health, told, at }] : [];
}

/** An answer was given to a lesser evil. */
function answersEnded({ acknowledged, snoozed }: Alert, at: string): readonly AlertEvent[] {
  if (acknowledged !== null) return [{ kind: 'alert.acknowledgement-ended', by: acknowledged.by, at }];
  return snoozed === null ? [] : [{ kind: 'alert.snooze-ended', at }];
}

function grown({ last }: Alert, { measure }: Verdict): boolean {
  if (measure === null || last.measure === null) return false;
  if (measure.kind !== last.measure.kind || measure.unit !== last.measure.unit) return false;
  const over = measure.kind === 'size' || measure.kind === 'count' ? 0 : measure.value;
  return over > last.measure.value * WORSE_BY && last.measure.value > 0;
}

function closed(because: string, now: Date): AlertEvent {
  return { kind: 'alert.closed', because, at: now.toISOString() };
}

export type AlertDecision = { readonly events: readonly AlertEvent[] } | Refusal;

export const ACKNOWLEDGE_MS = [30 * 60_000, 2 * 3_600_000, 8 * 3_600_000] as const;
const LONGEST_SNOOZE_MS = 7 * 24 * 3_600_000;

/** Somebody looks after it. It is told again when the time is over, or when it gets worse. */
export function decideAcknowledge(
  alert: Alert,
  by: string,
  forMs: number,
  note: string | null,
  now: Date,
): AlertDecision {
  if (alert.state === 'closed') return refuse('alert-closed', { alert: alert.id });
  return {
    events: [
      {
        kind: 'alert.acknowledged',
        by,
        until: new Date(now.getTime() + forMs).toISOString(),
        note,
      },
    ],
  };
}

/** Silence until a time, with a reason others can read. */
export function decideSnoozeAlert(
  alert: Alert,
  by: string,
  forMs: number,
  reason: string,
  now: Date,
): AlertDecision {
  if (alert.state === 'closed') return refuse('alert-closed', { alert: alert.id });
  const fault = textFault('reason', reason, 3, 500);
  if (fault !== null) return fault;
  const until = new Date(now.getTime() + Math.min(forMs, LONGEST_SNOOZE_MS)).toISOString();
  return { events: [{ kind: 'alert.snoozed', by, until, reason: readable(reason) }] };
}

/** What the clock does to an alert whose time has come. Of those that share its card nobody is called for one again. */
export function decideAlertDue(
  alert: Alert,
  now: Date,
  others: readonly Alert[] = [],
): readonly AlertEvent[] {
  const dueAt = alertDueAt(alert);
  if (dueAt === null || dueAt > now) return [];
  const at = now.toISOString();
  const escalation = nextEscalation(alert);
  if (escalation === null) return answersEnded(alert, at);
  const { to } = escalation;
  const told = others.find(
    (other) => other.id !== alert.id && other.state === 'open' && other.escalatedTo.includes(to),
  );
  return [{ kind: 'alert.escalated', to, toldBy: told?.id ?? null, at }];
}
