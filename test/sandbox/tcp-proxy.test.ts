import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../../sandbox/tcp-proxy.ts';

/** A server that answers "did X" to X. */
let server: ReturnType<typeof createServer>;
let sessions: Socket[];
let received: string;
let proxy: TcpProxy;

beforeEach(async () => {
  sessions = [];
  received = '';
  server = createServer((session) => {
    sessions.push(session);
    session.on('error', () => undefined);
    session.on('data', (bytes) => {
      received += bytes;
      session.write(`did ${bytes}`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  proxy = await startTcpProxy({ port: address.port });
});

afterEach(async () => {
  await proxy.stop();
  server.close();
});

/** Says `words` in a session of its own and returns the answer, or the code of the fault. */
async function say(words: string): Promise<string> {
  const client = connect(proxy.port, '127.0.0.1');
  client.write(words);
  client.once('data', () => client.end());
  return text(client).catch((error: NodeJS.ErrnoException) => error.code ?? 'fault');
}

test('hands on both ways, and an end ends the other side', async () => {
  expect(await say('begin')).toBe('did begin');

  const [session] = sessions;
  if (!session?.destroyed) await once(session ?? server, 'close');
});

test('loses a request before the server sees it, once, and lets others through', async () => {
  const struck = proxy.fault({ at: 'rename', lose: 'request' });

  expect(await say('select')).toBe('did select');
  expect(await say('rename')).toBe('ECONNRESET');
  await struck;
  expect(await say('rename')).toBe('did rename');
  expect(received).toBe('selectrename');
});

test('loses a reply after the server did what was asked', async () => {
  void proxy.fault({ at: 'commit', lose: 'reply', times: 2 });

  expect(await say('commit')).toBe('ECONNRESET');
  expect(await say('commit')).toBe('ECONNRESET');
  expect(received).toBe('commitcommit');
});

test('leaves the session of the server open when the line is half-open', async () => {
  void proxy.fault({ at: 'rename', lose: 'request', halfOpen: true });

  expect(await say('rename')).toBe('ECONNRESET');
  const [session] = sessions;
  expect(session?.readyState).toBe('open');
  expect(await say('select')).toBe('did select');
  expect(session?.readyState).toBe('open');
});

test('lets nobody through while it is down', async () => {
  const open = connect(proxy.port, '127.0.0.1');
  open.write('begin');
  await once(open, 'data');
  const lost = once(open, 'error');

  proxy.down();

  expect(await lost).toMatchObject([{ code: 'ECONNRESET' }]);
  expect(await say('select')).toBe('ECONNRESET');
  proxy.up();
  expect(await say('select')).toBe('did select');
});

test('makes the line slow, in time and in bytes, and keeps the order', async () => {
  proxy.weather({ latencyMs: 60 });
  const late = performance.now();
  expect(await say('begin')).toBe('did begin');
  // There and back.
  expect(performance.now() - late).toBeGreaterThan(115);

  proxy.weather({ bytesPerSecond: 100_000 });
  const narrow = performance.now();
  const client = connect(proxy.port, '127.0.0.1');
  client.write('a'.repeat(20_000));
  client.write('b');
  let answer = '';
  for await (const bytes of client) {
    answer += bytes;
    if (answer.includes('b')) client.end();
  }
  expect(answer.replaceAll('did ', '')).toBe(`${'a'.repeat(20_000)}b`);
  expect(performance.now() - narrow).toBeGreaterThan(300);
});

test('resets a connection every so many answers', async () => {
  proxy.weather({ resetEvery: 3 });

  const said = [await say('one'), await say('two'), await say('three'), await say('four')];

  expect(said).toEqual(['did one', 'did two', 'ECONNRESET', 'did four']);
  expect(proxy.resets()).toBe(1);
});

test('lets the connections there are fall silent, and new ones through', async () => {
  const client = connect(proxy.port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write('begin');
  await once(client, 'data');
  let heard = 0;
  client.on('data', () => heard++);

  expect(proxy.freeze()).toBe(1);
  client.write('commit');

  expect(await say('select')).toBe('did select');
  expect(heard).toBe(0);
  expect(received).toBe('beginselect');
  expect(client.destroyed).toBe(false);
});
