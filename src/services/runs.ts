import type { Approval } from '../domain/approval.ts';
import type { Actor } from '../domain/events.ts';
import { isOver } from '../domain/incident.ts';
import { readInputs } from '../domain/inputs.ts';
import { refusalOf } from '../domain/permission.ts';
import { type ActionClass, type Plan, type Runbook, stepsOf } from '../domain/plan.ts';
import { isRefusal, type Refusal, refuse } from '../domain/refusal.ts';
import { approvalInUse, gateState, openGateOf, type Run, stepState } from '../domain/run.ts';
import {
  decideAbort,
  decideAnswer,
  decideRetry,
  decideRuling,
  decideSkip,
  type RunDecision,
} from '../domain/run-decide.ts';
import type { ApprovalStanding } from '../domain/run-next.ts';
import { activeRunOf, lockIncident, lockRun, nextNumber, readApproval } from '../store/aggregates.ts';
import type { Tx } from '../store/database.ts';
import { peopleInForce, planByDigest, planInForce } from '../store/documents.ts';
import type { Deps } from './deps.ts';

export type Runs = ReturnType<typeof createRuns>;

/** Names of actions that prove what a gate rests on, or cannot be taken back: the registry knows, domain does not. */
export interface ActionFacts {
  readonly guarding: ReadonlySet<string>;
  readonly irreversible: ReadonlySet<string>;
}

export interface RunRequest {
  readonly incident: string;
  readonly runbook: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly reason: string | null;
}

