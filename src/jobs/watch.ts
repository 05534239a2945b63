import { Readable } from 'node:stream';
import type { Inventory, JobRun, Sample, Seen, Shape } from '../domain/inventory.ts';
import { type Backup, componentOf, type Plan } from '../domain/plan.ts';
import { judge, judgeSystem, type Subject, type SystemLook } from '../domain/rules/index.ts';
import type { Verdict } from '../domain/verdict.ts';
import { slotOf } from '../domain/watch-slot.ts';
import { AppError } from '../errors.ts';
import { hop } from '../hop.ts';
import type { HeldJob, Queue } from '../queue/boss.ts';
import { databaseNow } from '../store/aggregates.ts';
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

export interface Known {
  readonly shape: Shape;
  readonly bytes: number;
}

export type Looked = Omit<Inventory, 'history' | 'restoreTests'>;

export interface WatchDeps {
  readonly world: World;
  readonly queue: Pick<Queue, 'enqueue'>;
  readonly inspector: Inspector;
  readonly heartbeats: (db: Database, system: string, backup: string) => Promise<readonly JobRun[]>;
  /** Called after each round, for whoever watches the watch. */
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
/** Enough for a median, a p95 and a picture of two weeks of hourly backups. */
const SAMPLES = 336;

/** Wakes the systems whose slot has come. A slot that was missed is found by the same look. */
export async function wakeWatches({ db }: Pick<World, 'db'>, queue: Pick<Queue, 'enqueue'>): Promise<void> {
  const rounds = await roundsOf(db);
  const now = await databaseNow(db);
  const systems = (await plansInForce(db))
    .filter(({ plan }) => plan.backups.length > 0)
    .filter(({ plan: { system, watch } }) => {
      const last = rounds.get(system)?.slot;
      return last === undefined || last < slotOf(system, watch.every, now);
    })
    .map(({ plan }) => plan.system);
  if (systems.length > 0) await db.transact((tx) => queue.enqueue(tx, { runs: [], owners: [], systems }));
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
  deps.alive();
}

async function lookAtAll(deps: WatchDeps, plan: Plan, now: Date, signal: AbortSignal) {
  const { db } = deps.world;
  const { system } = plan;
  const [samples, tests, standings] = [
    await samplesOf(db, system, SAMPLES),
    await restoreTestsOf(db, system),
    new Map((await standingsOf(db, system)).map((standing) => [standing.backup, standing])),
  ];
  const judged = await Readable.from(plan.backups)
    .map(
      async (backup: Backup): Promise<Judged> => {
        const standing = standings.get(backup.id);
        const known = samples.get(backup.id) ?? [];
        const subject = subjectOf(plan, backup, standing?.firstAt ?? now);
        const look = { now, known: standing === undefined ? null : knownFrom(standing) };
        const looked = await inTime(plan, signal, (cut) =>
          deps.inspector.backup(plan, backup, { ...look, signal: cut }),
        ).catch((error: unknown): Looked => cutOff(error, plan, signal, now));
        const inventory: Inventory = {
          ...looked,
          ...withHeartbeats(
            looked.jobs,
            backup.heartbeat === undefined ? [] : await deps.heartbeats(db, system, backup.id),
          ),
          history: withNewest(looked, known),
          refused: known.flatMap(({ key, refused }) => (refused === true ? [key] : [])),
          restoreTests: tests.get(backup.id) ?? [],
        };
        return { backup, looked, samples: known, verdicts: judge(subject, inventory, now) };
      },
      { concurrency: IN_FLIGHT },
    )
    .toArray();
  const around = await inTime(plan, signal, (cut) => deps.inspector.system(plan, { now, signal: cut })).catch(
    (error: unknown): SystemLook => {
      signal.throwIfAborted();
      return { coverage: unreadable(error, plan) };
    },
  );
  return { judged: judged as readonly Judged[], ofSystem: judgeSystem(plan, around) };
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
    restorable: restores(plan, backup.id),
    firstSeenAt,
    tests,
  };
}

/** A backup lessens a loss only where a runbook restores from it (C-15). */
function restores(plan: Plan, backup: string): boolean {
  return JSON.stringify(Object.values(plan.runbooks).map(({ steps }) => steps)).includes(
    `"backup":${JSON.stringify(backup)}`,
  );
}

/** A check that hangs is cut off, whether or not what it waits for heeds the signal. */
async function inTime<Result>(
  { watch }: Plan,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(watch.timeout)]);
  const cut = Promise.withResolvers<never>();
  const end = () => cut.reject(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([work(signal), cut.promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function cutOff(error: unknown, plan: Plan, outer: AbortSignal, now: Date): Looked {
  outer.throwIfAborted();
  return { at: now, listing: unreadable(error, plan) };
}

function unreadable(error: unknown, { watch }: Plan): Extract<Seen<never>, { state: 'unreadable' }> {
  const hung = error instanceof DOMException && error.name === 'TimeoutError';
  if (!hung) throw error;
  const reason = `it did not answer within ${watch.timeout / 1000} s`;
  return { state: 'unreadable', reason, cause: 'timeout' };
}

/** Signals of the job itself, beside what its producer's platform says of it. */
function withHeartbeats(
  jobs: Inventory['jobs'],
  heartbeats: readonly JobRun[],
): Pick<Inventory, 'jobs'> | Record<string, never> {
  if (heartbeats.length === 0) return jobs === undefined ? {} : { jobs };
  if (jobs?.state === 'unreadable') return { jobs };
  const all = [...(jobs?.value ?? []), ...heartbeats];
  return {
    jobs: {
      state: 'seen',
      value: all.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime()),
    },
  };
}

function withNewest({ listing }: Looked, samples: readonly Sample[]): readonly Sample[] {
  const newest = listing?.state === 'seen' ? listing.value.newest : [];
  const known = new Set(newest.map(({ key }) => key));
  return [...newest, ...samples.filter(({ key }) => !known.has(key))].toSorted(
    (a, b) => b.takenAt.getTime() - a.takenAt.getTime(),
  );
}
