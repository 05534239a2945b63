import type { Alert } from '../domain/alert.ts';
import { type AlertDecision, decideAcknowledge, decideSnoozeAlert } from '../domain/alert-decide.ts';
import type { Actor } from '../domain/events.ts';
import { refusalOf } from '../domain/permission.ts';
import { isRefusal, type Refusal, refuse } from '../domain/refusal.ts';
import { lockAlert } from '../store/aggregates.ts';
import { alertsOfCard } from '../store/alerts.ts';
import { peopleInForce, planInForce } from '../store/documents.ts';
import type { Deps } from './deps.ts';

export type Alerts = ReturnType<typeof createAlerts>;

/** What people do to alerts. One that shares a card with others stands for all of them that are open. */
export function createAlerts({ db, commit }: Deps) {
  async function change(
    actor: Actor,
    id: string,
    what: string,
    decide: (alert: Alert, by: string, now: Date) => AlertDecision,
  ): Promise<{ readonly alerts: readonly string[] } | Refusal> {
    return db.transact(async (tx) => {
      const located = await lockAlert(tx, id);
      if (located === undefined) return refuse('unknown-alert', { alert: id });
      const { state, now } = located;
      const plan = (await planInForce(tx, state.system))?.plan;
      const forbidden = refusalOf(
        'responder',
        actor,
        await peopleInForce(tx),
        plan?.approvals.approvers ?? [],
        what,
      );
      if (forbidden !== null) return forbidden;
      const shared = state.group === null ? [state] : await alertsOfCard(tx, state.group);
      const open = shared.filter((alert) => alert.state === 'open');
      const changes = [];
      for (const { id: each } of open.length === 0 ? [state] : open) {
        const current = await lockAlert(tx, each);
        if (current === undefined) continue;
        const decision = decide(current.state, actor.person ?? '', now);
        if (isRefusal(decision)) return decision;
        changes.push({ type: 'alert' as const, id: each, events: decision.events });
      }
      await commit(tx, actor, changes);
      return { alerts: changes.map((done) => done.id) };
    });
  }

  const acknowledge = (actor: Actor, id: string, forMs: number, note: string | null) =>
    change(actor, id, 'Acknowledging an alert', (alert, by, now) =>
      decideAcknowledge(alert, by, forMs, note, now),
    );

  const snooze = (actor: Actor, id: string, forMs: number, reason: string) =>
    change(actor, id, 'Snoozing an alert', (alert, by, now) =>
      decideSnoozeAlert(alert, by, forMs, reason, now),
    );

  /** Notes which incident was opened from it: nobody else is called for it. */
  const declared = (actor: Actor, id: string, incident: string) =>
    change(actor, id, 'Declaring from an alert', () => ({
      events: [{ kind: 'alert.incident-declared', incident }],
    }));

  return { acknowledge, snooze, declared };
}
