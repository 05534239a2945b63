import { Readable } from 'node:stream';
import {
  type Inventory,
  type JobRun,
  type Sample,
  type Seen,
  type Shape,
  seen,
} from '../domain/inventory.ts';
import { type Backup, componentOf, type Plan, restoredBy } from '../domain/plan.ts';
import { judge, judgeSystem, type Subject, type SystemLook } from '../domain/rules/index.ts';
import type { Verdict } from '../domain/verdict.ts';
import { isStale, slotOf } from '../domain/watch-slot.ts';
import { AppError } from '../errors.ts';
import { hop } from '../hop.ts';
import type { HeldJob, Queue } from '../queue/boss.ts';
import { databaseNow } from '../store/aggregates.ts';
import { systemsWithAlerts } from '../store/alerts.ts';
import type { Database } from '../store/database.ts';
import { planInForce, plansInForce } from '../store/documents.ts';
import { restoreTestsOf } from '../store/restore-tests.ts';
import { newestRound, roundsOf, type StandingRow, samplesOf, standingsOf } from '../store/watch.ts';
import { recordLooks } from './watch-record.ts';
import type { World } from './world.ts';

/** Looks at the places a plan names. It reports faults as what was seen and throws only when it is cut off. */
export interface Inspector {
  backup(plan: Plan, backup: Backup, look: Look): Promise<Looked>;
  system(plan: Plan, look: Omit<Look, 'known'>): Promise<SystemLook>;
}

export interface Look {
  readonly now: Date;
  readonly signal: AbortSignal;
  /** What was read of the newest artifact before: nothing is read whole twice. */
  readonly known: Known | null;
}

interface Known {
  readonly shape: Shape;
  readonly bytes: number;
}

export type Looked = Omit<Inventory, 'history' | 'restoreTests'>;

export interface WatchDeps {
  readonly world: World;
  readonly queue: Pick<Queue, 'enqueue'>;
  readonly inspector: Inspector;
  readonly heartbeats: (db: Database, system: string, backup: string) => Promise<readonly JobRun[]>;
  /** Called after a round, while no system is left out: for whoever watches the watch. */
  readonly alive: () => void;
}

/** One backup after a round. */
export interface Judged {
  readonly backup: Backup;
  readonly looked: Looked;
  readonly verdicts: readonly Verdict[];
  /** What earlier rounds saw of it. */
  readonly samples: readonly Sample[];
}

/** Systems looked at at once by this process, and backups of each: 64 checks in flight. */
export const WATCH_WORKERS = 4;
const IN_FLIGHT = 64 / WATCH_WORKERS;
/** What a look may take to tell what it saw once its time is over: each source that hangs is told by itself. */
const GRACE_MS = 2_000;
/** Enough for a median, a p95 and a picture of two weeks of hourly backups. */
const SAMPLES = 336;

/** Wakes the systems whose slot has come. A slot that was missed is found by the same look. */
export async function wakeWatches({ db }: Pick<World, 'db'>, queue: Pick<Queue, 'enqueue'>): Promise<void> {
  const rounds = await roundsOf(db);
  const alerting = await systemsWithAlerts(db);
  const now = await databaseNow(db);
  const systems = (await plansInForce(db))
    .filter(({ plan }) => hasWatched(plan) || alerting.has(plan.system))
    .filter(({ plan: { system, watch } }) => {
      const last = rounds.get(system)?.slot;
      return last === undefined || last < slotOf(system, watch.every, now);
    })
    .map(({ plan }) => plan.system);
  if (systems.length > 0) await db.transact((tx) => queue.enqueue(tx, { runs: [], owners: [], systems }));
}

/** Whether a plan names anything to look at. */
function hasWatched({ backups, components, drRegion, watch: { coverage } }: Plan): boolean {
  const { postgres, volumes } = coverage;
  const standby = components.some((component) => component.standby !== undefined);
  return backups.length + postgres.length + volumes.length > 0 || standby || drRegion !== undefined;
}

/**
 * Looks at every backup of one system and records what changed, in one transaction with the slot: of two that look at the
 * same slot, because one was thought dead, one records and the other's work is dropped.
 */
export async function watchSystem(deps: WatchDeps, job: HeldJob): Promise<void> {
  const { world } = deps;
  const { db } = world;
  const system = job.key;
  const version = await planInForce(db, system);
  const beganAt = await databaseNow(db);
  const slot = version && slotOf(system, version.plan.watch.every, beganAt);
  const last = await newestRound(db, system);
  if (version === undefined || slot === undefined || (last !== undefined && last.slot >= slot))
    return db.transact((tx) => job.finish(tx));
  const { plan } = version;
  const signal = AbortSignal.any([world.shutdown, job.signal]);
  hop('watch:before');
  const { judged, ofSystem } = await lookAtAll(deps, plan, beganAt, signal);
  hop('watch:after');
  signal.throwIfAborted();
  await db.transact(async (tx) => {
    await recordLooks(world, deps.queue, tx, { plan, slot, beganAt, judged, ofSystem });
    await job.finish(tx);
  });
  if (await isWatched(db)) deps.alive();
}

/** Whether no system has been left out: the others must not keep the switch outside quiet. */
async function isWatched(db: Database): Promise<boolean> {
  const rounds = await roundsOf(db);
  const now = await databaseNow(db);
  return (await plansInForce(db))
    .filter(({ plan }) => hasWatched(plan))
    .every(
      ({ plan: { system, watch }, loadedAt }) =>
        !isStale(rounds.get(system)?.finishedAt ?? loadedAt, watch.every, now),
    );
}

