import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PostgresCluster } from '../../sandbox/postgres.ts';
import { pgFence } from '../../src/actions/pg-fence.ts';
import { pgPromote } from '../../src/actions/pg-promote.ts';
import type { PrimarySeen } from '../../src/domain/primary.ts';
import { AppError } from '../../src/errors.ts';
import { startServing } from './pg-fence-setup.ts';
import { type Pair, type PairOptions, pairClients, pairPlan, startPair } from './pg-standby-setup.ts';

const WORKLOAD = { component: 'db', by: 'workload' } as const;
const READ_ONLY = { component: 'db', by: 'read-only' } as const;
const HOST = { component: 'db', by: 'host' } as const;

let pair: Pair;
let seen: PrimarySeen;
/** The standby's data before anything, to make promoted ones of. */
let spare: PostgresCluster;

beforeAll(async () => {
  pair = await startPair();
  await pair.write(2);
  await pair.caughtUp();
  seen = await pair.look();
  await pair.standby.stop();
  spare = await pair.copyOf(pair.standby, 'spare');
  await spare.stop();
  await pair.standby.start();
});
beforeEach(async () => {
  pair.standbyIs(pair.standby);
  await pair.primary.start();
  await pair.standby.start();
});
afterAll(() => pair.stop());

const context = (options: PairOptions = {}) =>
  pair.context(seen, { step: 'fence', phase: 'run', ...options });

/** The standby's place is taken by a copy that was promoted. */
async function promoteSpare(): Promise<void> {
  await spare.start();
  await spare.query('postgres', 'select case when pg_is_in_recovery() then pg_promote() end');
  pair.standbyIs(spare);
}

const appWrites = async () => {
  const client = new Client({ connectionString: process.env.PAIR_APP ?? '' });
  await client.connect();
  return client.query('create temporary table probe ()').finally(() => client.end());
};

test('a StatefulSet is scaled to 0 until no pod is left, and given back with the former count', async () => {
  const serving = await startServing(pair);
  const preview = await pgFence.preview(serving.context(seen, { phase: 'gate' }), WORKLOAD);

  const outcome = await pgFence.run(serving.context(seen), WORKLOAD);

  if (outcome.kind !== 'done') throw new Error('not done');
  expect(pair.primary.isRunning()).toBe(false);
  expect(serving.statefulSet()).toMatchObject({
    spec: { replicas: 0 },
    metadata: { annotations: { 'dr-bot/attempt': 'RUN-31/fence/1', 'dr-bot/previous-replicas': '1' } },
  });
  await pgFence.verify?.(serving.context(seen), WORKLOAD, outcome.output);
  expect(outcome.output).toEqual({
    fenced: 'db-1',
    by: 'workload',
    evidence: '`db-1` in `shop` has 0 replicas and no pod',
    previous: 1,
  });
  expect(await pgFence.observe?.(serving.context(seen, { attempt: 2 }), WORKLOAD)).toMatchObject({
    happened: 'yes',
  });
  expect(preview).toMatchObject({
    lines: [
      'Old primary `db-1`: StatefulSet `db-1` in `shop`, 1 → 0 replicas, until none of its pods is left',
    ],
    bound: { by: 'workload', namespace: 'shop', name: 'db-1', uid: serving.statefulSet()?.metadata.uid },
    shown: [{ name: 'db-1', value: '1 replica, 1 running' }],
    undo: ['`db-1` goes back to 1 replica, only while `db-2` is not promoted'],
    blocked: [],
  });

  const undone = await pgFence.undo?.(serving.context(seen), WORKLOAD, outcome.output);
  const again = await pgFence.undo?.(serving.context(seen), WORKLOAD, {});

  expect([undone?.summary, again?.summary]).toEqual(Array(2).fill('`db-1` back to 1 replica'));
  await expect.poll(() => pair.primary.isRunning(), { timeout: 5_000 }).toBe(true);
});

test('a primary that still answers as writable after fencing stops the run', async () => {
  // The StatefulSet is not what runs the server that answers.
  const serving = await startServing(pair, { start: async () => {}, stop: async () => {} });
  const outcome = await pgFence.run(serving.context(seen), WORKLOAD);
  if (outcome.kind !== 'done') throw new Error('not done');

  const verifying = pgFence.verify?.(serving.context(seen), WORKLOAD, outcome.output);

  await expect(verifying).rejects.toThrow(
    /^The old primary still answers as writable after fencing: `db-1` answers as writable/,
  );
});

