import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createSandboxFolder, type SandboxFolder } from '../../sandbox/folder.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import { type SandboxRedis, startRedis } from '../../sandbox/redis.ts';
import { inspectBackup } from '../../src/inventory/inspect.ts';
import { backupOf, clientsOf, depsOf, look, seenIn } from './setup.ts';

const MINUTE = 60_000;
const backup = backupOf({ kind: 'snapshot', locations: [{ source: 'redis', connection: 'cache' }] });
const clients = clientsOf({ redis: { cache: { url: 'env:TEST_CACHE_URL' } } });

let folder: SandboxFolder;
let server: SandboxRedis;
let admin: Redis;

beforeAll(async () => {
  folder = await createSandboxFolder('dr-redis-');
  server = await startRedis({ folder, programs: await ensurePrograms() });
  admin = new Redis(server.url);
});
beforeEach(() => {
  process.env.TEST_CACHE_URL = server.url;
});
afterEach(() => admin.config('SET', 'requirepass', ''));
afterAll(async () => {
  admin.disconnect();
  await server.stop();
  await folder.remove();
});

const inspect = () => inspectBackup(depsOf(clients), { backup }, look({ now: new Date() }));

test('the last snapshot is listed as when it was made, with the run that made it', async () => {
  await admin.set('session:1', 'x'.repeat(10_000));
  await admin.save();
  const saved = new Date((await admin.lastsave()) * 1_000);

  const { listing, jobs } = await inspect();

  const [newest] = seenIn(listing).newest;
  expect(newest).toMatchObject({ key: `dump.rdb of ${saved.toISOString()}`, storedAt: saved });
  expect(newest?.bytes).toBeGreaterThan(10_000);
  expect(seenIn(jobs)).toMatchObject([{ from: 'tool', state: 'done', reason: null }]);
});

test('a snapshot that fails is told as a failed run beside the last good one', async () => {
  await admin.save();
  const failed = { ...(await clients.redis.persistence('cache', look())), lastSave: 'failed' as const };
  const redis = { ...clients.redis, persistence: async () => failed };

  const { jobs } = await inspectBackup(depsOf({ ...clients, redis }), { backup }, look({ now: new Date() }));

  expect(seenIn(jobs)).toMatchObject([
    { id: 'bgsave', state: 'failed', reason: 'the last snapshot (BGSAVE) failed' },
  ]);
});

test('a password that is asked for, a connection that is not named and a server that is gone', async () => {
  await admin.config('SET', 'requirepass', 'correct-horse');
  const denied = await inspect();
  process.env.TEST_CACHE_URL = 'redis://127.0.0.1:1';
  const gone = await inspect();
  const nameless = await inspectBackup(depsOf(clientsOf({})), { backup }, look());

  expect(denied.listing).toMatchObject({ state: 'unreadable', cause: 'denied' });
  expect(denied.jobs).toEqual(denied.listing);
  expect(gone.listing).toMatchObject({ state: 'unreadable', cause: 'unreachable' });
  expect(nameless.listing).toMatchObject({
    cause: 'gone',
    reason: expect.stringContaining('has no redis connection "cache"'),
  });
});

test('the age counts from when the snapshot began', async () => {
  const persistence = async () => ({
    ...(await clients.redis.persistence('cache', look())),
    savedAt: new Date('2026-11-21T02:00:00Z'),
    saveSeconds: 120,
    savingSeconds: 30,
  });
  const redis = { ...clients.redis, persistence };
  const now = new Date('2026-11-21T03:00:00Z');

  const { listing, jobs } = await inspectBackup(depsOf({ ...clients, redis }), { backup }, look({ now }));

  expect(seenIn(listing).newest[0]).toMatchObject({
    takenAt: new Date('2026-11-21T01:58:00Z'),
    durationMs: 2 * MINUTE,
  });
  expect(seenIn(jobs)[0]).toMatchObject({
    state: 'running',
    startedAt: new Date(now.getTime() - MINUTE / 2),
  });
});
