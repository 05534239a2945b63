import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSandboxFolder, type SandboxFolder } from '../../sandbox/folder.ts';
import { type PostgresCluster, startPostgres } from '../../sandbox/postgres.ts';
import { replicationSettings, startStandby, untilCaughtUp } from '../../sandbox/postgres-standby.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';

let folder: SandboxFolder;
let primary: PostgresCluster;
let standby: PostgresCluster;

beforeEach(async () => {
  folder = await createSandboxFolder('dr-test-');
  const programs = await ensurePrograms();
  primary = await startPostgres({ folder, programs, name: 'first', settings: replicationSettings });
  await primary.query('postgres', 'create table numbers (n int primary key)');
  standby = await startStandby({ folder, programs, name: 'second', of: primary, slot: 'second' });
});
afterEach(async () => {
  await Promise.all([primary.stop('immediate'), standby.stop('immediate')]);
  await folder.remove();
});

const insert = (n: number) => primary.query('postgres', 'insert into numbers values ($1)', [n]);

const numbersOn = async (server: PostgresCluster) => {
  const rows = await server.query('postgres', 'select n from numbers order by n');
  return rows.map(({ n }) => n);
};

const streamersOf = (server: PostgresCluster) =>
  server.query('postgres', 'select application_name, state from pg_stat_replication');

test('a standby streams by its slot, and no password is in its configuration', async () => {
  await insert(1);
  await untilCaughtUp(primary, 'second');

  expect(await numbersOn(standby)).toEqual([1]);
  expect(await streamersOf(primary)).toEqual([{ application_name: 'second', state: 'streaming' }]);
  const [row] = await standby.query(
    'postgres',
    `select pg_is_in_recovery() as standby, current_setting('primary_slot_name') as slot,
            (select slot_name from pg_stat_wal_receiver) as streaming_by`,
  );
  expect(row).toEqual({ standby: true, slot: 'second', streaming_by: 'second' });
  const written = await readFile(join(standby.dataFolder, 'postgresql.auto.conf'), 'utf8');
  expect(written).toContain('primary_conninfo');
  expect(written).not.toContain(primary.password);
});

test('commits after a pause are acknowledged and lost with the killed primary, and no others', async () => {
  await insert(1);
  await untilCaughtUp(primary, 'second');

  await primary.pauseReplication();
  await insert(2);
  await insert(3);
  expect(await numbersOn(primary)).toEqual([1, 2, 3]);
  await primary.kill();
  await standby.query('postgres', 'select pg_promote(true, 10)');

  expect(primary.isRunning()).toBe(false);
  expect(await numbersOn(standby)).toEqual([1]);
});

test('a killed primary starts again with everything it acknowledged', async () => {
  await primary.pauseReplication();
  await insert(1);
  const { port } = primary;

  await primary.kill();
  await primary.start();

  expect(primary.port).toBe(port);
  expect(await numbersOn(primary)).toEqual([1]);
  await expect.poll(() => numbersOn(standby)).toEqual([1]);
});

test('a killed server leaves no shared memory behind', async () => {
  const file = await readFile(join(primary.dataFolder, 'postmaster.pid'), 'utf8');
  const [, id] = file.split('\n')[6]?.trim().split(/\s+/) ?? [];
  const segments = async () => (await readFile('/proc/sysvipc/shm', 'utf8')).split('\n');
  const own = async () => (await segments()).filter((line) => line.trim().split(/\s+/)[1] === id);
  expect(await own()).toHaveLength(1);

  await primary.kill();

  expect(await own()).toEqual([]);
});

test('after the standby was promoted, its killed primary is rewound from a shell and streams from it', async () => {
  await primary.pauseReplication();
  await insert(1);
  await primary.kill();
  await standby.query('postgres', 'select pg_promote(true, 10)');
  await standby.query('postgres', 'checkpoint');
  await standby.query('postgres', `select pg_create_physical_replication_slot('first', true)`);
  const source = `host=127.0.0.1 port=${standby.port} user=postgres`;

  await primary.shell(`
    pg_rewind --target-pgdata "$PGDATA" --source-server "${source} dbname=postgres"
    touch "$PGDATA/standby.signal"
    echo "primary_conninfo = '${source}'" >> "$PGDATA/postgresql.auto.conf"
    echo "primary_slot_name = 'first'" >> "$PGDATA/postgresql.auto.conf"
    pg_ctl start --wait --log "$HOME/log"
  `);

  expect(primary.isRunning()).toBe(true);
  await expect.poll(() => streamersOf(standby)).toEqual([{ application_name: 'first', state: 'streaming' }]);
  await standby.query('postgres', 'insert into numbers values (7)');
  await expect.poll(() => numbersOn(primary)).toEqual([7]);
  await primary.stop();
  expect(primary.isRunning()).toBe(false);
});
