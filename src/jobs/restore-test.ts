import { readdir } from 'node:fs/promises';
import { sourceOf } from '../actions/backup-source.ts';
import type { RestoreTestResult } from '../domain/inventory.ts';
import { type Runbook, stepsOf } from '../domain/plan.ts';
import type { RestoreTest } from '../domain/plan-backup.ts';
import {
  type Fault,
  FIND_STEP,
  INTEGRITY_STEP,
  RESTORE_STEP,
  runbookOf,
  shortcomings,
} from '../domain/restore-test.ts';
import { stepState } from '../domain/run.ts';
import type { HeldJob } from '../queue/boss.ts';
import { databaseNow } from '../store/aggregates.ts';
import { type PlanVersion, planInForce } from '../store/documents.ts';
import {
  type BegunTest,
  beginTest,
  endTest,
  forgetTest,
  isStillHeld,
  postponeTest,
  unendedNumbers,
} from '../store/restore-tests.ts';
import { carryOut, cleanUp, handedOver, imaginedTest, type Limits, type Made } from './restore-test-steps.ts';
import { dropRunFolder, type World } from './world.ts';

const LIMITS: Limits = { longestMs: 6 * 3_600_000, tries: 7, cleanUpMs: 300_000 };
/** 10, 30, 90 s and so on: seven tries take an hour. */
const backoffMs = ({ attempt }: BegunTest) => 10_000 * 3 ** (attempt - 1);

/** A fault that passes: nothing is said of the backup before it lasts. */
interface Again {
  readonly again: string;
}

/**
 * Restores the newest good backup into a database of its own, asks what the plan asks of it, takes everything away again and
 * records how it went. After a crash it begins anew under the same number, so that what was left is found and dropped.
 */
export async function makeRestoreTest(world: World, job: HeldJob, limits = LIMITS): Promise<void> {
  const { db, log } = world;
  const begun = await beginTest(db, job.key);
  if (begun === undefined) return db.transact((tx) => job.finish(tx));
  const version = await planInForce(db, begun.system);
  const test = version?.plan.restoreTests.find(({ id }) => id === begun.test);
  if (version === undefined || test === undefined) {
    log({ test: begun.id }, 'a restore test was forgotten: no plan names it any more');
    return db.transact(async (tx) => {
      await forgetTest(tx, begun.id);
      await job.finish(tx);
    });
  }
  const made = await attempt(world, version, test, begun, job.signal, limits);
  await db.transact(async (tx) => {
    if ('again' in made) await postponeTest(tx, begun.id, backoffMs(begun));
    else await endTest(tx, made);
    await job.finish(tx);
  });
  if ('again' in made) log({ test: begun.id, reason: made.again }, 'a restore test is tried again');
  else log({ test: begun.id, outcome: made.outcome, reason: made.reason }, 'a restore test ended');
}

/** At the start: folders of tests that ended elsewhere while this worker was away. Fetched backups hold personal data. */
export async function sweepTestFolders(world: World): Promise<void> {
  const unended = new Set((await unendedNumbers(world.db)).map((number) => `test-${number}`));
  for (const name of await readdir(world.workDir))
    if (/^test-\d+$/.test(name) && !unended.has(name)) await dropRunFolder(world, name);
}

async function attempt(
  world: World,
  version: PlanVersion,
  test: RestoreTest,
  begun: BegunTest,
  lost: AbortSignal,
  limits: Limits,
): Promise<RestoreTestResult | Again> {
  const startedAt = await databaseNow(world.db);
  const named = { id: begun.id, test: test.id, startedAt };
  const runbook = runbookOf(version.plan, test);
  if (runbook === null) {
    const reason = `nothing restores a backup like "${test.backup}" yet`;
    const none = { key: null, rows: null, lossMs: null, durationMs: 0, left: 0 };
    return { ...named, ...none, endedAt: startedAt, outcome: 'failed', reason };
  }
  const beganMs = performance.now();
  const from = imaginedTest(world, version, { id: `TEST-${begun.number}`, runbook }, startedAt);
  const over = AbortSignal.any([world.shutdown, lost]);
  const made = await carryOut(world, from, begun.attempt, over, limits);
  const durationMs = Math.round(performance.now() - beganMs);
  // Whoever was taken over would drop the other's copy.
  if (!(await isStillHeld(world.db, begun))) throw handedOver();
  const left = await cleanUp(world, made, begun.attempt, limits);
  if (made.fault !== null && made.passes && begun.attempt < limits.tries) return { again: made.fault.text };

  const reasons = [
    ...faultsOf(made, test, startedAt).map((fault) => saidOf(runbook, fault)),
    ...(left === null ? [] : [left]),
  ];
  return {
    ...named,
    ...figuresOf(made, startedAt),
    durationMs,
    endedAt: await databaseNow(world.db),
    outcome: reasons.length === 0 ? 'done' : 'failed',
    reason: reasons.length === 0 ? null : reasons.join('. '),
    left: left === null ? 0 : 1,
  };
}

function faultsOf({ snapshot, fault }: Made, test: RestoreTest, startedAt: Date): readonly Fault[] {
  const { run, component, plan } = snapshot;
  const source = sourceOf(plan, test.backup);
  const isTaken = (key: string) => (source.takenAt(key) ?? Number.POSITIVE_INFINITY) <= startedAt;
  const found = stepState(run, FIND_STEP).output;
  const restored = stepState(run, RESTORE_STEP).facts;
  return [...(fault === null ? [] : [fault]), ...shortcomings(component, found, restored, isTaken)];
}

function saidOf(runbook: Runbook, { step, text }: Fault): string {
  const placed = stepsOf(runbook).find((each) => each.step.id === step);
  return `step ${placed?.number}, ${placed?.step.title}: ${text}`;
}

/** What is known of the backup that was restored, and of the copy. */
function figuresOf({ snapshot: { run } }: Made, startedAt: Date) {
  const { key, takenAt } = stepState(run, FIND_STEP).output;
  const { rows } = stepState(run, INTEGRITY_STEP).output;
  return {
    key: typeof key === 'string' ? key : null,
    rows: typeof rows === 'number' ? rows : null,
    lossMs: typeof takenAt === 'string' ? startedAt.getTime() - Date.parse(takenAt) : null,
  };
}
