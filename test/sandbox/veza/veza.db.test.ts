import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { untilCaughtUp } from '../../../sandbox/postgres-standby.ts';
import { backend, namespace } from '../../../sandbox/veza/cluster.ts';
import { database } from '../../../sandbox/veza/numbers.ts';
import { startWriter } from '../../../sandbox/veza/writer.ts';
import { startTestVeza, type TestVeza } from './test-veza.ts';

let world: TestVeza;
beforeAll(async () => {
  world = await startTestVeza();
});
afterAll(() => world.stop());

const Written = z.object({ ids: z.array(z.number()), keys: z.array(z.string()) });

const post = async (n: number) => {
  const answer = await fetch(`${world.veza.app.url}/messages?n=${n}`, { method: 'POST' });
  return { status: answer.status, body: await answer.json() };
};
const messagesOn = async (server: 'primary' | 'standby') => {
  const [row] = await world.veza[server].query(database, 'select count(*)::int as n from messages');
  return row?.n;
};

test('what the application acknowledges is committed, counted, and soon on the standby', async () => {
  const { veza, get } = world;
  const before = veza.app.acknowledged();
  expect(await messagesOn('primary')).toBe(before);

  const { status, body } = await post(3);

  const { ids, keys } = Written.parse(body);
  expect(status).toBe(201);
  expect(ids).toEqual([1, 2, 3].map((n) => before + n));
  expect((await get('/stats')).body).toEqual({ acknowledged: before + 3 });
  await untilCaughtUp(veza.primary, 'veza-db-2');
  expect(await veza.countOn(veza.standby, keys)).toBe(3);
  expect(await messagesOn('standby')).toBe(before + 3);
});

test('twenty thousand rows, and a standby that streams by its slot', async () => {
  const { primary } = world.veza;

  const [row] = await primary.query(
    database,
    `select (select count(*)::int from channels) + (select count(*)::int from members) as rest,
            (select min(id)::int from messages) as first, (select max(created_at) <= now() from messages) as past,
            (select application_name from pg_stat_replication where state = 'streaming') as standby,
            (select active from pg_replication_slots where slot_name = 'veza_standby') as active`,
  );

  expect(row).toEqual({ rest: 2_000, first: 1, past: true, standby: 'veza-db-2', active: true });
});

test('a patched secret changes nothing until the pods are replaced', async () => {
  const { veza, get, restartBackend } = world;
  const host = (server: typeof veza.primary) => `127.0.0.1:${server.port}`;
  const patch = (url: string) =>
    veza.kubernetes.control.patch('secrets', namespace, 'veza-secrets', {
      data: { 'database-url': Buffer.from(url).toString('base64') },
    });

  patch(veza.url(veza.standby, 'veza_user'));
  expect(veza.app.pods().map(({ server }) => server)).toEqual(Array(3).fill(host(veza.primary)));
  expect((await get('/health')).status).toBe(200);
  await restartBackend();

  expect(veza.app.pods().map(({ server }) => server)).toEqual(Array(3).fill(host(veza.standby)));
  expect(await get('/health')).toEqual({
    status: 503,
    body: { status: 'failed', reason: 'the database is a standby' },
  });
  expect((await post(1)).status).toBe(503);

  patch(veza.url(veza.primary, 'veza_user'));
  await restartBackend();
  expect((await get('/health/detailed')).status).toBe(200);
});

test('scaled to 0 the primary is stopped before its pod is gone, and 1 starts it again', async () => {
  const { veza, podsOf, scaleServer, get } = world;
  const { port } = veza.primary;

  scaleServer(0);
  await expect.poll(() => podsOf('veza-db-1')).toEqual([]);
  expect(veza.primary.isRunning()).toBe(false);
  expect(JSON.stringify((await get('/health')).body)).toContain('ECONNREFUSED');
  scaleServer(1);

  await expect.poll(async () => (await get('/health')).status, { timeout: 10_000 }).toBe(200);
  expect(veza.primary.port).toBe(port);
  await untilCaughtUp(veza.primary, 'veza-db-2');
});

test('a bad release never becomes ready and takes the service down until it is rolled back', async () => {
  const { veza, get, podsOf } = world;
  const { control } = veza.kubernetes;
  const before = control.get('deployments', namespace, backend)?.spec;

  const { image } = await veza.damage.releaseBad();
  await expect.poll(() => JSON.stringify(podsOf(backend)), { timeout: 5_000 }).toContain('CrashLoopBackOff');
  expect(image).toMatch(/^veza\/backend-api:2\.8\.0@sha256:[0-9a-f]{64}$/);
  expect(await get('/health')).toEqual({
    status: 503,
    body: { status: 'failed', reason: 'Error: veza-backend-api has no ready pod.' },
  });
  expect(control.get('deployments', namespace, backend)?.status).not.toHaveProperty('readyReplicas');

  const template: unknown = before instanceof Object ? Reflect.get(before, 'template') : undefined;
  control.patch('deployments', namespace, backend, { spec: JSON.parse(JSON.stringify({ template })) });
  await control.settled(namespace, backend);
  expect((await get('/health')).status).toBe(200);
});

test('the writer keeps its rate, knows what was acknowledged, and when nothing was', async () => {
  const { veza } = world;
  const before = veza.app.acknowledged();
  const writer = startWriter({ app: veza.app, perSecond: 50 });
  await expect.poll(() => writer.acknowledged().keys.length, { timeout: 5_000 }).toBeGreaterThan(20);

  const release = await veza.app.hold();
  await veza.primary.restart('immediate');
  release();
  await veza.primary.stop('immediate');
  await expect.poll(() => writer.outages().length, { timeout: 5_000 }).toBeGreaterThan(0);
  await veza.primary.start();
  await expect.poll(() => writer.outages().at(-1)?.to, { timeout: 10_000 }).toBeInstanceOf(Date);
  await writer.stop();

  const { keys, ids } = writer.acknowledged();
  expect(writer.failed()).toBeGreaterThan(0);
  expect(new Set(ids).size).toBe(keys.length);
  expect(veza.app.acknowledged()).toBe(before + keys.length);
  expect(await veza.countOn(veza.primary, keys)).toBe(keys.length);
});
