import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PageState } from '../../../sandbox/page/contract.ts';
import { postTo, untilShown } from './pages.ts';

const main = fileURLToPath(new URL('../../../sandbox/main.ts', import.meta.url));

let temp: string;
let sandbox: ChildProcess;

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'dr-page-test-'));
  // PostgreSQL may run as another user, who passes through.
  await chmod(temp, 0o711);
});
afterEach(async () => {
  sandbox.kill('SIGKILL');
  await rm(temp, { recursive: true, force: true });
});

/** `npm run sandbox` with its files in a folder of the test, until it prints a line. */
async function startUntil(line: RegExp): Promise<{ found: string; ended: Promise<number | null> }> {
  sandbox = spawn(process.execPath, [main], {
    env: { ...process.env, TMPDIR: temp },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => sandbox.once('exit', resolve));
  let printed = '';
  const found = await new Promise<string>((resolve, reject) => {
    sandbox.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const [match] = printed.match(line) ?? [];
      if (match !== undefined) resolve(match);
    });
    void ended.then(() => reject(new Error(`the sandbox ended before it printed ${line}:\n${printed}`)));
  });
  return { found, ended };
}

/** Processes that were started with a path in the test's folder, as argument or in the environment. */
async function processesLeft(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const looked = await Promise.all(
    pids.map(async (pid) => ({
      command: await read(pid, 'cmdline'),
      env: await read(pid, 'environ'),
    })),
  );
  return looked
    .filter(({ command, env }) => command.includes(temp) || env.includes(temp))
    .map(({ command }) => command);
}

const lineOf = ({ world }: PageState, id: string) =>
  world.sections.flatMap(({ lines }) => lines).find((line) => line.id === id);

test.each([
  ['while its parts start', /Redis is up/],
  ['while the bot starts', /everything is in/],
])('Ctrl-C %s leaves no process and no file', async (_when, line) => {
  const { ended } = await startUntil(line);

  sandbox.kill('SIGINT');
  expect(await ended).toBe(0);

  expect(await processesLeft()).toEqual([]);
  expect(await readdir(temp)).toEqual([]);
});

test('the page shows the world, breaks and mends it, and Ctrl-C twice leaves nothing', {
  timeout: 180_000,
}, async () => {
  const { found, ended } = await startUntil(/Sandbox ready: http:\S+/);
  const url = found.replace('Sandbox ready: ', '');
  const world = async (act: Record<string, unknown>) => (await postTo(`${url}/api/world`, act)).answer;
  const shown = (shows: (state: PageState) => boolean) => untilShown(url, 'ana', shows);

  const whole = await shown((state) => lineOf(state, 'database janua')?.state === 'ok');
  expect(lineOf(whole, 'database janua')?.value).toBe('214,718 rows in 6 tables');
  expect(lineOf(whole, 'janua-api')?.value).toBe('4 of 4 ready · HPA 3–10');
  expect(whole.world).toMatchObject({ slack: 'up', bot: 'up' });

  expect(await world({ do: 'break', name: 'delete-rows' })).toMatchObject({
    said: expect.stringMatching(/^Deleted 118,506 rows in 4 tables at \d\d:\d\d:\d\d\.$/),
  });
  expect(await world({ do: 'break', name: 'delete-rows' })).toMatchObject({ ok: false });
  const damaged = await shown((state) => lineOf(state, 'health')?.state === 'bad');
  expect(lineOf(damaged, 'health')?.value).toBe('500 no active signing key');
  expect(damaged.guide.steps[0]?.done).toBe(true);
  await world({ do: 'mend', name: 'delete-rows' });

  for (const name of ['s3', 'kubernetes', 'bot']) await world({ do: 'break', name });
  const away = await shown(
    (state) => state.world.bot === 'down' && lineOf(state, 'api-server') !== undefined,
  );
  expect(lineOf(away, 'api-server')?.value).toBe('does not answer');
  for (const name of ['s3', 'kubernetes', 'bot']) await world({ do: 'mend', name });
  const mended = await shown(
    (state) => lineOf(state, 'database janua')?.state === 'ok' && lineOf(state, 'api-server') === undefined,
  );
  expect(mended.world.bot).toBe('up');
  expect(mended.world.breaks.filter(({ broken }) => broken)).toEqual([]);

  const before = Date.parse(mended.world.now);
  await world({ do: 'clock', ms: 5 * 60_000 });
  await shown(({ world: { now } }) => Date.parse(now) >= before + 5 * 60_000);

  sandbox.kill('SIGINT');
  sandbox.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(await processesLeft()).toEqual([]);
  expect(await readdir(temp)).toEqual([]);
});
