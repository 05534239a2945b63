import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startHttp } from '../../src/http/server.ts';

test('a server that stops answers the requests it has taken, and takes no more', async () => {
  const health = async () => ({
    ok: true,
    database: 'ok',
    slack: { mode: 'http', connected: true, reason: '' },
    stuck: [],
  });
  let taken = () => {};
  const inHand = new Promise<void>((resolve) => {
    taken = resolve;
  });
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    tallies: async () => ({ counts: [], watched: [] }),
    health,
    slack: async (_, response) => {
      taken();
      await sleep(300);
      response.end('carried out');
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ ok: true, stuck: [] });
  const asked = fetch(`${url}/slack/events`, { method: 'POST' });
  await inHand;
  const began = performance.now();

  const stopped = server.stop();

  await expect(fetch(`${url}/health`)).rejects.toThrow();
  expect(await (await asked).text()).toBe('carried out');
  await stopped;
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('a path with turns in it leads nowhere: what a proxy lets in from outside is what it looks like', async () => {
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    tallies: async () => ({ counts: [], watched: [] }),
    slack: null,
    health: async () => ({
      ok: true,
      database: 'ok',
      slack: { mode: 'off', connected: false, reason: '' },
      stuck: [],
    }),
  });
  // fetch would take the turns out by itself.
  const statusOf = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port: server.port, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

  const turned = ['/backups/../health', '/backups/%2e%2e/health', '/sns/./../metrics', '//health/x'];

  expect(await Promise.all(turned.map(statusOf))).toEqual([400, 400, 400, 400]);
  expect(await Promise.all(['/health', '/health?x=../y', '/metrics'].map(statusOf))).toEqual([200, 200, 200]);
  await server.stop();
});
