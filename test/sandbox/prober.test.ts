import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type Prober, startProber } from '../../sandbox/prober.ts';

let prober: Prober | undefined;
let server: Server | undefined;

afterEach(async () => {
  prober?.stop();
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
});

/** A server whose answer the test chooses; `undefined` = it does not answer. */
async function serve(status: () => number | undefined) {
  let open = 0;
  let most = 0;
  const started = createServer((_, response) => {
    open += 1;
    most = Math.max(most, open);
    response.once('close', () => {
      open -= 1;
    });
    const code = status();
    if (code !== undefined) response.writeHead(code).end();
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const address = started.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}/health`, most: () => most };
}

test('downtime is measured to the probe', async () => {
  let status = 200;
  const { url } = await serve(() => status);
  const from = new Date();
  prober = startProber({ url });
  await sleep(200);

  const down = Date.now();
  status = 500;
  await sleep(400);
  const repaired = Date.now();
  status = 200;
  const { isUp, outages } = prober;
  await expect.poll(() => outages().length === 1 && isUp(), { interval: 5 }).toBe(true);
  const seenUp = Date.now();
  const downtimeMs = prober.downtimeBetween(from, new Date());

  // At most one probe late at the start; at the end never before the repair and never after the test saw it.
  expect(downtimeMs).toBeGreaterThanOrEqual(repaired - down - 60);
  expect(downtimeMs).toBeLessThanOrEqual(seenUp - down + 40);
});

test('only the part of an outage between the two moments counts, also while it lasts', async () => {
  const { url } = await serve(() => 500);
  prober = startProber({ url });
  await sleep(300);
  const from = new Date();

  const to = new Date(from.getTime() + 100);

  expect(prober.isUp()).toBe(false);
  expect(prober.downtimeBetween(from, to)).toBe(100);
  expect(prober.downtimeBetween(new Date(0), new Date(1))).toBe(0);
});

test('a refused connection is an outage', async () => {
  const { url } = await serve(() => 200);
  prober = startProber({ url });
  await sleep(100);

  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await sleep(200);

  expect(prober.isUp()).toBe(false);
});

test('a server that does not answer gets one question at a time and counts as down', async () => {
  const { url, most } = await serve(() => undefined);
  prober = startProber({ url, timeoutMs: 150 });
  await sleep(500);

  expect(most()).toBe(1);
  expect(prober.isUp()).toBe(false);
  expect(prober.probes()).toBeGreaterThanOrEqual(2);
});
