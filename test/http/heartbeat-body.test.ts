import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startSignals } from './signals-world.ts';

const DAILY = { system: 'janua', backup: 'pg-daily', token: 'the-token-of-the-daily-dump' };
const PATH = '/backups/janua/pg-daily/heartbeat';
const SIGNED = { 'content-type': 'application/json', authorization: `Bearer ${DAILY.token}` };

const said = (body: unknown) => ({ headers: SIGNED, body: JSON.stringify(body) });

test.each([
  ['it is not JSON', '{"state":"success"'],
  ['it is not JSON', ''],
  ['Invalid input', 'null'],
  ['Invalid input', '[]'],
  ['"state": expected "start", "success" or "failure"', '{"state":"done","run":"1"}'],
  ['"run": expected a name for the run, or "at"', '{"state":"success"}'],
  ['"run": expected a name for the run: without it', '{"state":"start","at":"2026-03-01T02:10:00Z"}'],
  ['"run": expected at least 1 character', '{"state":"success","run":""}'],
  ['"run": expected at most 100 characters', `{"state":"success","run":"${'x'.repeat(101)}"}`],
  ['"run": expected text without control characters', '{"state":"success","run":"a\\u0000b"}'],
  ['"run": expected text without control characters', '{"state":"success","run":"a\\ud800"}'],
  ['"bytes": expected 0 or more bytes', '{"state":"success","run":"1","bytes":-1}'],
  ['"bytes": expected a whole number of bytes', '{"state":"success","run":"1","bytes":1.5}'],
  ['"bytes": expected a whole number of bytes', '{"state":"success","run":"1","bytes":1e300}'],
  ['"bytes": expected a whole number of bytes', '{"state":"success","run":"1","bytes":"10"}'],
  ['"durationMs": expected at most 30 days', '{"state":"success","run":"1","durationMs":1e12}'],
  ['"at": expected a time like', '{"state":"success","run":"1","at":"yesterday"}'],
  ['"at": expected a time like', '{"state":"success","run":"1","at":"2026-02-31T02:10:00Z"}'],
  [
    '"reason": expected at most 500 characters',
    `{"state":"success","run":"1","reason":"${'x'.repeat(501)}"}`,
  ],
  ['Unrecognized key: "size"', '{"state":"success","run":"1","size":10}'],
  ['Unrecognized key: "__proto__"', '{"state":"success","run":"1","__proto__":{"a":1}}'],
])('what is no heartbeat is refused with its place: %s', async (fault, body) => {
  const { send, recorded } = await startSignals([DAILY]);

  const answer = await send(PATH, { headers: SIGNED, body });

  expect(answer.status).toBe(400);
  expect(answer.body.error).toContain(`The body is not a heartbeat: ${fault}`);
  expect(recorded()).toEqual([]);
});

test.each([
  ['text/plain', 415],
  ['application/x-www-form-urlencoded', 415],
  ['application/jsonx', 415],
  ['application/json; charset=utf-8', 200],
  ['Application/JSON', 200],
])('the content type %s is answered with %i', async (type, status) => {
  const { send } = await startSignals([DAILY]);

  const answer = await send(PATH, {
    headers: { ...SIGNED, 'content-type': type },
    body: JSON.stringify({ state: 'success', run: '1' }),
  });

  expect(answer.status).toBe(status);
});

test('whatever text names the run and gives the reason, it is recorded or refused, and what is recorded a database takes', async () => {
  const { send, recorded } = await startSignals([DAILY]);
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 120 }), fc.string({ unit: 'grapheme' }));
  const cases = fc.sample(fc.record({ run: text, reason: text }), { numRuns: 55, seed: 5 });

  const answers = await Promise.all(cases.map((body) => send(PATH, said({ state: 'failure', ...body }))));

  expect(answers.every(({ status }) => status === 200 || status === 400)).toBe(true);
  expect(recorded().length).toBeGreaterThan(10);
  for (const { run, reason } of recorded())
    expect(`${run} ${reason}`).toSatisfy((kept: string) => kept.isWellFormed() && !/\p{Cc}/u.test(kept));
});

/** A peer that stopped reading is no fault here, and `once` would make it one. */
const closing = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

describe('a body that does not end', () => {
  const HUGE = [
    ['announced as huge', 'content-length: 1000000000', 'x'],
    ['in chunks', 'transfer-encoding: chunked', '1000\r\n'.concat('x'.repeat(0x1000), '\r\n')],
  ] as const;

  function sendTo(port: number, header: string, body = '') {
    const socket = connect(port, '127.0.0.1');
    const received: Buffer[] = [];
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', () => {});
    const closed = closing(socket);
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${DAILY.token}\r\ncontent-type: application/json\r\n${header}\r\n\r\n${body}`,
    );
    return { socket, closed, received: () => Buffer.concat(received).toString() };
  }

  test.each(HUGE)('%s, is refused in words', async (_, header, piece) => {
    const { port } = await startSignals([DAILY]);
    const { closed, received } = sendTo(port, header, piece.repeat(3));

    await closed;

    expect(received()).toMatch(/^HTTP\/1\.1 413 [\s\S]*A heartbeat has at most 8192 bytes/);
  });

  // Who goes on sending may lose the words of the refusal to a reset (RFC 9112 §9.6), and what follows is not read.
  test.each(HUGE)('%s, is cut off', async (_, header, piece) => {
    const { port } = await startSignals([DAILY]);
    const { socket, closed } = sendTo(port, header);
    let sentBytes = 0;

    while (!socket.destroyed && sentBytes < 50_000_000) {
      socket.write(piece);
      sentBytes += piece.length;
      await sleep(1);
    }
    await closed;

    expect(sentBytes).toBeLessThan(1_000_000);
  });

  test('of which nothing comes, holds its socket for ten seconds', async () => {
    const { port, send, logged } = await startSignals([DAILY]);
    const sockets = [PATH, '/sns'].map((path) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${DAILY.token}\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{`,
      );
      return closing(socket);
    });
    const began = performance.now();

    await Promise.all(sockets);

    expect(performance.now() - began).toBeLessThan(15_000);
    expect(logged).toEqual([]);
    expect(await send(PATH, said({ state: 'success', run: '1' }))).toMatchObject({ status: 200 });
  });
});
