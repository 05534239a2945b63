import { mkdir, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { isHandedOver } from '../../src/errors.ts';
import { makeRestoreTest, sweepTestFolders } from '../../src/jobs/restore-test.ts';
import { noteDueTests } from '../../src/jobs/restore-tests-due.ts';
import { januaPlan, jobFor, type RestoreWorld, startRestoreWorld } from './restore-test-world.ts';

const HOUR = 3_600_000;
const LIMITS = { longestMs: 60_000, tries: 2, cleanUpMs: 10_000 };

let janua: RestoreWorld;
let whole: Buffer;

beforeAll(async () => {
  janua = await startRestoreWorld();
  whole = await janua.dump('custom');
});
afterAll(() => janua.stop());

beforeEach(async () => {
  await janua.emptyBucket();
  await janua.bot.owner.query('delete from restore_tests');
  await janua.bot.owner.query('delete from watch_state');
});

const ids = async () =>
  (await janua.bot.db.query<{ id: string }>('select id from restore_tests order by id')).rows.map(
    ({ id }) => id,
  );

test('a worker that was taken over in the middle drops nothing and records nothing; the next one ends the test', async () => {
  await janua.store(60, whole);
  const id = await janua.noted('taken over');
  const lost = new AbortController();
  const job = { ...jobFor(id), signal: lost.signal };
  // As it is told when its copy is there: whoever took over has the same name for it.
  const watching = setInterval(async () => {
    if ((await janua.copies()).length > 0) lost.abort();
  }, 10);

  const first = await makeRestoreTest(janua.world, job).catch((error: unknown) => error);
  clearInterval(watching);
  const left = await janua.copies();
  const between = await janua.rowOf(id);
  await makeRestoreTest(janua.world, jobFor(id));

  expect(isHandedOver(first)).toBe(true);
  expect(left).toHaveLength(1);
  expect(between).toMatchObject({ attempt: 1, ended: false });
  expect(await janua.resultOf(id)).toMatchObject({ outcome: 'done', left: 0, rows: 2562 });
  expect(await janua.copies()).toEqual([]);
  expect(await readdir(janua.world.workDir)).toEqual([]);
});

test('of slots that were missed the newest makes one test, and looking again makes no other', async () => {
  const plan = await januaPlan();
  const monthly = {
    id: 'pg-monthly',
    title: 'Restore it',
    backup: 'pg-daily',
    schedule: { cron: '0 3 * * *', timeZone: 'UTC' },
  };
  await janua.put({ ...plan, restoreTests: [monthly] });
  const due = () => noteDueTests(janua.world, { enqueue: async () => {} }, janua.service);

  await due();
  const before = await ids();
  await janua.bot.advance(75 * HOUR);
  // Somebody edits another part of it: the promise is as old as it was.
  await janua.put({ ...plan, restoreTests: [monthly], owner: 'Somebody else' });
  await due();
  await due();

  const now = await janua.now();
  const newest = new Date(now);
  newest.setUTCHours(3, 0, 0, 0);
  if (newest > now) newest.setUTCDate(newest.getUTCDate() - 1);
  expect(before).toEqual([]);
  expect(await ids()).toEqual([`janua.pg-monthly@${newest.toISOString()}`]);
});

test('each new backup makes one test where the plan asks for it, and what has not ended is woken', async () => {
  const plan = await januaPlan();
  const after = { id: 'pg-monthly', title: 'Restore it', backup: 'pg-daily', afterEachBackup: true };
  const untestable = { id: 'redis', title: 'Restore it', backup: 'redis-rdb', afterEachBackup: true };
  await janua.put({ ...plan, restoreTests: [after, untestable] });
  const woken: (readonly string[])[] = [];
  const queue = {
    enqueue: async (_: unknown, { tests = [] }: { tests?: readonly string[] }) => void woken.push(tests),
  };
  const newest = (backup: string, key: string) =>
    janua.bot.db.query(
      `insert into watch_state (system, backup, at, body) values ('janua', $1, dr_now(), $2)
       on conflict (system, backup) do update set body = excluded.body`,
      [backup, JSON.stringify({ verdicts: [], shape: null, newest: { key, takenAt: new Date(), bytes: 1 } })],
    );

  await newest('pg-daily', 'first.dump');
  await newest('redis-rdb', 'first.rdb');
  await noteDueTests(janua.world, queue, janua.service);
  await noteDueTests(janua.world, queue, janua.service);
  await janua.bot.owner.query('update restore_tests set due_at = null');
  await newest('pg-daily', 'second.dump');
  await noteDueTests(janua.world, queue, janua.service);

  const [first, second] = ['janua.pg-monthly@first.dump', 'janua.pg-monthly@second.dump'];
  expect(await ids()).toEqual([first, second]);
  expect(woken).toEqual([[first], [first], [second]]);
});

test('folders of tests that ended elsewhere are removed at the start, others stay', async () => {
  const id = await janua.noted('still going');
  const number = (await janua.rowOf(id))?.number;
  for (const name of [`test-${number}`, 'test-900', 'run-7']) await mkdir(`${janua.world.workDir}/${name}`);

  await sweepTestFolders(janua.world);

  expect((await readdir(janua.world.workDir)).toSorted()).toEqual(['run-7', `test-${number}`].toSorted());
});

// The last: S3 does not come back.
test('a fault that passes is tried again before it is the result', async () => {
  const id = await janua.noted('away');
  await janua.store(60, whole);
  await janua.aws.stop();

  await makeRestoreTest(janua.world, jobFor(id), LIMITS);
  const postponed = await janua.rowOf(id);
  await janua.bot.owner.query('update restore_tests set due_at = dr_now()');
  await makeRestoreTest(janua.world, jobFor(id), LIMITS);

  expect(postponed).toMatchObject({ attempt: 1, ended: false });
  expect(postponed?.dueInMs).toBeGreaterThan(5_000);
  expect(await janua.resultOf(id)).toMatchObject({ outcome: 'failed', left: 0 });
});
