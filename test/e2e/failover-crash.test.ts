import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bot, startBot } from '../../sandbox/bot.ts';
import { watchWritable } from '../../sandbox/demo/writable.ts';
import { startWorld, type VezaWorld } from '../../sandbox/world.ts';
import { createFailoverRun, type FailoverRun } from '../helpers/failover-run.ts';

/** Whole failovers whose worker is killed -9 at every step with an effect, one after the other in the same run. */
let world: VezaWorld;
let bot: Bot;
let failover: FailoverRun;
let incident: string;
let writable: ReturnType<typeof watchWritable>;

beforeAll(async () => {
  world = await startWorld({
    platforms: ['veza'],
    kubernetes: { podStartMs: [100, 200], podStopMs: [100, 200] },
  });
  bot = await startBot(world, { slack: 'off' });
  failover = createFailoverRun(world, bot);
  incident = await failover.people.declare('ana', 'veza', 'sev1', 'Messages cannot be sent');
});
afterAll(async () => {
  await bot?.stop();
  await world?.stop();
});

beforeEach(async () => {
  if (await failover.isPromoted()) await failover.switchBack();
  world.veza.kubernetes.control.clearRequests();
  writable = watchWritable(world.veza);
});
afterEach(async () => {
  // The one thing that must never be, whatever was killed and when.
  const { both, samples } = await writable.stop();
  expect(both).toBe(0);
  expect(samples).toBeGreaterThan(50);
  expect(await failover.people.dr('ana', 'audit', 'verify')).toContain('Chain unbroken');
});

/** How the log tells a step: `again` = it had not happened and was run once more, `found` = it was seen to have happened. */
type Told = 'again' | 'found';
const AGAIN = ['step.started 1', 'step.started 2', 'step.finished 2 run'];
const FOUND = ['step.started 1', 'step.finished 1 observed'];

async function tale(id: string, step: string): Promise<readonly string[]> {
  return (await failover.people.events(id))
    .filter((event) => event.step === step)
    .map(({ kind, attempt, known }) => [kind, attempt, known].filter((word) => word !== undefined).join(' '));
}

const uncertain = (id: string, step: string) =>
  failover.people.until(id, `the doubt about ${step}`, ({ run }) =>
    run.steps[step]?.status.is === 'uncertain' ? run.steps[step] : undefined,
  );

type Death = { fence: string; promote: string; secret: string; restart: string };

test('the old primary is started again after the worker that fenced it died: nothing is promoted, and a person is asked', async () => {
  const { veza } = world;
  await failover.losePrimary('1:k8s.patch:after');
  const id = await failover.begin(incident);
  await failover.approvePromotion(id);

  await failover.dieAndGoOn(undefined, async () => {
    veza.kubernetes.control.patch('statefulsets', 'veza-production', 'veza-db-1', { spec: { replicas: 1 } });
    await veza.damage.returnPrimary();
  });
  const { status } = await uncertain(id, 'fence');
  await failover.people.dr('ana', 'abort', 'veza-db-1 is back');
  const { run } = await failover.people.untilOver(id);

  expect(status).toMatchObject({
    attempt: 1,
    seen: [
      'The worker stopped during the step.',
      '`veza-db-1` was scaled to 0 by this step, and has 1 replica now',
    ],
  });
  expect(run.outcome).toBe('aborted');
  expect(run.steps.promote?.status.is ?? 'pending').toBe('pending');
  expect(await failover.isPromoted()).toBe(false);
  expect(failover.statefulSet().spec.replicas).toBe(1);
  expect(await failover.writesTo()).toBe('veza-db-1');
});

type Deaths = readonly [where: string, death: Death, told: Record<keyof Death, readonly Told[]>];

