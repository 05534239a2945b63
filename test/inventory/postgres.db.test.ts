import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectBackup } from '../../src/inventory/inspect.ts';
import { inspectSystem } from '../../src/inventory/system.ts';
import { type Pair, pairPlan, startPair } from '../actions/pg-standby-setup.ts';
import { backupOf, clientsOf, depsOf, look, seenIn } from './setup.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());

const clients = clientsOf({
  postgres: { 'db-1': { url: 'env:WATCH_PRIMARY' }, 'db-2': { url: 'env:WATCH_STANDBY' } },
});
const wal = backupOf({ kind: 'wal', locations: [{ source: 'pg-archiver', connection: 'db-1' }] });

/** As the role that watches, with pg_monitor and no more. */
function asWatcher(): void {
  process.env.WATCH_PRIMARY = pair.loginTo(pair.primary, 'watcher');
  process.env.WATCH_STANDBY = pair.loginTo(pair.standby, 'watcher');
}

const walOf = async () => (await inspectBackup(depsOf(clients), { backup: wal }, look())).wal;

test('the archiver tells its timeline and what the slot of the standby holds back', async () => {
  asWatcher();
  await pair.write(1);
  await pair.caughtUp();

  expect(seenIn(await walOf())).toMatchObject({
    lastArchivedAt: null,
    failedCount: 0,
    timeline: 1,
    slotActive: true,
    slotBytes: expect.any(Number),
    gap: null,
  });
});

test('a wrong password and a server that is gone are told apart, and throw nothing', async () => {
  asWatcher();
  process.env.WATCH_PRIMARY = pair.loginTo(pair.primary, 'watcher').replace(/:[^:@]+@/, ':wrong@');
  const denied = await walOf();
  process.env.WATCH_PRIMARY = 'postgresql://watcher:x@127.0.0.1:1/postgres';
  const gone = await walOf();

  expect(denied).toMatchObject({ state: 'unreadable', cause: 'denied' });
  expect(gone).toMatchObject({ state: 'unreadable', cause: 'unreachable' });
});

test('databases that are in no plan are named, and those of the plan, the ignored and own copies are not', async () => {
  asWatcher();
  for (const name of ['forgotten', 'scratch_area'])
    await pair.primary.psql('postgres', `create database ${name}`);
  const plan = pairPlan();
  const watch = {
    ...plan.watch,
    coverage: { ...plan.watch.coverage, postgres: ['db-1'], ignore: ['scratch_*'] },
  };

  const { coverage } = await inspectSystem(depsOf(clients), { ...plan, watch }, look());

  expect(seenIn(coverage).uncovered).toEqual([{ kind: 'database', name: 'forgotten', where: 'db-1' }]);
});

test('the standby is seen from its primary; without the primary only whether it receives; stopped, as not receiving', async () => {
  asWatcher();
  const plan = pairPlan();
  const lagOf = async () => Object.values((await inspectSystem(depsOf(clients), plan, look())).standbys)[0];
  await pair.write(1);
  await pair.caughtUp();

  const streaming = await lagOf();
  process.env.WATCH_PRIMARY = 'postgresql://watcher:x@127.0.0.1:1/postgres';
  const alone = await lagOf();
  asWatcher();
  const slotless = Object.values(
    (await inspectSystem(depsOf(clients), pairPlan({ slot: 'nobodys_slot' }), look())).standbys,
  )[0];
  await pair.standby.stop('immediate');
  await expect.poll(async () => seenIn(await lagOf()).receiving, { timeout: 15_000 }).toBe(false);
  const stopped = await lagOf();

  expect(seenIn(streaming)).toMatchObject({ receiving: true, slotActive: true, bytes: expect.any(Number) });
  expect(seenIn(alone)).toEqual({ receiving: true, slotActive: null, bytes: null, ms: null });
  expect(slotless).toMatchObject({
    state: 'unreadable',
    cause: 'gone',
    reason: expect.stringContaining('has no replication slot nobodys_slot'),
  });
  expect(seenIn(stopped)).toMatchObject({ receiving: false, slotActive: false });
});
