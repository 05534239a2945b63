import { createServer, type Server } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createSandboxFolder, type SandboxFolder } from '../../sandbox/folder.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import { type SandboxRedis, startRedis } from '../../sandbox/redis.ts';
import { Params, redisCheck } from '../../src/actions/redis-check.ts';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { contextFor } from './context.ts';

let folder: SandboxFolder;
let server: SandboxRedis;
let admin: Redis;
let scripted: Server | undefined;

beforeAll(async () => {
  folder = await createSandboxFolder('dr-redis-');
  server = await startRedis({ folder, programs: await ensurePrograms() });
  admin = new Redis(server.url);
});
beforeEach(() => {
  process.env.TEST_REDIS_URL = server.url;
});
afterEach(() => {
  scripted?.close();
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
  await folder.remove();
});

function check(expect: object = {}, signal = AbortSignal.timeout(10_000)) {
  const connections = Connections.parse({ redis: { 'janua-sessions': { url: 'env:TEST_REDIS_URL' } } });
  const context = contextFor('redis', { clients: createClients(connections), signal });
  return redisCheck.run(context, Params.parse({ connection: 'janua-sessions', expect }));
}

/** A server that answers every command with one line. */
async function answerAll(line: string): Promise<void> {
  const listening = createServer((socket) => {
    socket.on('data', () => socket.write(`${line}\r\n`));
    socket.on('error', () => undefined);
  });
  scripted = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  process.env.TEST_REDIS_URL = `redis://bot:hunter22@127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

test('a writable master passes and keeps nothing of the test', async () => {
  await admin.set('session:1', 'x');

  const outcome = await check({ role: 'master' });

  expect(outcome).toMatchObject({
    kind: 'done',
    summary: 'master, writable, 1 key',
    output: { role: 'master', writable: true, keys: 1 },
  });
  expect(await admin.keys('*')).toEqual(['session:1']);
  await admin.flushall();
});

test('a replica is told from a master, and does not take writes', async () => {
  await admin.replicaof('127.0.0.1', 1);
  try {
    await expect(check({ role: 'master' })).rejects.toThrow(
      'Redis janua-sessions is a replica, not a master.',
    );
    await expect(check()).rejects.toThrow(/does not take writes: READONLY/);
    expect(await check({ role: 'replica', writable: false })).toMatchObject({ output: { writable: false } });
  } finally {
    await admin.replicaof('NO', 'ONE');
  }
  await expect(check({ writable: false })).rejects.toThrow('takes writes, and should not');
});

test('a server that is full says why', async () => {
  await admin.config('SET', 'maxmemory', '1');
  try {
    await expect(check()).rejects.toMatchObject({
      code: 'check-failed',
      message: expect.stringContaining('OOM'),
    });
  } finally {
    await admin.config('SET', 'maxmemory', '0');
  }
});

test('a server that is loading is looked at again later', async () => {
  await answerAll('-LOADING Redis is loading the dataset in memory');

  await expect(check()).rejects.toMatchObject({
    code: 'outside-unreachable',
    retry: 'later',
    message: 'Redis janua-sessions is still loading its data. It is looked at again in a while.',
  });
});

test('a wrong login is refused and appears nowhere', async () => {
  process.env.TEST_REDIS_URL = server.url.replace('//', '//bot:hunter22@');

  const error = await check().catch((fault: unknown) => fault);

  expect(error).toMatchObject({ code: 'outside-refused', retry: 'never' });
  expect(`${error} ${JSON.stringify(error)}`).not.toContain('hunter22');
});

test('a server that is away or silent is an outage, found within seconds', async () => {
  const begun = performance.now();
  process.env.TEST_REDIS_URL = 'redis://127.0.0.1:1';
  await expect(check()).rejects.toMatchObject({
    code: 'outside-unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  });

  const silent = createServer(() => undefined);
  scripted = silent;
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  process.env.TEST_REDIS_URL = `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  await expect(check()).rejects.toMatchObject({ code: 'outside-unreachable', retry: 'later' });

  expect(performance.now() - begun).toBeLessThan(8_000);
});

test('an abort ends the look', async () => {
  await expect(check({}, AbortSignal.abort(new Error('aborted by Ben')))).rejects.toThrow('aborted by Ben');
});