/** Each in a story of its own. Fencing and promoting alone are killed everywhere in `test/actions/`. */
const EVERYWHERE: readonly Deaths[] = [
  [
    'before each of their effects',
    {
      fence: '1:k8s.patch:before',
      promote: '1:pg.promote:before',
      secret: '1:k8s.patch:before',
      restart: '1:action.run:restart:before',
    },
    { fence: ['again'], promote: ['again'], secret: ['again'], restart: ['again'] },
  ],
  [
    'in the middle of each of them, right after a call',
    {
      fence: '1:k8s.patch:after',
      promote: '1:pg.promote:after',
      secret: '1:k8s.patch:after',
      // One application is asked to restart; the other may be.
      restart: '1:k8s.patch:after',
    },
    { fence: ['found'], promote: ['found'], secret: ['found'], restart: ['again', 'found'] },
  ],
  [
    'after each of them, before it is recorded',
    {
      fence: '1:action.run:fence:after',
      promote: '1:action.run:promote:after',
      secret: '1:action.run:secret:after',
      restart: '1:action.run:restart:after',
    },
    { fence: ['found'], promote: ['found'], secret: ['found'], restart: ['found'] },
  ],
];
/** One story that has some of each. */
const HERE_AND_THERE: Deaths = [
  'before one effect, in the middle of another, after the others',
  {
    fence: '1:action.run:fence:after',
    promote: '1:pg.promote:after',
    secret: '1:k8s.patch:before',
    restart: '1:action.run:restart:after',
  },
  { fence: ['found'], promote: ['found'], secret: ['again'], restart: ['found'] },
];

test.each(process.env.DR_CRASH === 'all' ? EVERYWHERE : [HERE_AND_THERE])(
  'workers killed %s: the run is done, and every step of it once',
  async (_, death, told) => {
    const { primary, standby, url } = world.veza;
    const before = {
      ...(await failover.timelinesOf(primary)),
      secret: failover.secret(),
      templates: failover.templates(),
    };
    await failover.losePrimary(death.fence);
    const id = await failover.begin(incident);

    await failover.approvePromotion(id);
    await failover.dieAndGoOn(death.promote);
    await failover.dieAndGoOn(death.secret);
    await failover.approveSwitch(id);
    await failover.dieAndGoOn(death.restart);
    await failover.dieAndGoOn();
    const { run } = await failover.untilOver(id);

    expect(run.outcome).toBe('done');
    for (const [step, ways] of Object.entries(told))
      expect(ways.map((way) => (way === 'again' ? AGAIN : FOUND))).toContainEqual(await tale(id, step));
    const { timeline, histories } = await failover.timelinesOf(standby);
    expect(timeline).toBe(before.timeline + 1);
    expect(histories.filter((name) => !before.histories.includes(name))).toEqual([
      `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`,
    ]);
    expect(failover.patched().toSorted()).toEqual([
      'deployments/veza-backend-api',
      'deployments/veza-chat-server',
      'secrets/veza-secrets',
      'statefulsets/veza-db-1',
    ]);
    expect(failover.statefulSet().metadata.annotations).toMatchObject({
      'dr-bot/attempt': `${id}/fence/${told.fence.includes('again') ? 2 : 1}`,
      'dr-bot/previous-replicas': '1',
    });
    expect(failover.secret()).toEqual({
      ...before.secret,
      'database-url': url(standby, 'veza_user'),
      [`database-url.before-${id.toLowerCase()}`]: url(primary, 'veza_user'),
    });
    const made = failover.templates().filter((name) => !before.templates.includes(name));
    expect(made.map((name) => name.replace(/-[^-]+$/, '')).toSorted()).toEqual([
      'veza-backend-api',
      'veza-chat-server',
    ]);
    expect(await failover.writesTo()).toBe('veza-db-2');
  },
);

test('the standby is away when the next worker looks whether it was promoted: a person is asked, and it is promoted once', async () => {
  const { primary, standby } = world.veza;
  const before = await failover.timelinesOf(primary);
  await failover.losePrimary('1:pg.promote:after');
  const id = await failover.begin(incident);
  await failover.approvePromotion(id);

  await failover.dieAndGoOn(undefined, () => standby.kill());
  const { status } = await uncertain(id, 'promote');
  await standby.start();
  await failover.people.dr('ana', 'step', 'look', 'promote');
  await failover.people.until(
    id,
    'the promotion',
    ({ run }) => run.steps.promote?.status.is === 'done' || undefined,
  );

  expect(status).toMatchObject({
    attempt: 1,
    seen: ['The worker stopped during the step.', expect.stringContaining('`veza-db-2`')],
    howToTell: expect.stringContaining('pg_is_in_recovery'),
  });
  const { timeline, histories } = await failover.timelinesOf(standby);
  expect(timeline).toBe(before.timeline + 1);
  expect(histories).toHaveLength(before.histories.length + 1);
  expect(failover.statefulSet().spec.replicas).toBe(0);
});
