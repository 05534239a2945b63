import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PostgresCluster } from '../../sandbox/postgres.ts';
import { pgFence } from '../../src/actions/pg-fence.ts';
import { pgPromote } from '../../src/actions/pg-promote.ts';
import type { PrimarySeen } from '../../src/domain/primary.ts';
import { startServing } from './pg-fence-setup.ts';
import { type Pair, startPair, watchBoth } from './pg-standby-setup.ts';

const FENCE = { component: 'db', by: 'workload' } as const;
const PROMOTE = { component: 'db' };

let pair: Pair;
let seen: PrimarySeen;
/** The standby of the moment, on a copy of the data of the first one. */
let standby: PostgresCluster;
let serving: Awaited<ReturnType<typeof startServing>>;
let copies = 0;
let stopWatching: ReturnType<typeof watchBoth>;

beforeAll(async () => {
  pair = await startPair();
  await pair.write(3);
  await pair.caughtUp();
  seen = await pair.look();
  await pair.standby.stop();
  standby = pair.standby;
});
afterAll(() => pair.stop());
beforeEach(async () => {
  await freshStandby();
  await pair.primary.start();
  serving = await startServing(pair);
  stopWatching = watchBoth(() => [pair.primary, standby].map((server) => server.superuserUrl('postgres')));
});
afterEach(async () => {
  // The one thing that must never be, whatever was killed and when.
  const { both, looks } = await stopWatching();
  expect(both).toBe(0);
  expect(looks).toBeGreaterThan(10);
});

async function freshStandby(): Promise<void> {
  if (standby.isRunning()) await standby.stop('immediate');
  copies += 1;
  standby = await pair.copyOf(pair.standby, `standby-${copies}`);
  pair.standbyIs(standby);
}

const fenceContext = (attempt = 1) => serving.context(seen, { attempt, phase: 'run' });
const outputs = { fence: { fenced: 'db-1', by: 'workload', evidence: 'stopped' } };
const promoteContext = (attempt = 1) =>
  serving.context(seen, { step: 'promote', attempt, phase: 'run', outputs });
const isPromoted = async () =>
  (await standby.query('postgres', 'select not pg_is_in_recovery() as promoted'))[0]?.promoted === true;
const promotions = async () =>
  (await standby.query('postgres', `select from pg_ls_waldir() where name like '%.history'`)).length;
const givenBack = () => expect.poll(() => pair.primary.isRunning(), { timeout: 10_000 }).toBe(true);

/** Where the worker dies: at a hop, or so many milliseconds after it said that it promotes. */
type Death = string | number;

/** Runs the step in a process that dies there. */
async function dies(action: 'fence' | 'promote', death: Death): Promise<void> {
  const env: Record<string, string> = typeof death === 'string' ? { DR_HOP_KILL: death } : {};
  const onOutput = (kill: () => void) => {
    if (typeof death === 'number') setTimeout(kill, death);
  };
  const outputs = { fence: await fenceOutput(action) };
  expect(await serving.worker(action, { seen, outputs, env, onOutput })).toBe('SIGKILL');
}

async function fenceOutput(action: 'fence' | 'promote') {
  if (action === 'fence') return {};
  const outcome = await pgFence.run(fenceContext(), FENCE);
  return outcome.kind === 'done' ? outcome.output : {};
}

test.each(['1:k8s.patch:before', '1:k8s.patch:after'])(
  'a worker killed while it fences, at %s, leaves it done once or not at all, and the way back',
  async (death) => {
    await dies('fence', death);

    const observed = await pgFence.observe?.(fenceContext(), FENCE);
    if (observed?.happened === 'no') await pgFence.run(fenceContext(2), FENCE);

    expect(observed?.happened).toBe(death.endsWith('before') ? 'no' : 'yes');
    expect(serving.statefulSet()?.spec).toMatchObject({ replicas: 0 });
    expect(pair.primary.isRunning()).toBe(false);
    const undone = await pgFence.undo?.(fenceContext(2), FENCE, {});
    expect(undone?.summary).toBe('`db-1` back to 1 replica');
    await givenBack();
  },
);

test.each<Death>(['1:pg.promote:before', 2, '1:pg.promote:after', '1:pg.promote.finish:after'])(
  'a worker killed while it promotes, at %s, is found done or not, and a second promotion never happens',
  async (death) => {
    await dies('promote', death);

    const observed = await pgPromote.observe?.(promoteContext(), PROMOTE);
    const outcome =
      observed?.happened === 'yes' ? observed.outcome : await pgPromote.run(promoteContext(2), PROMOTE);

    expect(observed?.happened).toMatch(death === '1:pg.promote:before' ? 'no' : /^(yes|no)$/);
    if (outcome.kind !== 'done') throw new Error('not done');
    await pgPromote.verify?.(promoteContext(2), PROMOTE, outcome.output);
    expect(outcome.output).toMatchObject({ timelineBefore: 1, timelineAfter: 2 });
    expect(await promotions()).toBe(1);
    expect(await standby.query('postgres', 'select slot_name from pg_replication_slots')).toEqual([
      { slot_name: 'shop_standby' },
    ]);
    await expect(pgFence.undo?.(fenceContext(), FENCE, {})).rejects.toThrow('`db-1` stays fenced');
    expect(pair.primary.isRunning()).toBe(false);
  },
);

test.each<Death>(['1:pg.promote:before', 0])(
  'giving the fence back right after a worker was killed at %s leaves one primary, whichever',
  async (death) => {
    await dies('promote', death);

    const undone = await pgFence.undo?.(fenceContext(), FENCE, {}).catch((error: unknown) => error);

    const promoted = await isPromoted();
    if (promoted) {
      expect(undone).toMatchObject({ code: 'undo-failed' });
      expect(serving.statefulSet()?.spec).toMatchObject({ replicas: 0 });
    } else {
      expect(undone).toMatchObject({ summary: '`db-1` back to 1 replica' });
      await givenBack();
    }
    // What the dead worker may have asked for would have come by now.
    await sleep(500);
    expect(await isPromoted()).toBe(promoted);
    expect(pair.primary.isRunning()).toBe(!promoted);
  },
);
