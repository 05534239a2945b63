import { isPending } from '../domain/approval.ts';
import {
  type Actor,
  BOT,
  type IncidentEdit,
  type IncidentEvent,
  type IncidentStatus,
  type Role,
  type UpdateText,
} from '../domain/events.ts';
import type { Incident } from '../domain/incident.ts';
import {
  type Declaration,
  decideCancel,
  decideDeclare,
  decideEdit,
  decideNote,
  decidePublish,
  decideResolve,
  decideRole,
  decideSeverity,
  decideSnooze,
  decideStatus,
  dueNow,
  type IncidentDecision,
  type Resolution,
} from '../domain/incident-decide.ts';
import { refusalOf, type Who } from '../domain/permission.ts';
import type { Plan, Severity } from '../domain/plan.ts';
import { isRefusal, type Refusal, refuse } from '../domain/refusal.ts';
import {
  approvalsOfIncident,
  databaseNow,
  listIncidents,
  lockIncident,
  nextNumber,
  runsOfIncident,
} from '../store/aggregates.ts';
import type { Tx } from '../store/database.ts';
import { peopleInForce, planByDigest, planInForce, plansInForce } from '../store/documents.ts';
import type { Deps } from './deps.ts';

export type Incidents = ReturnType<typeof createIncidents>;

