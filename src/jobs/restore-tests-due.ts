import type { RestoreTest } from '../domain/plan-backup.ts';
import { isTestable } from '../domain/restore-test.ts';
import { slotBefore } from '../domain/schedule.ts';
import type { Queue } from '../queue/boss.ts';
import { type RestoreTests, testId } from '../services/restore-tests.ts';
import { databaseNow } from '../store/aggregates.ts';
import { heldSince, plansInForce } from '../store/documents.ts';
import { dueTests, notedTests } from '../store/restore-tests.ts';
import { newestKeys } from '../store/watch.ts';
import type { World } from './world.ts';

/**
 * Notes the restore tests that plans ask for and wakes those that have not ended. A slot or a backup makes one test; of slots
 * that were missed only the newest does.
 */
export async function noteDueTests(
  { db }: Pick<World, 'db'>,
  queue: Pick<Queue, 'enqueue'>,
  restoreTests: Pick<RestoreTests, 'note'>,
): Promise<void> {
  const now = await databaseNow(db);
  const asked = (await plansInForce(db)).flatMap((version) =>
    version.plan.restoreTests
      .filter((test) => isTestable(version.plan, test))
      .map((test) => ({ version, system: version.plan.system, test })),
  );
  const newest = await newestKeys(
    db,
    asked
      .filter(({ test }) => test.afterEachBackup)
      .map(({ system, test: { backup } }) => ({ system, backup })),
  );
  const wanted: { system: string; test: RestoreTest; because: string; id: string }[] = [];
  for (const { version, system, test } of asked) {
    const since = await heldSince(db, version, { restoreTests: [{ id: test.id }] });
    for (const because of reasonsFor(test, since, newest.get(`${system}/${test.backup}`), now))
      wanted.push({ system, test, because, id: testId(system, test.id, because) });
  }
  const noted = await notedTests(
    db,
    wanted.map(({ id }) => id),
  );
  for (const { id, system, test, because } of wanted)
    if (!noted.has(id)) await db.transact((tx) => restoreTests.note(tx, system, test, because));
  const tests = await dueTests(db);
  if (tests.length > 0) await db.transact((tx) => queue.enqueue(tx, { runs: [], owners: [], tests }));
}

/** Slots from before a plan asked for the test are nobody's promise. */
function reasonsFor(
  { schedule, afterEachBackup }: RestoreTest,
  since: Date,
  newest: string | undefined,
  now: Date,
): readonly string[] {
  const slot = schedule === undefined ? undefined : slotBefore(schedule, now);
  return [
    ...(slot !== undefined && slot > since ? [slot.toISOString()] : []),
    ...(afterEachBackup && newest !== undefined ? [newest] : []),
  ];
}
