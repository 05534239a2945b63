import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { queryOnce } from '../../sandbox/postgres.ts';
import { startWorld, type World } from '../../sandbox/world.ts';
import { Connections } from '../../src/domain/connections.ts';
import { People, peopleFaults } from '../../src/domain/people.ts';
import { migrate } from '../../src/migrate.ts';

const run = promisify(execFile);

let planFolder: string;
let plans: string[];
let world: World;

beforeAll(async () => {
  planFolder = await mkdtemp(join(tmpdir(), 'dr-test-'));
  plans = [join(planFolder, 'janua.yml')];
  await writeFile(join(planFolder, 'janua.yml'), 'name: janua\n');
  world = await startWorld({ plans });
});
afterAll(async () => {
  await world.stop();
  await rm(planFolder, { recursive: true });
});

const scale = (name: string, replicas: number) =>
  world.kubernetes.control.patch('deployments', 'janua', name, { spec: { replicas } });

const sessionsOf = async (role: string) => {
  const [row] = await world.janua.query(
    'select count(*)::int as n from pg_stat_activity where usename = $1',
    [role],
  );
  return row?.n;
};

test('the whole world is up and healthy', async () => {
  const health = await fetch(`${world.app.url}/health`);

  expect(health.status).toBe(200);
  expect(world.kubernetes.control.get('deployments', 'janua', 'janua-api')).toMatchObject({
    spec: { replicas: 4 },
  });
  expect(world.slack.channel('#incidents')).toBeDefined();
});

test('the configuration is what the bot reads, and holds references in place of secrets', async () => {
  const read = (name: string) => readFile(join(world.configDir, name), 'utf8');
  const [peopleText, connectionsText] = [await read('people.yml'), await read('connections.yml')];

  const people = People.parse(parse(peopleText));
  const connections = Connections.parse(parse(connectionsText));

  expect(Object.keys(people.people)).toEqual(['ana', 'ben', 'chloe', 'dan', 'mina']);
  expect(people.people.ana?.slack).toEqual(['U0000000ANA']);
  expect(people.people.dan?.responder).toBe(false);
  expect(peopleFaults(people)).toEqual([]);
  expect(connections.vars['janua-url']).toBe(world.app.url);
  expect(await read('plans/janua.yml')).toBe('name: janua\n');
  for (const [name, secret] of Object.entries(world.env))
    if (/_PG_URL$|SECRET$|TOKEN$/.test(name)) expect(connectionsText).not.toContain(secret);
  for (const [, name = ''] of connectionsText.matchAll(/env:([A-Z0-9_]+)/g))
    expect(world.env).toHaveProperty(name);
});

test('the application and the worker follow their pods', async () => {
  await scale('janua-api', 0);
  await scale('janua-worker', 0);

  await expect.poll(() => world.prober.isUp(), { timeout: 5_000 }).toBe(false);
  await expect.poll(() => sessionsOf('janua_app'), { timeout: 5_000 }).toBe(0);
  await expect.poll(() => sessionsOf('janua_worker'), { timeout: 5_000 }).toBe(0);

  await scale('janua-api', 4);
  await scale('janua-worker', 2);

  await expect.poll(() => world.prober.isUp(), { timeout: 10_000 }).toBe(true);
  await expect.poll(() => sessionsOf('janua_worker'), { timeout: 10_000 }).toBe(1);
});

test('deleted rows make the service fail until they are mended', async () => {
  const from = new Date();

  await world.damage.deleteRows();
  await expect.poll(() => world.prober.isUp()).toBe(false);
  await sleep(200);
  await world.damage.mend();
  await expect.poll(() => world.prober.isUp()).toBe(true);

  expect(world.prober.downtimeBetween(from, new Date())).toBeGreaterThan(200);
});

test("the bot's role gets its rights from the bot's migration, and the clock moves for it", async () => {
  await expect(queryOnce(world.env.DR_DATABASE_URL, 'select 1 from events')).rejects.toThrow(
    'does not exist',
  );
  await migrate(world.ownerEnv.DR_DATABASE_OWNER_URL, world.ownerEnv.DR_DATABASE_ROLE);

  const clock = await world.startClock();
  await clock.advance(1_800_000);

  const [row] = await queryOnce(
    world.env.DR_DATABASE_URL,
    'select extract(epoch from dr_now() - clock_timestamp())::int as ahead',
  );
  expect(row).toEqual({ ahead: 1_800 });
});

test('a start that fails half-way leaves nothing running and no folder', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const lines: string[] = [];
  const missingPlan = join(planFolder, 'missing.yml');

  await expect(startWorld({ plans, kubernetes: { port } })).rejects.toThrow('EADDRINUSE');
  const missing = startWorld({
    platforms: ['veza'],
    plans: [missingPlan],
    log: (line) => lines.push(line),
  });
  await expect(missing).rejects.toThrow('missing.yml');

  expect(lines).toContain('Slack is up');
  expect(lines).toContain('Veza’s standby is up');
  expect(await ownFolders()).toEqual([world.folder.path]);
  await new Promise((resolve) => taken.close(resolve));
});

test('after stop there is no folder, no program and no open port', async () => {
  const pids = await Promise.all(
    ['bot', 'janua'].map(async (name) => {
      const file = await readFile(join(world.folder.path, name, 'data', 'postmaster.pid'), 'utf8');
      return Number(file.split('\n')[0]);
    }),
  );
  const urls = [world.app.url, world.aws.endpoint, world.kubernetes.url, world.slack.url];

  await world.stop();

  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  for (const url of urls) await expect(fetch(url)).rejects.toThrow('fetch failed');
  await expect(access(world.folder.path)).rejects.toThrow('ENOENT');
});

/** Folders whose guard is a child of this process; other test runs on the machine have their own. */
async function ownFolders(): Promise<string[]> {
  const { stdout } = await run('ps', ['-o', 'args=', '--ppid', String(process.pid)]);
  return [...stdout.matchAll(/sandbox-guard (\S+)/g)].map(([, path = '']) => path);
}
