import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Shape } from '../../src/domain/inventory.ts';
import { Plan } from '../../src/domain/plan.ts';
import { createInspector, sweepReadings } from '../../src/jobs/inspector.ts';
import { type Backups, plainDump, startBackups } from '../actions/backup-setup.ts';
import { smallPlan, until } from '../helpers/bot.ts';
import { NOW } from '../inventory/setup.ts';

const STAMP = '20261121_020000';
const LATER = '20261121_021000';
const dump = gzipSync(plainDump());

let world: Backups;
let workDir: string;
let stopping: AbortController;
beforeEach(async () => {
  world = await startBackups();
  workDir = await mkdtemp(join(tmpdir(), 'dr-inspector-'));
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await world.stop();
  await rm(workDir, { recursive: true, force: true });
});

/** So many daily dumps of one bucket. A look takes at most `timeout`, of which a dump may have six tenths. */
function planOf(timeout: string, count = 1): Plan {
  const places = { source: 's3', connection: 'janua-backups', failureDomain: 'eu', role: 'primary' } as const;
  const backups = Array.from({ length: count }, (_, index) => ({
    id: `daily-${index}`,
    component: 'app',
    kind: 'logical',
    minBytes: 5,
    locations: [{ id: 'bucket', ...places, prefix: `${index}/` }],
    namePattern: '{YYYYmmdd_HHMMSS}.sql.gz',
  }));
  return Plan.parse(smallPlan({ backups, watch: { timeout } }));
}

const keyOf = (index: number, stamp: string) => `${index}/${stamp}.sql.gz`;
const isDump = (path: string) => path.endsWith('.sql.gz');

/** The same dump, as the newest of so many backups. */
async function put(stamp: string, count = 1): Promise<void> {
  for (let index = 0; index < count; index++) await world.aws.put(keyOf(index, stamp), dump, NOW);
}

const inspectorOf = (longestMs?: number) =>
  createInspector({
    clients: world.clients,
    workDir,
    shutdown: stopping.signal,
    ...(longestMs !== undefined && { longestMs }),
  });

/** What one look finds inside the newest of each backup: `null` while it was not read. */
function shapesIn(plan: Plan, inspector: ReturnType<typeof inspectorOf>) {
  const look = { now: NOW, signal: AbortSignal.timeout(20_000), known: null };
  return Promise.all(
    plan.backups.map(async (backup) => {
      const { shape } = await inspector.backup(plan, backup, look);
      return shape?.state === 'seen' ? shape.value : shape?.reason;
    }),
  );
}

/** Of objects comes a beginning, and then nearly nothing. */
const stall = () => Object.assign(world.faults, { pieceBytes: 50, pieceMs: 3_000 });
const fetched = async () => (await readdir(join(workDir, `watch-${process.pid}`)).catch(() => [])).length;

test('a dump that never comes to its end is given up, leaves nothing, and is read anew by a later look', async () => {
  await put(STAMP);
  const plan = planOf('1s');
  const inspector = inspectorOf(1_500);
  stall();

  const first = await shapesIn(plan, inspector);
  const kept = await readdir(workDir);
  const parts = await fetched();
  await until(async () => (await fetched()) === 0, 'the end of the reading');
  world.faulty.reset();
  const again = await shapesIn(planOf('20s'), inspector);

  expect(first).toEqual([null]);
  expect([kept, parts]).toEqual([[`watch-${process.pid}`], 1]);
  expect(again).toMatchObject([{ key: keyOf(0, STAMP), refused: null }]);
});

test('a dump that was written anew under its name is read anew, also when it is as long as before', async () => {
  await put(STAMP);
  const inspector = inspectorOf();
  const plan = planOf('20s');
  const [backup] = plan.backups;
  if (backup === undefined) throw new Error('the plan has a backup');
  const lookKnowing = async (known: { shape: Shape; bytes: number } | null) => {
    const look = { now: NOW, signal: AbortSignal.timeout(20_000), known };
    const looked = await inspector.backup(plan, backup, look);
    const [newest] = looked.listing?.state === 'seen' ? looked.listing.value.newest : [];
    return { shape: looked.shape?.state === 'seen' ? looked.shape.value : null, bytes: newest?.bytes ?? 0 };
  };
  const { shape, bytes } = await lookKnowing(null);
  if (shape === null) throw new Error('it was read');

  const kept = await lookKnowing({ shape: { ...shape, format: 'tar' }, bytes });
  await world.aws.put(keyOf(0, STAMP), Buffer.alloc(bytes, 'A'), NOW);
  const anew = await lookKnowing({ shape, bytes });

  expect(kept.shape).toMatchObject({ format: 'tar' });
  expect(anew.shape).toMatchObject({ refused: 'is not a PostgreSQL dump' });
});

test('two dumps are read at once, and those that wait are read as they are when their turn comes', async () => {
  await put(STAMP, 4);
  const inspector = inspectorOf();
  const plan = planOf('500ms', 4);
  const held = Promise.withResolvers<void>();
  world.faults.before = (method, path) => (method === 'GET' && isDump(path) ? held.promise : undefined);

  const read = (stamp: string) =>
    new Set(world.faulty.downloads().flatMap(({ path }) => (path.includes(stamp) ? path : []))).size;

  const first = await shapesIn(plan, inspector);
  const begun = read(STAMP);
  await put(LATER, 4);
  await shapesIn(plan, inspector);
  held.resolve();
  await until(async () => read(LATER) === 4, 'the reading of all');
  const shapes = await shapesIn(planOf('20s', 4), inspector);

  expect(first).toEqual([null, null, null, null]);
  expect(begun).toBe(2);
  expect(read(STAMP)).toBe(2);
  expect(shapes).toMatchObject([0, 1, 2, 3].map((index) => ({ key: keyOf(index, LATER), refused: null })));
});

test('a listing that takes long leaves a dump only what is left of its part of the time', async () => {
  await put(STAMP);
  stall();
  world.faults.before = (_, path) =>
    isDump(path) ? undefined : new Promise((resolve) => setTimeout(resolve, 500));
  const beganMs = performance.now();

  const shapes = await shapesIn(planOf('4s'), inspectorOf());

  expect(shapes).toEqual([null]);
  expect(performance.now() - beganMs).toBeLessThan(2_900);
});

test('at the start dumps are removed that a killed process left, and nothing else', async () => {
  const killed = spawn('sleep', ['60']);
  const gone = once(killed, 'exit');
  killed.kill('SIGKILL');
  await gone;
  const kept = ['run-7', `watch-${process.ppid}`, 'watch-x'];
  for (const name of [...kept, `watch-${killed.pid}`, `watch-${process.pid}`]) {
    await mkdir(join(workDir, name));
    await writeFile(join(workDir, name, 'a.backup.part'), 'personal data');
  }

  await sweepReadings(workDir);
  await sweepReadings(workDir);

  expect((await readdir(workDir)).sort()).toEqual(kept.sort());
});
