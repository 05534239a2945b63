import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandboxFolder, type SandboxFolder } from '../../sandbox/folder.ts';
import { connectionEnv, type PostgresCluster, queryOnce, startPostgres } from '../../sandbox/postgres.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import { startRedis } from '../../sandbox/redis.ts';

let folder: SandboxFolder;
let cluster: PostgresCluster;

beforeAll(async () => {
  folder = await createSandboxFolder('dr-test-');
  const programs = await ensurePrograms();
  cluster = await startPostgres({ folder, programs, name: 'one', settings: { max_connections: '33' } });
});
afterAll(async () => {
  await cluster.stop('immediate');
  await folder.remove();
});

test('a cluster has checksums, the asked settings, and demands passwords on 127.0.0.1 and on its socket', async () => {
  const [row] = await cluster.query(
    'postgres',
    `select current_setting('data_checksums') as checksums, current_setting('max_connections') as connections,
            (select array_agg(distinct auth_method) from pg_hba_file_rules) as methods`,
  );

  expect(row).toEqual({ checksums: 'on', connections: '33', methods: ['scram-sha-256'] });
  const stranger = new URL(cluster.superuserUrl('postgres'));
  stranger.password = 'guess';
  await expect(queryOnce(stranger.href, 'select 1')).rejects.toThrow('password authentication failed');
});

test.skipIf(process.getuid?.() !== 0)('started by root, it runs as another user', async () => {
  const { uid } = await stat(join(cluster.dataFolder, 'PG_VERSION'));

  expect(uid).not.toBe(0);
});

test('every commit survives a crash, and the port stays', async () => {
  await cluster.query('postgres', 'create table kept as select 1 as n');
  const { port } = cluster;
  const session = new Client({ connectionString: cluster.superuserUrl('postgres') });
  const ended = new Promise((resolve) => session.once('end', resolve));
  session.on('error', () => undefined);
  await session.connect();

  await cluster.restart('immediate');

  await ended;
  expect(cluster.port).toBe(port);
  expect(await cluster.query('postgres', 'select n from kept')).toEqual([{ n: 1 }]);
});

test('psql stops at the first error and says which', async () => {
  const script = 'select 1;\nselect * from nowhere;\ncreate table never();';

  await expect(cluster.psql('postgres', script)).rejects.toThrow('relation "nowhere" does not exist');

  expect(await cluster.query('postgres', `select to_regclass('never') as found`)).toEqual([{ found: null }]);
});

test('a name or password with special characters reaches the client programs as it is', () => {
  expect(connectionEnv('postgres://ro%20le:p%40ss@127.0.0.1:5433/d%2Fb')).toEqual({
    PGHOST: '127.0.0.1',
    PGPORT: '5433',
    PGUSER: 'ro le',
    PGPASSWORD: 'p@ss',
    PGDATABASE: 'd/b',
  });
});

test('a cluster that cannot start says why', async () => {
  const programs = await ensurePrograms();

  const start = startPostgres({ folder, programs, name: 'bad', settings: { shared_buffers: 'plenty' } });

  await expect(start).rejects.toThrow(/postgres-bad ended while starting[\s\S]*shared_buffers/);
});

test('Redis starts again on the same port, and empty', async () => {
  const redis = await startRedis({ folder, programs: await ensurePrograms() });
  const { Redis } = await import('ioredis');
  const client = new Redis(redis.url, { lazyConnect: true, retryStrategy: () => 20 });
  client.on('error', () => undefined);
  await client.set('session', 'x');

  await redis.restart();

  expect(await client.get('session')).toBeNull();
  client.disconnect();
  await redis.stop();
});
