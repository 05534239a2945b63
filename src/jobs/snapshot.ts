import type { Approval } from '../domain/approval.ts';
import { type Json, toJson } from '../domain/canonical.ts';
import type { Incident } from '../domain/incident.ts';
import {
  type Component,
  componentOf,
  type PlacedStep,
  type Plan,
  type Runbook,
  stepsOf,
} from '../domain/plan.ts';
import { applyRun, type Run, stepState } from '../domain/run.ts';
import type { ApprovalStanding } from '../domain/run-next.ts';
import type { Output } from '../domain/step.ts';
import { resolve, type Scope } from '../domain/template.ts';
import { approvalAsked, frozenPlan, standingOf } from '../services/runs.ts';
import { readIncident, readRun } from '../store/aggregates.ts';
import type { Database } from '../store/database.ts';

/** One consistent look at a run with everything its next decision needs. */
export interface Snapshot {
  readonly run: Run;
  readonly plan: Plan;
  readonly runbook: Runbook;
  readonly component: Component;
  readonly incident: Incident;
  readonly approval: Approval | null;
  readonly standing: ApprovalStanding;
  readonly scope: Scope;
  readonly now: Date;
}

export async function loadSnapshot(
  db: Database,
  id: string,
  vars: Readonly<Record<string, string>>,
): Promise<Snapshot | undefined> {
  return db.transact(async (tx) => {
    const located = await readRun(tx, id);
    if (located === undefined) return undefined;
    const run = located.state;
    const { plan, runbook } = await frozenPlan(tx, run);
    const incident = await readIncident(tx, run.incident);
    const component = componentOf(plan, runbook.component);
    if (incident === undefined || component === undefined)
      throw new Error(`${id}: incident or component is missing`);
    const approval = await approvalAsked(tx, run, runbook);
    const scope = scopeOf(run, plan, runbook, incident.state, vars);
    return {
      run,
      plan,
      runbook,
      component,
      incident: incident.state,
      approval,
      standing: standingOf(approval),
      scope,
      now: located.now,
    };
  });
}

/** What a step's `${…}` may refer to: inputs, vars, the run, and finished steps by id with their summary. */
export function scopeOf(
  run: Run,
  plan: Plan,
  runbook: Runbook,
  incident: Incident,
  vars: Readonly<Record<string, string>>,
): Scope {
  const outputs: Record<string, Json> = {};
  for (const { step } of stepsOf(runbook)) {
    const state = stepState(run, step.id);
    if (state.status.is === 'done') outputs[step.id] = { ...state.output, summary: state.status.summary };
    if (state.status.is === 'skipped')
      outputs[step.id] = { skipped: true, summary: `skipped: ${state.status.reason}` };
  }
  return {
    ...outputs,
    inputs: run.inputs,
    vars,
    run: { id: run.id, number: numberOf(run.id), incident: run.incident, startedAt: run.startedAt },
    incident: toJson({
      id: incident.id,
      title: incident.title,
      severity: incident.severity,
      channel: incident.channel?.name ?? null,
    }),
    system: { id: plan.system, name: plan.name, environment: plan.environment },
  };
}

export function outputsOf(run: Run): Readonly<Record<string, Output>> {
  return Object.fromEntries(Object.entries(run.steps).map(([id, state]) => [id, state.output]));
}

/** `31` of `RUN-31`: part of the names of things a run makes. */
function numberOf(id: string): string {
  return id.replace(/^\D+/, '');
}

export function paramsOf(placed: PlacedStep, scope: Scope): Json {
  return resolve(placed.step.with, scope);
}

/** A run that is recorded nowhere: to look ahead, or to try a backup. */
export function imaginedRun(
  plan: Plan,
  digest: string,
  incident: Incident,
  now: Date,
  vars: Readonly<Record<string, string>>,
  imagined: Pick<Run, 'id' | 'mode' | 'runbook' | 'inputs'>,
): Snapshot {
  const runbook = plan.runbooks[imagined.runbook];
  const component = runbook === undefined ? undefined : componentOf(plan, runbook.component);
  if (runbook === undefined || component === undefined)
    throw new Error(`${imagined.runbook}: no such runbook in ${plan.system}`);
  const run = applyRun(
    null,
    {
      kind: 'run.started',
      incident: incident.id,
      system: plan.system,
      component: component.id,
      runbook: imagined.runbook,
      mode: imagined.mode,
      plan: digest,
      inputs: imagined.inputs,
      requestedBy: '',
      approvers: plan.approvals.approvers,
      reason: null,
      startedAt: now.toISOString(),
    },
    imagined.id,
  );
  return {
    run,
    plan,
    runbook,
    component,
    incident,
    approval: null,
    standing: 'none',
    scope: scopeOf(run, plan, runbook, incident, vars),
    now,
  };
}
