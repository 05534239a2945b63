import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bot, startBot } from '../../sandbox/bot.ts';
import { startTcpProxy, type TcpFault, type TcpProxy } from '../../sandbox/tcp-proxy.ts';
import { startWorld, type World } from '../../sandbox/world.ts';
import { databaseFacts } from '../helpers/database-facts.ts';
import { createRestoreRun, type RestoreRun } from '../helpers/restore-run.ts';

/** Whole restores whose swap fails, with the real bot and real PostgreSQL (Must show 5). */
let world: World;
let proxy: TcpProxy;
let bot: Bot;
let restore: RestoreRun;
let incident: string;

beforeAll(async () => {
  world = await startWorld({ share: 0.1 });
  proxy = await startTcpProxy({ port: world.cluster.port });
  const throughProxy = (url: string) => Object.assign(new URL(url), { port: String(proxy.port) }).href;
  const env = {
    ...world.env,
    JANUA_PG_URL: throughProxy(world.env.JANUA_PG_URL),
    JANUA_APP_PG_URL: throughProxy(world.env.JANUA_APP_PG_URL),
    JANUA_WORKER_PG_URL: throughProxy(world.env.JANUA_WORKER_PG_URL),
  };
  bot = await startBot({ ...world, env }, { slack: 'off' });
  restore = createRestoreRun(world, bot);
  // More of what belongs to a database and is in no dump.
  await world.cluster.psql(
    'postgres',
    `comment on database janua is 'Sign-in. Ask Platform.';
     grant temporary on database janua to janua_app with grant option;
     alter role janua_app in database janua set work_mem = '8MB';`,
  );
  await world.damage.deleteRows();
  incident = await restore.declare();
});

afterAll(async () => {
  await bot?.stop();
  await proxy?.stop();
  await world?.stop();
});

/** Everything the gate's undo must give back. */
const janua = async () => ({
  database: await databaseFacts(world.cluster, 'janua'),
  api: restore.replicas('janua-api'),
  worker: restore.replicas('janua-worker'),
  hpa: world.kubernetes.control.get('horizontalpodautoscalers', 'janua', 'janua-api')?.spec,
});

/** Restores, lets two people approve, has the fault strike the swap, and waits for the end. */
async function runInto(strike: () => Promise<unknown>) {
  const id = await restore.start(incident);
  const approval = await restore.untilApproval(id);
  await restore.people.vote('ana', approval);
  const struck = strike();
  await restore.people.vote('ben', approval);
  await struck;
  const over = await restore.untilOver(id);
  expect(over.approvals).toMatchObject([
    { status: { is: 'used' }, votes: [{ person: 'ana' }, { person: 'ben' }] },
  ]);
  const events = await restore.people.events(id);
  return { ...over, log: events.slice(events.findIndex(({ kind }) => kind === 'gate.opened')) };
}

/** The server is away from the moment of the fault, and comes back. */
async function away(fault: TcpFault, ms: number) {
  await proxy.fault({ ...fault, down: true });
  await sleep(ms);
  proxy.up();
}

async function expectUndone({ run, log }: Awaited<ReturnType<typeof runInto>>, reason: RegExp) {
  const scratch = `janua_${run.id.toLowerCase().replace('-', '')}`;
  expect(run.outcome).toBe('undone');
  // The log of the gate, whole: it failed once, was taken back backwards, and nobody was asked anything.
  expect(log).toMatchObject([
    { kind: 'gate.opened' },
    { kind: 'step.started', step: 'stop' },
    { kind: 'step.finished', step: 'stop' },
    { kind: 'step.started', step: 'swap', attempt: 1 },
    { kind: 'step.failed', step: 'swap', reason: expect.stringMatching(reason) },
    { kind: 'undo.started', gate: 'cut-over', reason: expect.stringMatching(reason) },
    {
      kind: 'step.undone',
      step: 'swap',
      summary: 'nothing was swapped; `janua` is open',
      facts: [{ name: 'restored copy, closed', value: expect.stringContaining(`\`${scratch}\``) }],
    },
    {
      kind: 'step.undone',
      step: 'stop',
      summary: '`janua-api` back to 4 replicas, `janua-worker` back to 2 replicas',
    },
    { kind: 'gate.closed', outcome: 'undone' },
    { kind: 'run.finished', outcome: 'undone' },
  ]);
  expect(await doorOf(scratch)).toMatchObject({ datallowconn: false });
  const serves = () => world.app.isServing() && world.worker.isConnected();
  await expect.poll(serves, { timeout: 10_000 }).toBe(true);
}

async function doorOf(name: string) {
  const find = 'select oid::text, datallowconn from pg_database where datname = $1';
  return (await world.cluster.query('postgres', find, [name]))[0];
}

test('a prepared transaction is in the way: the gate is undone', async () => {
  const before = await janua();

  const over = await runInto(async () => {
    // After the gate's own look, which would refuse it: as soon as nothing serves any more.
    for (let looks = 0; looks < 3000 && restore.replicas('janua-api') !== 0; looks++) await sleep(10);
    await world.janua.query("begin; create table in_the_way (); prepare transaction 'in-the-way'");
  });
  await world.janua.query("rollback prepared 'in-the-way'");

  await expectUndone(over, /prepared transaction `in-the-way`/);
  expect(await janua()).toEqual(before);
});

test('the connection is lost before the renames and the server is away for a while: the gate is undone', async () => {
  const before = await janua();

  const over = await runInto(() => away({ at: 'rename to', lose: 'request' }, 3_000));

  await expectUndone(over, /does not answer .* The swap was not made: `janua` is open and unchanged/);
  expect(await janua()).toEqual(before);
});

test('the connection is lost between the renames and the server does not notice: the gate is undone', async () => {
  const before = await janua();

  const over = await runInto(() => proxy.fault({ at: 'rename to "janua"', lose: 'request', halfOpen: true }));

  await expectUndone(over, /does not answer .* The swap was not made: `janua` is open and unchanged/);
  expect(await janua()).toEqual(before);
});

test('the deadline passes because somebody holds the database: the gate is undone', async () => {
  const before = await janua();
  // Nobody's session can be ended for it: what was prepared waits for somebody to finish it.
  await world.cluster.query(
    'postgres',
    "begin; alter database janua connection limit 1; prepare transaction 'held'",
  );

  const over = await runInto(async () => undefined);
  await world.cluster.query('postgres', "rollback prepared 'held'");

  await expectUndone(over, /not done within 10 s, so it was not made: `janua` is open and unchanged/);
  expect(await janua()).toEqual(before);
});

test('the answer to the commit is lost: the swap is seen to have happened, and the run goes on to its end', async () => {
  const before = await janua();

  const { run, log } = await runInto(() => away({ at: 'commit', lose: 'reply' }, 3_000));

  expect(run.outcome).toBe('done');
  expect(log).toContainEqual(
    expect.objectContaining({ kind: 'step.finished', step: 'swap', attempt: 1, known: 'run' }),
  );
  const after = await janua();
  expect(after.database.oid).not.toBe(before.database.oid);
  expect(after.database.access).toEqual(before.database.access);
  expect(after).toMatchObject({ api: 4, worker: 2, hpa: before.hpa });
  const { sessions: _, ...counts } = await world.janua.countRows();
  expect(world.janua.truth.rowsInNewestGood).toMatchObject(counts);
  const kept = `janua_before_${run.id.toLowerCase().replace('-', '')}`;
  expect(await doorOf(kept)).toEqual({ oid: before.database.oid, datallowconn: false });
  expect(await restore.people.dr('ana', 'audit', 'verify')).toContain('Chain unbroken');
});