test('what the cluster would refuse or undo is said before anything happens', async () => {
  const serving = await startServing(pair);
  const blocked = async () =>
    (await pgFence.preview(serving.context(seen, { phase: 'gate' }), WORKLOAD)).blocked;

  serving.control.patch('statefulsets', 'shop', 'db-1', {
    metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/StatefulSet:shop/db-1' } },
  });
  const argo = await blocked();
  serving.control.patch('statefulsets', 'shop', 'db-1', {
    metadata: {
      annotations: { 'argocd.argoproj.io/tracking-id': null },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Cluster', name: 'shop', uid: 'u', controller: true }],
    },
  });
  const operator = await blocked();
  await expect(pgFence.run(serving.context(seen), WORKLOAD)).rejects.toMatchObject({
    code: 'target-refused',
  });
  serving.control.remove('statefulsets', 'shop', 'db-1');

  expect(argo).toEqual([expect.stringMatching(/^Argo CD owns `db-1`.*annotate statefulset db-1 -n shop/)]);
  expect(operator).toEqual([expect.stringMatching(/^Cluster `shop` owns statefulset `db-1`.*operator/)]);
  expect(await blocked()).toEqual([
    'Cluster `janua` has no statefulset `db-1` in `shop`. Correct server in the plan.',
  ]);
});

test('a plan that does not say as what the server runs is told so', async () => {
  const { blocked } = await pgFence.preview(context(), WORKLOAD);

  expect(blocked).toEqual([
    expect.stringContaining('Give it `server` with cluster, namespace and statefulSet'),
  ]);
});

test('nothing is fenced without a standby behind it', async () => {
  const serving = await startServing(pair);
  await promoteSpare();
  const promoted = await pgFence.preview(serving.context(seen, { phase: 'gate' }), WORKLOAD);
  await spare.stop();
  const away = await pgFence.preview(serving.context(seen, { phase: 'gate' }), WORKLOAD);

  expect(promoted.blocked).toEqual([expect.stringContaining('`db-2` is a primary already, on timeline 2')]);
  expect(away.blocked).toEqual([expect.stringContaining('Without it nothing can take over: start `db-2`')]);
});

test('the old primary is not given back once its standby is promoted, or while nobody can tell', async () => {
  const serving = await startServing(pair);
  const outcome = await pgFence.run(serving.context(seen), WORKLOAD);
  if (outcome.kind !== 'done') throw new Error('not done');
  const undo = () => pgFence.undo?.(serving.context(seen), WORKLOAD, outcome.output);

  await promoteSpare();
  await expect(undo()).rejects.toMatchObject({
    code: 'undo-failed',
    message: expect.stringMatching(/^`db-1` stays fenced: `db-2` has become the primary, on timeline 2/),
  });
  await spare.stop();
  await expect(undo()).rejects.toMatchObject({ code: 'outside-unreachable' });

  expect(serving.statefulSet()).toMatchObject({ spec: { replicas: 0 } });
  expect(pair.primary.isRunning()).toBe(false);
});

test('giving back what was never stopped leaves it alone', async () => {
  const serving = await startServing(pair);

  const undone = await pgFence.undo?.(serving.context(seen), WORKLOAD, {});

  expect(undone?.summary).toBe('nothing to take back: `db-1` was not stopped');
  expect(serving.statefulSet()).toMatchObject({ spec: { replicas: 1 } });
});

test('a promotion asked for only a moment before keeps the old primary fenced', async () => {
  const serving = await startServing(pair);
  const { output } = await fenced(serving);
  await pair.standby.stop();
  const asked = await pair.copyOf(pair.standby, 'asked');
  pair.standbyIs(asked);
  // The server gets to it a while later.
  const [startup] = await asked.query(
    'postgres',
    `select pid from pg_stat_activity where backend_type = 'startup'`,
  );
  process.kill(Number(startup?.pid), 'SIGSTOP');
  await asked.query('postgres', 'select pg_promote(false)');
  setTimeout(() => process.kill(Number(startup?.pid), 'SIGCONT'), 500);

  const undoing = pgFence.undo?.(serving.context(seen), WORKLOAD, output);

  await expect(undoing).rejects.toThrow('`db-1` stays fenced: `db-2` has become the primary');
  expect(serving.statefulSet()).toMatchObject({ spec: { replicas: 0 } });
  await asked.stop();
});

