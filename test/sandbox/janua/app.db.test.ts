import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createSandboxFolder, type SandboxFolder } from '../../../sandbox/folder.ts';
import { type JanuaApp, startApp } from '../../../sandbox/janua/app.ts';
import { createJanuaDatabase, type JanuaDatabase, seedHistory } from '../../../sandbox/janua/database.ts';
import { password, rowsOf } from '../../../sandbox/janua/numbers.ts';
import { type JanuaWorker, startWorker } from '../../../sandbox/janua/worker.ts';
import { type PostgresCluster, startPostgres } from '../../../sandbox/postgres.ts';
import { startProber } from '../../../sandbox/prober.ts';
import { ensurePrograms } from '../../../sandbox/programs.ts';

let folder: SandboxFolder;
let cluster: PostgresCluster;
let janua: JanuaDatabase;
let app: JanuaApp;
let worker: JanuaWorker;

beforeAll(async () => {
  folder = await createSandboxFolder('dr-test-');
  cluster = await startPostgres({ folder, programs: await ensurePrograms(), name: 'janua' });
  janua = await createJanuaDatabase(cluster);
  await seedHistory(cluster, { now: new Date(), rows: rowsOf(0.1) });
});
beforeEach(async () => {
  [app, worker] = await Promise.all([
    startApp({ databaseUrl: janua.url('janua_app') }),
    startWorker({ databaseUrl: janua.url('janua_worker') }),
  ]);
});
afterEach(() => Promise.all([app.stop(), worker.stop()]));
afterAll(async () => {
  await cluster.stop('immediate');
  await folder.remove();
});

const sessionsOf = async (role: string) => {
  const [row] = await cluster.query(
    'janua',
    'select count(*)::int as n from pg_stat_activity where usename = $1',
    [role],
  );
  return row?.n;
};
const get = async (path: string) => {
  const answer = await fetch(`${app.url}${path}`);
  return { status: answer.status, body: await answer.json() };
};

test('the health check reads the database and says what is wrong', async () => {
  expect(await get('/health')).toEqual({ status: 200, body: { status: 'ok' } });

  await janua.query('update jwk_keys set active = false');
  const broken = await get('/health');
  const detailed = await get('/health/detailed');
  await janua.query('update jwk_keys set active = true where id = (select max(id) from jwk_keys)');

  expect(broken).toEqual({ status: 500, body: { status: 'failed', reason: 'no active signing key' } });
  expect(detailed).toMatchObject({
    status: 500,
    body: { checks: { signingKey: false, accounts: true }, database: 'janua' },
  });
  expect((await get('/health')).status).toBe(200);
});

test('a missing table is a failed health check, not a dead application', async () => {
  await janua.query('alter table jwk_keys rename to elsewhere');
  const broken = await get('/health');
  await janua.query('alter table elsewhere rename to jwk_keys');

  expect(broken).toMatchObject({ status: 500, body: { reason: expect.stringContaining('jwk_keys') } });
  expect((await get('/health')).status).toBe(200);
});

test('a login needs the right password and leaves a session', async () => {
  const login = (secret: string) =>
    fetch(`${app.url}/login`, {
      method: 'POST',
      body: JSON.stringify({ email: 'USER00007@janua.example', password: secret }),
    });

  expect((await login('guess')).status).toBe(401);
  expect((await login(password)).status).toBe(200);

  const [row] = await janua.query('select count(*)::int as n from sessions where account_id = 7');
  expect(row?.n).toBe(1);
});

test('without ready pods it refuses connections and holds no session; the first pod brings back the same port', async () => {
  await get('/health');
  expect(await sessionsOf('janua_app')).toBeGreaterThan(0);

  await app.setReady(0);

  await expect(get('/health')).rejects.toThrow('fetch failed');
  await expect.poll(() => sessionsOf('janua_app')).toBe(0);

  await app.setReady(2);
  expect((await get('/health')).status).toBe(200);
});

test('pods that come and go faster than it starts end in the last state', async () => {
  await Promise.all([0, 3, 0, 1, 4, 0].map((pods) => app.setReady(pods)));
  expect(app.isServing()).toBe(false);

  await Promise.all([2, 0, 4].map((pods) => app.setReady(pods)));
  expect((await get('/health')).status).toBe(200);
});

test('application and worker survive a crash of their database', async () => {
  await cluster.stop('immediate');
  expect((await get('/health')).status).toBe(500);

  await cluster.start();

  await expect.poll(() => get('/health').then(({ status }) => status)).toBe(200);
  await expect.poll(() => worker.isConnected()).toBe(true);
});

test('the worker keeps one session until its pods are gone, even when the server ends it', async () => {
  expect(await sessionsOf('janua_worker')).toBe(1);

  await cluster.query(
    'janua',
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'janua_worker'`,
  );
  await expect.poll(() => sessionsOf('janua_worker')).toBe(1);

  await worker.setReady(0);
  await expect.poll(() => sessionsOf('janua_worker')).toBe(0);
  await expect(worker.write(1)).rejects.toThrow('no session');
});

test('the worker can be stopped while its database is away', async () => {
  await cluster.stop('immediate');

  await worker.setReady(0);

  expect(worker.isConnected()).toBe(false);
  await cluster.start();
});

test('both write rows that can be counted', async () => {
  const count = async () => (await janua.query('select count(*)::int as n from sessions'))[0]?.n;
  const before = Number(await count());

  await worker.write(5);
  await app.write(2);
  await fetch(`${app.url}/write?n=3`, { method: 'POST' });

  expect(await count()).toBe(before + 10);
  const [links] = await janua.query(
    'select count(*)::int as n, bool_and(intact) as intact from audit_log_links',
  );
  expect(links).toEqual({ n: 1, intact: true });
});

test('the prober sees the outage of a stop and a start', async () => {
  const prober = startProber({ url: `${app.url}/health` });
  const from = new Date();
  await sleep(200);

  const stoppedAt = Date.now();
  await app.setReady(0);
  await sleep(400);
  await app.setReady(1);
  await expect.poll(() => prober.isUp()).toBe(true);
  const seenUpAt = Date.now();
  const downMs = prober.downtimeBetween(from, new Date());
  prober.stop();

  // The probe before the stop may already have been under way, so the outage may begin one interval early.
  expect(prober.outages()).toHaveLength(1);
  expect(downMs).toBeGreaterThanOrEqual(350);
  expect(downMs).toBeLessThanOrEqual(seenUpAt - stoppedAt + 40);
});
