import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectRegion } from '../../src/inventory/region.ts';
import { clientsOf, depsOf, look, seenIn } from './setup.ts';

let server: Server;
let status = 200;
beforeEach(async () => {
  status = 200;
  server = createServer((_, response) => response.writeHead(status).end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const hostOf = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
const inspect = (health: string | undefined, allow: readonly string[] = [hostOf()]) =>
  inspectRegion(depsOf(clientsOf({ http: { allow } })), { health }, look());

test('a health check that passes, and one that does not with its answer', async () => {
  const url = `http://${hostOf()}/health`;
  const passed = seenIn(await inspect(url));
  status = 503;
  const failed = seenIn(await inspect(url));

  expect(passed).toMatchObject({ health: 'ok', healthReason: null });
  expect(failed).toMatchObject({ health: 'failing', healthReason: 'answers HTTP 503' });
});

test('no answer is what a health check is about', async () => {
  const { health, healthReason } = seenIn(await inspect('http://127.0.0.1:1/health', ['127.0.0.1:1']));

  expect(health).toBe('failing');
  expect(healthReason).not.toBeNull();
});

test('a host that may not be asked is not a region that is down', async () => {
  expect(await inspect(`http://${hostOf()}/health`, [])).toMatchObject({
    state: 'unreadable',
    cause: 'denied',
  });
});

test('what nothing reads yet is not known, and not fine', async () => {
  expect(seenIn(await inspect(undefined))).toEqual({
    health: null,
    healthReason: null,
    missingImages: null,
    missingSecrets: null,
    dnsWritable: null,
    capacity: null,
  });
});
