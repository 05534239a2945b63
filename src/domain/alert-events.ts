import type { Iso } from './events.ts';
import type { Health, Measure, RuleId, Verdict } from './verdict.ts';

/** How bad an alert is. `unknown` is what could not be looked at once; the second time it counts as critical (R4). */
export type AlertHealth = Exclude<Health, 'ok'>;

/** What a rule said at the moment an event records. */
export interface Told {
  readonly health: AlertHealth;
  readonly title: string;
  readonly text: string;
  readonly consequence: string | null;
  readonly since: Iso | null;
  readonly measure: Measure | null;
  readonly facts: readonly string[];
}

export type AlertEvent =
  | {
      readonly kind: 'alert.fired';
      readonly system: string;
      readonly rule: RuleId;
      readonly backup: string | null;
      readonly object: string;
      readonly health: AlertHealth;
      readonly told: Told;
      /** The alert whose card shows this one too; null where it has a card of its own. */
      readonly group: string | null;
      /** Whom a critical alert is told, one after the other, while nobody answers. */
      readonly escalate: readonly { readonly afterMs: number; readonly to: string }[];
      readonly at: Iso;
    }
  | { readonly kind: 'alert.worsened'; readonly health: AlertHealth; readonly told: Told; readonly at: Iso }
  | { readonly kind: 'alert.eased'; readonly health: AlertHealth; readonly told: Told; readonly at: Iso }
  | {
      readonly kind: 'alert.acknowledged';
      readonly by: string;
      readonly until: Iso;
      readonly note: string | null;
    }
  | { readonly kind: 'alert.acknowledgement-ended'; readonly by: string; readonly at: Iso }
  | { readonly kind: 'alert.snoozed'; readonly by: string; readonly until: Iso; readonly reason: string }
  | { readonly kind: 'alert.snooze-ended'; readonly at: Iso }
  /** `toldBy`: the alert of the same card for which this person was called already; null where they are called now. */
  | {
      readonly kind: 'alert.escalated';
      readonly to: string;
      readonly toldBy: string | null;
      readonly at: Iso;
    }
  | { readonly kind: 'alert.incident-declared'; readonly incident: string }
  /** The incident is over, and what was wrong still is. */
  | { readonly kind: 'alert.incident-ended'; readonly incident: string; readonly at: Iso }
  | { readonly kind: 'alert.closed'; readonly because: string; readonly at: Iso };

/** A verdict in the form in which it is recorded. */
export function toldOf(verdict: Verdict, health: AlertHealth): Told {
  const { title, text, consequence, since, measure, facts } = verdict;
  return { health, title, text, consequence, since: since?.toISOString() ?? null, measure, facts };
}
