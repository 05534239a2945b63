import { findDatabase, MAINTENANCE, scratchName, targetOf } from '../actions/pg-target.ts';
import { whenBack } from '../actions/when-back.ts';
import { applyIncident } from '../domain/incident.ts';
import { type PlacedStep, type Runbook, stepsOf } from '../domain/plan.ts';
import { type Fault, FIND_STEP, RESTORE_STEP } from '../domain/restore-test.ts';
import { applyRun, stepState } from '../domain/run.ts';
import { AppError, isHandedOver, messageOf } from '../errors.ts';
import type { PlanVersion } from '../store/documents.ts';
import { newestObservation } from '../store/surroundings.ts';
import { imaginedRun, paramsOf, type Snapshot, scopeOf } from './snapshot.ts';
import { readParams } from './step.ts';
import { actionNamed, contextFor, dropRunFolder, type World } from './world.ts';

/** The steps of a restore test in a run that is recorded nowhere, and the taking away of what they made. */

export interface Limits {
  /** Longer hangs: the copy must not stay. */
  readonly longestMs: number;
  /** Faults that pass (S3 or the server is away) are tried so often, within an hour, before they are the result. */
  readonly tries: number;
  /** How long the copy is tried to be dropped while its server is away. */
  readonly cleanUpMs: number;
}

/** How far a test came. */
export interface Made {
  readonly snapshot: Snapshot;
  readonly fault: Fault | null;
  /** The fault is one that passes. */
  readonly passes: boolean;
  /** There may be a copy, of this attempt or of one that died. */
  readonly mayBeLeft: boolean;
}

const TEST = 'restore-test';

/** What actions ask of a run and its incident: nobody declared or started anything. */
export function imaginedTest(
  { clients }: Pick<World, 'clients'>,
  { plan, digest }: PlanVersion,
  { id, runbook }: { readonly id: string; readonly runbook: Runbook },
  now: Date,
): Snapshot {
  const at = now.toISOString();
  const incident = applyIncident(
    null,
    {
      kind: 'incident.declared',
      system: plan.system,
      title: runbook.title,
      severity: 'SEV4',
      impact: null,
      occurredAt: null,
      detectedAt: null,
      declaredAt: at,
      plan: digest,
      updateEveryMs: plan.updates.every,
      draftBeforeMs: plan.updates.draftBefore,
    },
    at,
    'DRILL-0',
    null,
  );
  const imagined = { id, mode: 'drill', runbook: TEST, inputs: {} } as const;
  return imaginedRun(
    { ...plan, runbooks: { [TEST]: runbook } },
    digest,
    incident,
    now,
    clients.vars,
    imagined,
  );
}

/**
 * One step after the other, until one fails. `attempt` marks the copy, so that an earlier one finds it is not its own. Throws when
 * the test is another worker's (`over`) or the bot's own store is away, which says nothing of the backup.
 */
export async function carryOut(
  world: World,
  from: Snapshot,
  attempt: number,
  over: AbortSignal,
  { longestMs }: Limits,
): Promise<Made> {
  const deadline = AbortSignal.timeout(longestMs);
  const signal = AbortSignal.any([over, deadline]);
  let snapshot = from;
  let mayBeLeft = attempt > 1;
  for (const placed of stepsOf(from.runbook)) {
    const step = placed.step.id;
    mayBeLeft ||= step === RESTORE_STEP;
    try {
      signal.throwIfAborted();
      snapshot = await carryOutStep(world, snapshot, placed, attempt, signal);
      if (step === FIND_STEP) snapshot = await measured(world, snapshot);
    } catch (error) {
      if (over.aborted) throw handedOver();
      if (isHandedOver(error) || isOwnStoreAway(error)) throw error;
      const text = deadline.aborted
        ? `it did not end within ${longestMs / 3_600_000} h and was stopped`
        : saidBy(error);
      const passes = !deadline.aborted && error instanceof AppError && error.retry === 'later';
      return { snapshot, fault: { step, text }, passes, mayBeLeft };
    }
  }
  return { snapshot, fault: null, passes: false, mayBeLeft };
}