test('a promotion does not begin once the fence is being given back or was scaled up by others', async () => {
  const serving = await startServing(pair);
  const { output } = await fenced(serving);
  const promote = () =>
    pgPromote.run(serving.context(seen, { step: 'promote', outputs: { fence: output } }), {
      component: 'db',
    });

  serving.control.patch('statefulsets', 'shop', 'db-1', {
    metadata: { annotations: { 'dr-bot/attempt': 'RUN-31/fence/1/undone' } },
  });
  await expect(promote()).rejects.toThrow('StatefulSet `db-1` of the old primary is given back');
  serving.control.patch('statefulsets', 'shop', 'db-1', {
    metadata: { annotations: { 'dr-bot/attempt': 'RUN-31/fence/1' } },
  });
  // Its pod is not there yet: the primary is silent, and would come back.
  await serving.control.setProgram('shop', 'db-1', {
    start: () => new Promise(() => {}),
    stop: async () => {},
  });
  serving.control.patch('statefulsets', 'shop', 'db-1', { spec: { replicas: 1 } });
  await expect(promote()).rejects.toThrow('StatefulSet `db-1` of the old primary asks for 1 replica');

  expect(await pair.standby.query('postgres', 'select pg_is_in_recovery() as is')).toEqual([{ is: true }]);
});

test('giving the fence back ends the session of a worker that was paused before it promoted', async () => {
  const serving = await startServing(pair);
  const { output } = await fenced(serving);
  const paused = new Client({
    connectionString: pair.loginTo(pair.standby),
    application_name: 'dr-bot RUN-31/promote/1',
  });
  paused.on('error', () => undefined);
  await paused.connect();

  await pgFence.undo?.(serving.context(seen), WORKLOAD, output);

  await expect(paused.query('select pg_promote(false)')).rejects.toThrow();
  expect(await pair.standby.query('postgres', 'select pg_is_in_recovery() as is')).toEqual([{ is: true }]);
  await expect.poll(() => pair.primary.isRunning(), { timeout: 5_000 }).toBe(true);
});

async function fenced(serving: Awaited<ReturnType<typeof startServing>>) {
  const outcome = await pgFence.run(serving.context(seen), WORKLOAD);
  if (outcome.kind !== 'done') throw new Error('not done');
  return outcome;
}

test('a host counts as off when a person says how they know and nothing answers there', async () => {
  const evidence = 'Ben pulled the plug, iLO says off';
  const preview = (given?: string, phase: 'plan' | 'gate' = 'gate') =>
    pgFence.preview(context({ phase }), { ...HOST, ...(given !== undefined && { evidence: given }) });

  const [nobody, empty, planned] = [
    await preview(),
    await preview(' '),
    await preview('${off.evidence}', 'plan'),
  ];
  await expect(pgFence.run(context(), { ...HOST, evidence })).rejects.toThrow(
    'The host of `db-1` should be off, and it answers as writable',
  );
  await pair.primary.kill();
  const asked = await preview(evidence);
  const outcome = await pgFence.run(context(), { ...HOST, evidence });

  expect([nobody.blocked[0], empty.blocked[0]]).toEqual(
    Array(2).fill(expect.stringMatching(/^Nobody has said how they know.*manual step/)),
  );
  expect(planned.blocked).toEqual([]);
  expect(asked).toMatchObject({ bound: { by: 'host', connection: 'db-1', evidence }, blocked: [] });
  expect(outcome).toMatchObject({
    output: { by: 'host', evidence: expect.stringMatching(/^Ben pulled the plug.*`db-1` does not answer/) },
  });
  await expect(pgFence.run(context(), HOST)).rejects.toThrow('Nobody has said how they know');
});

test('a role that may not lock the primary is told what to grant', async () => {
  const url = process.env.PAIR_PRIMARY ?? '';
  process.env.PAIR_PRIMARY = pair.loginTo(pair.primary, 'watcher');

  const { blocked } = await pgFence.preview(context({ clients: pairClients() }), READ_ONLY);

  process.env.PAIR_PRIMARY = url;
  expect(blocked).toEqual([
    'The bot may not make `db-1` read-only. As its administrator, in the database postgres: grant alter system on parameter default_transaction_read_only to "watcher"; grant execute on function pg_reload_conf() to "watcher"; grant "shop_owner" to "watcher";',
  ]);
});

