import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ownSessions } from '../../src/doctor/store.ts';

let server: Server | undefined;

afterEach(() => new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve))));

test('connections with a server process each are sessions of the bot’s own', async () => {
  const processes = [4711, 4712];
  const url = await startPretendPostgres(() => processes.shift() ?? 0);

  const findings = await ownSessions(url);

  expect(findings).toMatchObject([{ ok: true }]);
});

test('two connections with one server process are a pooler in transaction mode', async () => {
  const url = await startPretendPostgres(() => 4711);

  const findings = await ownSessions(url);

  expect(findings).toMatchObject([{ ok: false, say: expect.stringContaining('pool_mode = session') }]);
});

/** Speaks as much of PostgreSQL's protocol as one query for one number needs. */
async function startPretendPostgres(nextProcess: () => number): Promise<string> {
  const listening = createServer((socket) => {
    const process = nextProcess();
    let started = false;
    socket.on('data', (data) => {
      if (!started) {
        started = true;
        send(socket, ['R', int32(0)], ['Z', Buffer.from('I')]);
      } else if (data.toString('latin1', 0, 1) === 'Q') answer(socket, String(process));
      else socket.end();
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  return `postgres://drbot@127.0.0.1:${typeof address === 'object' ? address?.port : 0}/drbot`;
}

function answer(socket: Socket, value: string): void {
  // One column of type int4 (23) in text form.
  const column = Buffer.concat([
    Buffer.from('pid\0'),
    int32(0),
    int16(0),
    int32(23),
    int16(4),
    int32(-1),
    int16(0),
  ]);
  send(
    socket,
    ['T', Buffer.concat([int16(1), column])],
    ['D', Buffer.concat([int16(1), int32(value.length), Buffer.from(value)])],
    ['C', Buffer.from('SELECT 1\0')],
    ['Z', Buffer.from('I')],
  );
}

function send(socket: Socket, ...messages: readonly (readonly [string, Buffer])[]): void {
  for (const [type, body] of messages)
    socket.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
