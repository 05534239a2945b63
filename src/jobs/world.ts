import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActionContext, AnyAction, Baseline } from '../actions/action.ts';
import type { Clients } from '../clients/index.ts';
import type { ActionClass } from '../domain/plan.ts';
import { approvalInUse, type Run } from '../domain/run.ts';
import { AppError } from '../errors.ts';
import { activeRunIds, readApproval } from '../store/aggregates.ts';
import type { Commit } from '../store/commit.ts';
import type { Database } from '../store/database.ts';
import { newestObservation, ownStoreIdentity } from '../store/surroundings.ts';
import { lastReading } from '../store/watch.ts';
import { primarySeen } from './observe-primary.ts';
import { outputsOf, type Snapshot } from './snapshot.ts';

/** What the worker has at hand: the store, the outside world, and every action by name. */
export interface World {
  readonly db: Database;
  readonly commit: Commit;
  readonly clients: Clients;
  readonly actions: Readonly<Record<string, AnyAction>>;
  readonly workDir: string;
  readonly log: (fields: Record<string, unknown>, message: string) => void;
  /** Aborts when this process is asked to stop: steps end, and another worker goes on. */
  readonly shutdown: AbortSignal;
}

export function actionNamed(world: World, name: string): AnyAction {
  const action = world.actions[name];
  if (action === undefined) {
    throw new AppError(
      'plan-invalid',
      `There is no action "${name}". Known actions: ${Object.keys(world.actions).sort().join(', ')}.`,
    );
  }
  return action;
}

/** The context an action gets. `phase` and `attempt` say what for. */
export async function contextFor(
  world: World,
  snapshot: Snapshot,
  step: { id: string; attempt: number },
  phase: ActionContext['phase'],
  extra: {
    signal: AbortSignal;
    outputs?: ActionContext['outputs'];
    memory?: ActionContext['memory'];
    progress?: (text: string) => void;
  },
): Promise<ActionContext> {
  const { run, plan, component, incident, now } = snapshot;
  const workDir = runFolder(world, run.id);
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  return {
    run: { id: run.id, incident: run.incident, mode: run.mode, startedAt: new Date(run.startedAt) },
    step,
    plan,
    component,
    outputs: extra.outputs ?? outputsOf(run),
    memory: extra.memory ?? null,
    key: `${run.id}/${step.id}/${step.attempt}`,
    signal: extra.signal,
    now,
    clients: world.clients,
    workDir,
    phase,
    baseline: (id) =>
      baselineOf(world.db, plan.system, id, new Date(incident.occurredAt ?? incident.declaredAt)),
    lastReading: (backup) => lastReading(world.db, plan.system, backup),
    primarySeen: (id) => primarySeen(world.db, plan.system, id),
    approvedClass: await approvedClassOf(world.db, run),
    ownStore: await ownStoreIdentity(world.db),
    progress: extra.progress ?? (() => {}),
  };
}

async function approvedClassOf(db: Database, run: Run): Promise<ActionClass | undefined> {
  const approval = approvalInUse(run);
  return approval === null ? undefined : (await readApproval(db, approval))?.state.class;
}

function runFolder(world: World, run: string): string {
  return join(world.workDir, run.toLowerCase());
}

/** Fetched backups hold personal data: nothing of a run stays on the worker once it is over. */
export async function dropRunFolder(world: World, run: string): Promise<void> {
  await rm(runFolder(world, run), { recursive: true, force: true });
}

/** At the start: folders of runs that ended while this worker was away. */
export async function sweepRunFolders(world: World): Promise<void> {
  const active = new Set((await activeRunIds(world.db)).map((id) => id.toLowerCase()));
  for (const name of await readdir(world.workDir)) {
    if (/^run-\d+$/.test(name) && !active.has(name)) await dropRunFolder(world, name);
  }
}

/** Counts recorded before the damage: later ones would make the damage the measure. */
async function baselineOf(
  db: Database,
  system: string,
  component: string,
  before: Date,
): Promise<Baseline | undefined> {
  const found = await newestObservation(db, system, component, 'row-counts', before);
  if (found === undefined) return undefined;
  const rows = Object.entries(found.body ?? {}).flatMap(([table, count]) =>
    typeof count === 'number' ? [[table, count] as const] : [],
  );
  return { at: found.at, rows: Object.fromEntries(rows) };
}
