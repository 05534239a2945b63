import type { AlertEvent, AlertHealth, Told } from './alert-events.ts';
import type { Iso } from './events.ts';
import type { RuleId } from './verdict.ts';

/**
 * One rule that does not hold for one object, from the first check that saw it to the one that found it healthy again. A
 * later failure of the same is another alert.
 */
export interface Alert {
  readonly id: string;
  readonly system: string;
  readonly rule: RuleId;
  readonly backup: string | null;
  readonly object: string;
  readonly state: 'open' | 'closed';
  /** What counts now, whatever a card said before. */
  readonly health: AlertHealth;
  readonly firedAt: Iso;
  readonly worseSince: Iso | null;
  /** Since when it is critical and nobody answers, without a break: escalation counts from here. */
  readonly criticalSince: Iso | null;
  readonly closedAt: Iso | null;
  readonly closedBecause: string | null;
  readonly acknowledged: { readonly by: string; readonly until: Iso; readonly note: string | null } | null;
  readonly snoozed: { readonly by: string; readonly until: Iso; readonly reason: string } | null;
  readonly incident: string | null;
  readonly escalate: readonly { readonly afterMs: number; readonly to: string }[];
  readonly escalatedTo: readonly string[];
  readonly first: Told;
  /** What was last told: "worse" is measured from here. */
  readonly last: Told;
  /** The first alert of those that share a card; null where it has one of its own. */
  readonly group: string | null;
}

/** Folds one event in. The first of an alert is `alert.fired`. */
export function applyAlert(alert: Alert | null, event: AlertEvent, id: string): Alert {
  if (event.kind === 'alert.fired') return fired(event, id);
  if (alert === null) throw new Error(`${id}: ${event.kind} before it was fired`);
  switch (event.kind) {
    case 'alert.worsened':
      return {
        ...alert,
        ...(event.health === 'critical' && alert.criticalSince === null && calling(event.at)),
        health: event.health,
        last: event.told,
        worseSince: event.at,
      };
    case 'alert.eased':
      return { ...alert, health: event.health, last: event.told, worseSince: null, criticalSince: null };
    case 'alert.acknowledged':
      return {
        ...alert,
        acknowledged: { by: event.by, until: event.until, note: event.note },
        snoozed: null,
      };
    case 'alert.acknowledgement-ended':
      return { ...alert, ...(alert.health === 'critical' && calling(event.at)), acknowledged: null };
    case 'alert.snoozed':
      return {
        ...alert,
        snoozed: { by: event.by, until: event.until, reason: event.reason },
        acknowledged: null,
      };
    case 'alert.snooze-ended':
      return { ...alert, ...(alert.health === 'critical' && calling(event.at)), snoozed: null };
    case 'alert.escalated':
      return { ...alert, escalatedTo: [...alert.escalatedTo, event.to] };
    case 'alert.incident-declared':
      return { ...alert, incident: event.incident };
    case 'alert.incident-ended':
      return { ...alert, ...(alert.health === 'critical' && calling(event.at)), incident: null };
    case 'alert.closed':
      return {
        ...alert,
        state: 'closed',
        closedAt: event.at,
        closedBecause: event.because,
        acknowledged: null,
        snoozed: null,
      };
  }
}

/** People are called from the beginning: nobody has been since then. */
function calling(from: Iso): Pick<Alert, 'criticalSince' | 'escalatedTo'> {
  return { criticalSince: from, escalatedTo: [] };
}

function fired(event: Extract<AlertEvent, { kind: 'alert.fired' }>, id: string): Alert {
  const { system, rule, backup, object, health, told, group, escalate, at } = event;
  return {
    id,
    system,
    rule,
    backup,
    object,
    state: 'open',
    health,
    firedAt: at,
    worseSince: null,
    criticalSince: health === 'critical' ? at : null,
    closedAt: null,
    closedBecause: null,
    acknowledged: null,
    snoozed: null,
    incident: null,
    escalate,
    escalatedTo: [],
    first: told,
    last: told,
    group,
  };
}

/** Whether somebody has taken notice: nobody else is called for the time being. */
export function isAnswered({ acknowledged, snoozed, incident }: Alert): boolean {
  return acknowledged !== null || snoozed !== null || incident !== null;
}

/** The next person to be told, and when; null while the alert is answered, not critical, or everybody was told. */
export function nextEscalation(alert: Alert): { readonly at: Date; readonly to: string } | null {
  if (alert.criticalSince === null || isAnswered(alert)) return null;
  const next = alert.escalate[alert.escalatedTo.length];
  return next === undefined
    ? null
    : { at: new Date(Date.parse(alert.criticalSince) + next.afterMs), to: next.to };
}

/** When the clock has something to do with it; null while it has not. */
export function alertDueAt(alert: Alert): Date | null {
  if (alert.state === 'closed') return null;
  const until = alert.acknowledged?.until ?? alert.snoozed?.until;
  return until === undefined ? (nextEscalation(alert)?.at ?? null) : new Date(until);
}

/** Two alerts of one key are never open at once. */
export function keyOf({
  rule,
  backup,
  object,
}: {
  readonly rule: RuleId;
  readonly backup: string | null;
  readonly object: string;
}): string {
  return `${rule}/${backup ?? ''}/${object}`;
}