/** Use cases of a run: start it, stop it, answer what it asks. */
export function createRuns({ db, commit }: Deps, facts: ActionFacts) {
  /** Starts a runbook under the plan in force now, which is frozen for the run. One run a system. */
  async function start(actor: Actor, request: RunRequest): Promise<{ run: string } | Refusal> {
    return db.transact(async (tx) => {
      const incident = await lockIncident(tx, request.incident);
      if (incident === undefined) return refuse('unknown-incident', { incident: request.incident });
      if (isOver(incident.state))
        return refuse('incident-closed', { incident: request.incident, status: incident.state.status });
      const { system } = incident.state;
      const version = await planInForce(tx, system);
      if (version === undefined) return refuse('unknown-system', { system, systems: '' });
      const { plan } = version;
      const people = await peopleInForce(tx);
      const forbidden = refusalOf('responder', actor, people, plan.approvals.approvers, 'Starting a runbook');
      if (forbidden !== null) return forbidden;
      const runbook = Object.hasOwn(plan.runbooks, request.runbook)
        ? plan.runbooks[request.runbook]
        : undefined;
      if (runbook === undefined)
        return refuse('unknown-runbook', {
          runbook: request.runbook,
          system,
          runbooks: Object.keys(plan.runbooks).join(', '),
        });
      const inputs = readInputs(runbook, request.inputs);
      if (isRefusal(inputs)) return inputs;
      await tx.query("select pg_advisory_xact_lock(hashtextextended('dr-bot run of ' || $1, 0))", [system]);
      const active = await activeRunOf(tx, system);
      if (active !== undefined)
        return refuse('run-active', {
          run: active.id,
          system,
          since: active.startedAt,
          person: active.requestedBy,
        });
      const approvers = plan.approvals.approvers.filter((person) => people.people[person] !== undefined);
      if (approvers.length < 2)
        return refuse('too-few-approvers', { system, have: String(approvers.length) });
      const id = `RUN-${await nextNumber(tx, 'run')}`;
      await commit(tx, actor, [
        {
          type: 'run',
          id,
          events: [
            {
              kind: 'run.started',
              incident: request.incident,
              system,
              component: runbook.component,
              runbook: request.runbook,
              mode: 'live',
              plan: version.digest,
              inputs,
              requestedBy: actor.person ?? '',
              approvers,
              reason: request.reason,
              startedAt: incident.now.toISOString(),
            },
          ],
        },
      ]);
      return { run: id };
    });
  }

  interface Context {
    readonly run: Run;
    readonly runbook: Runbook;
    readonly plan: Plan;
    readonly standing: ApprovalStanding;
    /** What two people approved for the open gate: a preview may have raised it above the action's own class. */
    readonly approvedClass: ActionClass | null;
    readonly now: Date;
    readonly person: string;
  }

  async function change(
    actor: Actor,
    id: string,
    what: string,
    decide: (context: Context) => RunDecision,
  ): Promise<{ run: string } | Refusal> {
    return db.transact(async (tx) => {
      const located = await lockRun(tx, id);
      if (located === undefined) return refuse('unknown-run', { run: id });
      const run = located.state;
      const { plan, runbook } = await frozenPlan(tx, run);
      const forbidden = refusalOf(
        'responder',
        actor,
        await peopleInForce(tx),
        plan.approvals.approvers,
        what,
      );
      if (forbidden !== null) return forbidden;
      const standing = standingOf(await approvalAsked(tx, run, runbook));
      const used = approvalInUse(run);
      const approvedClass = used === null ? null : ((await readApproval(tx, used))?.state.class ?? null);
      const decision = decide({
        ...{ run, runbook, plan, standing, approvedClass },
        now: located.now,
        person: actor.person ?? '',
      });
      if (isRefusal(decision)) return decision;
      await commit(tx, actor, [{ type: 'run', id, events: decision.events }]);
      return { run: id };
    });
  }

  const abort = (actor: Actor, id: string, reason: string) =>
    change(actor, id, 'Aborting a run', ({ run, now, person }) => decideAbort(run, person, reason, now));

  const retry = (actor: Actor, id: string, step: string | null) =>
    change(actor, id, 'Retrying a step', ({ run, runbook, standing, now }) =>
      decideRetry(run, runbook, step, standing, now),
    );

  const skip = (actor: Actor, id: string, step: string | null, reason: string) =>
    change(actor, id, 'Skipping a step', ({ run, runbook, now }) =>
      decideSkip(run, runbook, step, reason, facts.guarding, now),
    );

  const rule = (actor: Actor, id: string, step: string | null, happened: boolean, saw: string) =>
    change(actor, id, 'Judging a step', ({ run, runbook, approvedClass, now, person }) => {
      const meant = stepsOf(runbook).filter(({ step: { id: own } }) =>
        step === null ? stepState(run, own).status.is === 'uncertain' : own === step,
      );
      const irreversible = meant.some(
        ({ step: own, gate }) =>
          own.class === 'irreversible' ||
          facts.irreversible.has(own.uses) ||
          (gate !== null && approvedClass === 'irreversible'),
      );
      // A terminal names whom it likes, and here two people must have looked.
      if (irreversible && actor.via === 'cli') return refuse('ruling-unsigned', { run: run.id });
      return decideRuling(run, runbook, step, { person, happened, saw }, irreversible, now);
    });

  const answer = (
    actor: Actor,
    id: string,
    step: string | null,
    choice: string | null,
    evidence: string | null,
  ) =>
    change(actor, id, 'Answering a step', ({ run, runbook, now, person }) =>
      decideAnswer(run, runbook, step, { person, choice, evidence }, now),
    );

  return { start, abort, retry, skip, rule, answer };
}

/** The plan and runbook a run was started under. */
export async function frozenPlan(db: Tx, run: Run): Promise<{ plan: Plan; runbook: Runbook }> {
  const version = await planByDigest(db, run.plan);
  const runbook = version?.plan.runbooks[run.runbook];
  if (version === undefined || runbook === undefined)
    throw new Error(`${run.id}: its plan ${run.plan.slice(0, 7)} is not in documents`);
  return { plan: version.plan, runbook };
}

/** The newest approval the next gate asked for. */
export async function approvalAsked(db: Tx, run: Run, runbook: Runbook): Promise<Approval | null> {
  const gate = runbook.steps.find(
    (entry) =>
      'gate' in entry &&
      gateState(run, entry.gate).closed === null &&
      gateState(run, entry.gate).approval !== null,
  );
  if (gate === undefined || !('gate' in gate) || openGateOf(run) !== null) return null;
  const approval = gateState(run, gate.gate).approval;
  return approval === null ? null : ((await readApproval(db, approval))?.state ?? null);
}

export function standingOf(approval: Approval | null): ApprovalStanding {
  switch (approval?.status.is) {
    case undefined:
      return 'none';
    case 'open':
      return 'open';
    case 'approved':
      return 'approved';
    case 'vetoed':
      return 'vetoed';
    default:
      return 'over';
  }
}