/** Use cases of an incident: load, decide, commit; one transaction each. */
export function createIncidents({ db, commit }: Deps) {
  /** Declares an incident under the plan in force. Returns its id. */
  async function declare(
    actor: Actor,
    system: string,
    declaration: Declaration,
  ): Promise<{ incident: string } | Refusal> {
    return db.transact(async (tx) => {
      const version = await planInForce(tx, system);
      if (version === undefined) {
        const systems = (await plansInForce(tx)).map(({ plan }) => plan.system);
        return refuse('unknown-system', { system, systems: systems.join(', ') });
      }
      const now = await databaseNow(tx);
      const decision = decideDeclare(version.plan, version.digest, declaration, now);
      if (isRefusal(decision)) return decision;
      const year = now.getUTCFullYear();
      const number = await nextNumber(tx, `incident-${year}`);
      const id = `INC-${year}-${String(number).padStart(3, '0')}`;
      await commit(tx, actor, [{ type: 'incident', id, events: decision.events }]);
      return { incident: id };
    });
  }

  /** Open incidents of the system, which somebody may mean instead of a new one. One that is over takes nothing in any more. */
  const similar = (system: string): Promise<readonly Incident[]> =>
    listIncidents(db, { system, open: true, limit: 10 });

  /** Locks, checks who may, decides, commits. The one path of every change to an existing incident. */
  async function change(
    actor: Actor,
    id: string,
    rule: { who: Who; what: string },
    decide: (context: {
      incident: Incident;
      plan: Plan;
      now: Date;
      tx: Tx;
    }) => IncidentDecision | Promise<IncidentDecision>,
  ): Promise<{ incident: string; events: readonly IncidentEvent[] } | Refusal> {
    return db.transact(async (tx) => {
      const located = await lockIncident(tx, id);
      if (located === undefined) return refuse('unknown-incident', { incident: id });
      const plan = await planOf(tx, located.state);
      const forbidden = refusalOf(
        rule.who,
        actor,
        await peopleInForce(tx),
        plan.approvals.approvers,
        rule.what,
      );
      if (forbidden !== null && actor.via !== 'bot') return forbidden;
      const decision = await decide({ incident: located.state, plan, now: located.now, tx });
      if (isRefusal(decision)) return decision;
      await commit(tx, actor, [{ type: 'incident', id, events: decision.events }]);
      return { incident: id, events: decision.events };
    });
  }

  const edit = (actor: Actor, id: string, changes: IncidentEdit) =>
    change(actor, id, { who: 'responder', what: 'Editing an incident' }, ({ incident, now }) =>
      decideEdit(incident, changes, now),
    );

  const setSeverity = (actor: Actor, id: string, to: Severity) =>
    change(actor, id, { who: 'responder', what: 'Changing severity' }, ({ incident, plan }) =>
      decideSeverity(incident, plan, to),
    );

  const setStatus = (
    actor: Actor,
    id: string,
    to: Exclude<IncidentStatus, 'resolved' | 'cancelled'>,
    what: string,
  ) =>
    change(actor, id, { who: 'responder', what: 'Setting the status' }, ({ incident }) =>
      decideStatus(incident, to, what),
    );

  const assignRole = (actor: Actor, id: string, role: Role, person: string | null) =>
    change(actor, id, { who: 'responder', what: 'Taking a role' }, ({ incident }) =>
      decideRole(incident, role, person),
    );

  const addNote = (actor: Actor, id: string, text: string) =>
    change(actor, id, { who: 'anyone', what: 'Adding a note' }, () => decideNote(text));

  /** Publishes an update by a person, or by the bot at the due time. */
  const publish = (
    actor: Actor,
    id: string,
    text: UpdateText,
    options: { automatic: boolean; nextInMs?: number },
  ) =>
    change(actor, id, { who: 'responder', what: 'Posting an update' }, ({ incident, now }) =>
      decidePublish(incident, text, options.automatic, now, options.nextInMs),
    );

  /** The automatic update: decided again under the lock, so that two replicas post it once. */
  const publishDue = (id: string, text: UpdateText) =>
    change(BOT, id, { who: 'anyone', what: 'Posting an update' }, ({ incident, now }) =>
      dueNow(incident, now) === 'publish' ? decidePublish(incident, text, true, now) : { events: [] },
    );

  const snooze = (actor: Actor, id: string, forMs: number, reason: string) =>
    change(actor, id, { who: 'responder', what: 'Snoozing an update' }, ({ incident, now }) =>
      decideSnooze(incident, forMs, reason, now),
    );

  const resolve = (actor: Actor, id: string, resolution: Resolution) =>
    change(
      actor,
      id,
      { who: 'responder', what: 'Resolving an incident' },
      async ({ incident, plan, now, tx }) => {
        const run = (await runsOfIncident(tx, id)).find(({ outcome }) => outcome === null);
        const approval = (await approvalsOfIncident(tx, id)).find(isPending);
        return decideResolve(
          incident,
          plan,
          resolution,
          { run: run?.id ?? null, approval: approval?.id ?? null },
          now,
        );
      },
    );

  const cancel = (actor: Actor, id: string, reason: string) =>
    change(actor, id, { who: 'responder', what: 'Cancelling an incident' }, async ({ incident, tx }) => {
      const run = (await runsOfIncident(tx, id)).find(({ outcome }) => outcome === null);
      return decideCancel(incident, reason, run?.id ?? null);
    });

  const addActionItem = (actor: Actor, id: string, item: { text: string; owner: string; due: string }) =>
    change(actor, id, { who: 'responder', what: 'Adding an action item' }, () => ({
      events: [{ kind: 'incident.action-item-added', ...item }],
    }));

  const addLesson = (actor: Actor, id: string, text: string) =>
    change(actor, id, { who: 'responder', what: 'Adding a lesson' }, () => ({
      events: [{ kind: 'incident.lesson-added', text }],
    }));

  /** Facts the bot itself finds: where the channel is, that a draft went out. */
  const record = (actor: Actor, id: string, event: IncidentEvent) =>
    change(actor, id, { who: 'anyone', what: 'Recording' }, () => ({ events: [event] }));

  return {
    declare,
    similar,
    edit,
    setSeverity,
    setStatus,
    assignRole,
    addNote,
    publish,
    publishDue,
    snooze,
    resolve,
    cancel,
    addActionItem,
    addLesson,
    record,
  };
}

/** The plan the incident was declared under, so that a later edit changes no promise in mid-incident. */
async function planOf(tx: Tx, incident: Incident): Promise<Plan> {
  const version = await planByDigest(tx, incident.plan);
  if (version === undefined)
    throw new Error(`${incident.id}: its plan ${incident.plan.slice(0, 7)} is not in documents`);
  return version.plan;
}