export function handedOver(): AppError {
  return new AppError('claim-lost', 'Another worker goes on with this restore test.');
}

function isOwnStoreAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'database-unreachable';
}

function saidBy(error: unknown): string {
  return error instanceof AppError && error.code === 'backup-not-found'
    ? `no usable backup was found: ${error.details.join('; ') || 'there is none'}`
    : messageOf(error).replace(/\.$/, '');
}

async function carryOutStep(
  world: World,
  snapshot: Snapshot,
  placed: PlacedStep,
  attempt: number,
  signal: AbortSignal,
): Promise<Snapshot> {
  const step = placed.step.id;
  const action = actionNamed(world, placed.step.uses);
  const params = readParams(action, placed, snapshot);
  if (params instanceof AppError) throw params;
  const context = await contextFor(world, snapshot, { id: step, attempt }, 'run', { signal });
  const outcome = await action.run(context, params.value);
  if (outcome.kind !== 'done')
    throw new AppError('check-failed', 'It waits for somebody, and nobody watches a test.');
  await action.verify?.(context, params.value, outcome.output);
  const { output, facts, summary } = outcome;
  const about = { step, attempt, at: snapshot.now.toISOString() };
  const run = [
    { ...about, kind: 'step.started', params: params.json } as const,
    { ...about, kind: 'step.finished', summary, output, facts, known: 'run' } as const,
  ].reduce((before, event) => applyRun(before, event, before.id), snapshot.run);
  const { plan, runbook, incident } = snapshot;
  return { ...snapshot, run, scope: scopeOf(run, plan, runbook, incident, world.clients.vars) };
}

/** The copy is measured by what was counted before its backup was taken: what came since is not missing in it. */
async function measured({ db }: World, snapshot: Snapshot): Promise<Snapshot> {
  const { plan, component, incident, run } = snapshot;
  const takenAt = new Date(String(stepState(run, FIND_STEP).output.takenAt));
  const counted = await newestObservation(db, plan.system, component.id, 'row-counts', takenAt);
  // A bot that is younger than the backup has only later counts.
  if (counted === undefined) return snapshot;
  return { ...snapshot, incident: { ...incident, occurredAt: takenAt.toISOString() } };
}

/** Drops the copy and the fetched file, and looks whether it is gone. What is left, in words; null when nothing is. */
export async function cleanUp(
  world: World,
  { snapshot, mayBeLeft }: Made,
  attempt: number,
  { cleanUpMs }: Limits,
): Promise<string | null> {
  const { run, plan, component } = snapshot;
  const target = targetOf(plan, component.id);
  const database = scratchName(target.database, run.id);
  const signal = AbortSignal.any([world.shutdown, AbortSignal.timeout(cleanUpMs)]);
  try {
    if (mayBeLeft) await whenBack(signal, () => dropCopy(world, snapshot, attempt, signal));
    const find = () =>
      world.clients.postgres.withClient(
        target.into,
        MAINTENANCE,
        (session) => findDatabase(session, database),
        { signal },
      );
    const left = mayBeLeft && (await whenBack(signal, find)) !== undefined;
    return left ? `the copy \`${database}\` is still there` : null;
  } catch (error) {
    if (world.shutdown.aborted) throw handedOver();
    if (isOwnStoreAway(error)) throw error;
    return `the copy \`${database}\` could not be dropped: ${messageOf(error).replace(/\.$/, '')}`;
  } finally {
    await dropRunFolder(world, run.id);
  }
}

async function dropCopy(
  world: World,
  snapshot: Snapshot,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  const placed = stepsOf(snapshot.runbook).find(({ step }) => step.id === RESTORE_STEP);
  if (placed === undefined) throw new Error('a restore test restores');
  const action = actionNamed(world, placed.step.uses);
  // Dropping asks for nothing that the steps before the restore may not have told.
  const params = action.schema.parse(paramsOf(placed, snapshot.scope)) as never;
  const context = await contextFor(world, snapshot, { id: RESTORE_STEP, attempt }, 'run', { signal });
  await action.undo?.(context, params, {});
}