test('a primary that is locked in place goes on answering and takes no write, until it is given back', async () => {
  const preview = await pgFence.preview(context({ phase: 'gate' }), READ_ONLY);
  const session = new Client({ connectionString: process.env.PAIR_APP ?? '' });
  session.on('error', () => undefined);
  await session.connect();

  const outcome = await pgFence.run(context(), READ_ONLY);

  if (outcome.kind !== 'done') throw new Error('not done');
  await expect(session.query('select 1')).rejects.toThrow();
  await expect(appWrites()).rejects.toMatchObject({ code: '55000' });
  await pgFence.verify?.(context(), READ_ONLY, outcome.output);
  expect(outcome.output).toEqual({
    fenced: 'db-1',
    by: 'read-only',
    evidence: 'read-only, and `shop` refuses `shop_app`: closed to connections',
  });
  expect(await pgFence.observe?.(context(), READ_ONLY)).toMatchObject({ happened: 'yes' });
  const [streams] = await pair.standby.query('postgres', 'select status from pg_stat_wal_receiver');
  expect(streams).toEqual({ status: 'streaming' });
  expect(preview).toMatchObject({
    lines: ['Old primary `db-1`: read-only, `shop` closed to connections, its sessions ended'],
    blocked: [],
  });

  const undone = await pgFence.undo?.(context(), READ_ONLY, outcome.output);

  expect(undone?.summary).toBe('`shop` on `db-1` is open again');
  await appWrites();
  expect(await pgFence.observe?.(context(), READ_ONLY)).toEqual({ happened: 'no' });
});

test('a locked primary may be promoted away from, and stays locked afterwards', async () => {
  const outcome = await pgFence.run(context(), READ_ONLY);
  if (outcome.kind !== 'done') throw new Error('not done');
  await pair.standby.stop();
  const fresh = await pair.copyOf(pair.standby, 'fresh');
  pair.standbyIs(fresh);

  await pgPromote.run(context({ step: 'promote', outputs: { fence: outcome.output } }), { component: 'db' });
  const undoing = pgFence.undo?.(context(), READ_ONLY, outcome.output);

  await expect(undoing).rejects.toThrow(AppError);
  await expect(appWrites()).rejects.toMatchObject({ code: '55000' });
  const [locked] = await pair.primary.query('postgres', 'show default_transaction_read_only');
  expect(locked).toEqual({ default_transaction_read_only: 'on' });
});

test('a lock that is half given back is closed again when the standby turns out to be promoted', async () => {
  const clients = pairClients();
  const { postgres } = clients;
  const withClient: typeof postgres.withClient = (name, database, work, options) =>
    postgres.withClient(
      name,
      database,
      (session) =>
        work({
          ...session,
          rows: async (sql, params) => {
            if (sql.startsWith('alter system reset')) await promoteSpare();
            return session.rows(sql, params);
          },
        }),
      options,
    );
  const outcome = await pgFence.run(context(), READ_ONLY);
  if (outcome.kind !== 'done') throw new Error('not done');
  const late = context({ clients: { ...clients, postgres: { ...postgres, withClient } } });

  await expect(pgFence.undo?.(late, READ_ONLY, outcome.output)).rejects.toThrow('`db-1` stays fenced');

  await expect(appWrites()).rejects.toMatchObject({ code: '55000' });
  await expect
    .poll(() => pair.primary.query('postgres', 'show default_transaction_read_only'))
    .toEqual([{ default_transaction_read_only: 'on' }]);
});

test('by hand, every way of fencing is a page of commands', () => {
  const plan = pairPlan({ server: true });

  expect(pgFence.byHand?.(WORKLOAD, plan)).toContain(
    'kubectl scale statefulset db-1 -n shop --context janua --replicas=0',
  );
  expect(pgFence.byHand?.(READ_ONLY, plan)[0]).toContain('allow_connections false');
  expect(pgFence.byHand?.(HOST, plan)[0]).toContain('switch the host of db-1 off');
});
