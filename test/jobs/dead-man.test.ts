import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pingDeadMan } from '../../src/jobs/dead-man.ts';

let server: Server;
let url: string;
let status = 200;
let pings: string[] = [];
let said: { message: string }[] = [];

beforeEach(async () => {
  [status, pings, said] = [200, [], []];
  server = createServer((request, response) => {
    pings.push(`${request.method} ${request.url}`);
    response.writeHead(status, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/dr-bot`;
});

afterEach(() => void server.close());

const ping = (to: string | undefined) =>
  pingDeadMan(to, {
    log: (fields, message) => void said.push({ ...fields, message }),
    shutdown: new AbortController().signal,
  });

test('a switch outside hears of each round', async () => {
  ping(url);
  ping(url);

  await vi.waitFor(() => expect(pings).toEqual(['POST /ping/dr-bot', 'POST /ping/dr-bot']));
  expect(said).toEqual([]);
});

test('a switch that refuses is told in the log', async () => {
  status = 410;

  ping(url);

  await vi.waitFor(() =>
    expect(said).toEqual([{ status: 410, message: 'the dead-man switch refused the ping' }]),
  );
});

test('one that sends on to elsewhere, or is away, is told in the log, and nothing else happens', async () => {
  status = 302;
  ping(url);
  await vi.waitFor(() => expect(said).toHaveLength(1));
  ping('http://127.0.0.1:1/');

  await vi.waitFor(() =>
    expect(said.map(({ message }) => message)).toEqual([
      'the dead-man switch could not be pinged',
      'the dead-man switch could not be pinged',
    ]),
  );
  expect(pings).toEqual(['POST /ping/dr-bot']);
});

test('without an address nobody is told', () => {
  ping(undefined);

  expect(said).toEqual([]);
});
