import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startWorld } from '../../../sandbox/world.ts';
import { createClients } from '../../../src/clients/index.ts';
import { Connections } from '../../../src/domain/connections.ts';
import { People } from '../../../src/domain/people.ts';

const start = () => startWorld({ share: 0.1, platforms: ['janua', 'veza'], plans: [] });
let world: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  world = await start();
});
afterAll(() => world.stop());

const read = async (name: string) => parse(await readFile(join(world.configDir, name), 'utf8'));

test('both platforms are up side by side, each in its own cluster', async () => {
  const answers = await Promise.all([world.app.url, world.veza.app.url].map((url) => fetch(`${url}/health`)));

  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(world.kubernetes.clusterUid).not.toBe(world.veza.kubernetes.clusterUid);
});

test('the configuration names both, holds no secret, and three people have keys', async () => {
  const connections = Connections.parse(await read('connections.yml'));
  const people = People.parse(await read('people.yml'));

  expect(Object.keys(connections.postgres)).toEqual(['janua-primary', 'veza-db-1', 'veza-db-2']);
  expect(Object.keys(connections.kubernetes)).toEqual(['janua', 'veza']);
  expect(connections.secrets).toEqual({
    'janua-test-account': 'env:JANUA_TEST_ACCOUNT',
    'veza-database-url-db-2': 'env:VEZA_USER_DB_2_URL',
    'veza-backup': 'env:VEZA_BACKUP_TOKEN',
  });
  expect(connections.http.allow).toEqual([world.app, world.veza.app].map(({ port }) => `127.0.0.1:${port}`));
  expect(connections.http.post).toEqual([
    `127.0.0.1:${world.app.port}/login`,
    `127.0.0.1:${world.veza.app.port}/messages`,
  ]);
  const text = JSON.stringify(connections);
  for (const [name, secret] of Object.entries(world.env))
    if (/URL$|SECRET$|TOKEN$/.test(name) && name.startsWith('VEZA')) expect(text).not.toContain(secret);
  for (const [, name = ''] of text.matchAll(/env:([A-Z0-9_]+)/g)) expect(world.env).toHaveProperty(name);
  const signers = Object.entries(people.people).filter(([, { sshKeys }]) => sshKeys.length > 0);
  expect(signers.map(([id]) => id)).toEqual(['ana', 'ben', 'mina']);
});

test("the bot's clients reach both servers and the cluster with it", async () => {
  Object.assign(process.env, world.env);
  const clients = createClients(Connections.parse(await read('connections.yml')));

  const looks = await Promise.all(
    ['veza-db-1', 'veza-db-2'].map((name) =>
      clients.postgres.query(
        name,
        'veza_db',
        'select pg_is_in_recovery() as standby, count(*)::int as messages from messages',
      ),
    ),
  );

  expect(looks).toEqual([[{ standby: false, messages: 18_000 }], [{ standby: true, messages: 18_000 }]]);
  expect(await clients.kubernetes.clusterUid('veza', { signal: AbortSignal.timeout(5_000) })).toBe(
    world.veza.kubernetes.clusterUid,
  );
});
