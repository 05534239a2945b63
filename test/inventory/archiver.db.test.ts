import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandboxFolder, type SandboxFolder } from '../../sandbox/folder.ts';
import { type PostgresCluster, startPostgres } from '../../sandbox/postgres.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import { inspectBackup } from '../../src/inventory/inspect.ts';
import { backupOf, clientsOf, depsOf, look, seenIn } from './setup.ts';

let folder: SandboxFolder;
let cluster: PostgresCluster;

beforeAll(async () => {
  folder = await createSandboxFolder('dr-test-');
  const settings = { archive_mode: 'on', archive_command: 'true', archive_timeout: '1' };
  cluster = await startPostgres({ folder, programs: await ensurePrograms(), name: 'archiving', settings });
  // Right after a start its clock sleeps until the next checkpoint.
  await cluster.query('postgres', 'checkpoint');
  process.env.WATCH_ARCHIVER = cluster.superuserUrl('postgres');
});
afterAll(async () => {
  await cluster.stop();
  await folder.remove();
});

const clients = clientsOf({ postgres: { db: { url: 'env:WATCH_ARCHIVER' } } });
const wal = backupOf({ kind: 'wal', locations: [{ source: 'pg-archiver', connection: 'db' }] });
const archived = async () =>
  seenIn((await inspectBackup(depsOf(clients), { backup: wal }, look())).wal).lastArchivedAt?.getTime() ?? 0;

const set = (name: string, value: string) =>
  cluster.psql('postgres', `alter system set ${name} = '${value}'; select pg_reload_conf();`);
const write = () => cluster.query('postgres', "select pg_logical_emit_message(true, 'test', 'something')");
const settle = async () => {
  await write();
  for (const deadline = Date.now() + 15_000; ; await sleep(100)) {
    const [row] = await cluster.query(
      'postgres',
      "select last_archived_time > now() - interval '2 seconds' as done from pg_stat_archiver",
    );
    if (row?.done === true) return;
    if (Date.now() > deadline) throw new Error('nothing was archived within 15 s');
  }
};

test('a server that writes nothing loses nothing: all of it is in the archive, but the time-out', async () => {
  await settle();
  await sleep(4_000);

  expect(Date.now() - (await archived())).toBeLessThan(3_000);
});

test('without a time-out nobody knows what waits in the last segment, and when it was last archived counts', async () => {
  await settle();
  await set('archive_timeout', '0');
  await sleep(3_000);

  const [row] = await cluster.query('postgres', 'select last_archived_time as taken from pg_stat_archiver');
  expect(row?.taken).toEqual(new Date(await archived()));
  await set('archive_timeout', '1');
});

test('while the archive takes nothing, when it last took something counts', async () => {
  await settle();
  await set('archive_command', 'false');
  const lastTaken = await untilRefused();

  await write();
  await sleep(1_500);

  expect(await archived()).toBe(lastTaken.getTime());
});

/** When the archive last took a segment, once it has refused one after that. What is written before its archiver knows is still taken. */
async function untilRefused(): Promise<Date> {
  for (const deadline = Date.now() + 15_000; ; await sleep(100)) {
    await write();
    const [row] = await cluster.query(
      'postgres',
      'select last_archived_time as taken from pg_stat_archiver where last_failed_time > last_archived_time',
    );
    if (row?.taken instanceof Date) return row.taken;
    if (Date.now() > deadline) throw new Error('nothing was refused within 15 s');
  }
}