async function lookAtAll(deps: WatchDeps, plan: Plan, now: Date, signal: AbortSignal) {
  const { db } = deps.world;
  const { system } = plan;
  const [samples, tests, standings] = [
    await samplesOf(db, system, SAMPLES),
    await restoreTestsOf(db, system),
    new Map((await standingsOf(db, system)).map((standing) => [standing.backup, standing])),
  ];
  const judgedOf = async (backup: Backup): Promise<Judged> => {
    const standing = standings.get(backup.id);
    const known = samples.get(backup.id) ?? [];
    const subject = subjectOf(plan, backup, standing?.firstAt ?? now);
    const look = { now, known: standing === undefined ? null : knownFrom(standing) };
    const judgedBy = (looked: Looked): Judged => {
      const inventory: Inventory = {
        ...looked,
        history: withNewest(looked, known),
        refused: known.flatMap(({ key, refused }) => (refused === true ? [key] : [])),
        restoreTests: tests.get(backup.id) ?? [],
      };
      return { backup, looked, samples: known, verdicts: judge(subject, inventory, now) };
    };
    try {
      const found = await inTime(plan, signal, (cut) =>
        deps.inspector.backup(plan, backup, { ...look, signal: cut }),
      );
      return judgedBy(await withHeartbeats(deps, system, backup, found));
    } catch (error) {
      return judgedBy(cutOff(deps, error, plan, signal, now));
    }
  };
  const judged: readonly Judged[] = await Readable.from(plan.backups)
    .map(judgedOf, { concurrency: IN_FLIGHT })
    .toArray();
  const around = await inTime(plan, signal, (cut) => deps.inspector.system(plan, { now, signal: cut })).catch(
    (error: unknown): SystemLook => systemCutOff(deps, error, plan, signal),
  );
  return { judged, ofSystem: judgeSystem(plan, around) };
}

function knownFrom({ shape, newest }: StandingRow): Known | null {
  return shape?.state === 'seen' && shape.value !== null && newest !== null
    ? { shape: shape.value, bytes: newest.bytes }
    : null;
}

/** Where a rule asks what a backup is for: its component, and what restores from it. */
export function subjectOf(plan: Plan, backup: Backup, firstSeenAt: Date): Subject {
  const component = componentOf(plan, backup.component);
  if (component === undefined)
    throw new AppError('plan-invalid', `The backup "${backup.id}" is of no component of the plan.`);
  const tests = plan.restoreTests.filter((test) => test.backup === backup.id);
  return {
    system: plan.system,
    systemName: plan.name,
    backup,
    component,
    restorable: restoredBy(plan).has(backup.id),
    firstSeenAt,
    tests,
  };
}

/**
 * The signal ends what hangs inside a check, and the rest of it is told. A check that does not heed it is cut off as a whole,
 * a little later.
 */
async function inTime<Result>(
  { watch }: Plan,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(watch.timeout)]);
  const end = AbortSignal.any([outer, AbortSignal.timeout(watch.timeout + GRACE_MS)]);
  const cut = Promise.withResolvers<never>();
  const leave = () => cut.reject(end.reason);
  end.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work(signal), cut.promise]);
  } finally {
    end.removeEventListener('abort', leave);
  }
}

/** Nothing is said of its runs: heartbeats alone would hide a failure that only the producer's platform knows. */
function cutOff(deps: WatchDeps, error: unknown, plan: Plan, outer: AbortSignal, now: Date): Looked {
  outer.throwIfAborted();
  return { at: now, listing: unreadable(deps, error, plan) };
}

/** Everything the plan asks of the system around its backups. */
function systemCutOff(deps: WatchDeps, error: unknown, plan: Plan, outer: AbortSignal): SystemLook {
  outer.throwIfAborted();
  const lost = unreadable(deps, error, plan);
  const { postgres, volumes } = plan.watch.coverage;
  return {
    standbys: Object.fromEntries(
      plan.components.flatMap(({ id, standby }) => (standby === undefined ? [] : [[id, lost]])),
    ),
    ...(plan.drRegion && { region: lost }),
    ...(postgres.length + volumes.length > 0 && { coverage: lost }),
  };
}

type Unreadable = Extract<Seen<never>, { state: 'unreadable' }>;

/** A look that hung, or met a bug, of which the others know nothing. Without the bot's own database there is no round. */
function unreadable({ world }: WatchDeps, error: unknown, { system, watch }: Plan): Unreadable {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    const reason = `it did not answer within ${watch.timeout / 1000} s`;
    return { state: 'unreadable', reason, cause: 'timeout' };
  }
  if (error instanceof AppError && error.code === 'database-unreachable') throw error;
  world.log({ err: error, system }, 'a check met a bug; what it looks at is not known');
  return { state: 'unreadable', reason: 'the check met a bug', cause: 'malformed' };
}

/** Signals of the job itself, beside what its producer's platform says of it. None at all is an answer too. */
async function withHeartbeats(
  { world: { db }, heartbeats }: WatchDeps,
  system: string,
  { id, heartbeat }: Backup,
  looked: Looked,
): Promise<Looked> {
  const { jobs } = looked;
  if (heartbeat === undefined || jobs?.state === 'unreadable') return looked;
  const all = [...(jobs?.value ?? []), ...(await heartbeats(db, system, id))];
  return { ...looked, jobs: seen(all.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())) };
}

function withNewest({ listing }: Looked, samples: readonly Sample[]): readonly Sample[] {
  const newest = listing?.state === 'seen' ? listing.value.newest : [];
  const known = new Set(newest.map(({ key }) => key));
  return [...newest, ...samples.filter(({ key }) => !known.has(key))].toSorted(
    (a, b) => b.takenAt.getTime() - a.takenAt.getTime(),
  );
}
