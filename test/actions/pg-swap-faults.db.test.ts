import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pgSwap } from '../../src/actions/pg-swap.ts';
import type { Clients } from '../../src/clients/index.ts';
import type { Session } from '../../src/clients/postgres.ts';
import { AppError } from '../../src/errors.ts';
import { type Ready, readyShop, snapshot } from './pg-ready.ts';
import { type PgWorld, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
});
afterAll(() => world.stop());

/** The real clients, but the server ends our session right before or right after the n-th statement. */
function losingConnection(at: number, when: 'before' | 'after'): { clients: Clients; struck: () => boolean } {
  let statements = 0;
  let struck = false;
  const { postgres } = world.clients;
  const cut = async () => {
    struck = true;
    await world.cluster.query(
      'postgres',
      `select pg_terminate_backend(pid, 1000) from pg_stat_activity where usename = 'dr_restore'`,
    );
  };
  const unsafe = (session: Session): Session => {
    const rows = async <Row extends QueryResultRow>(
      sql: string,
      params?: readonly unknown[],
    ): Promise<Row[]> => {
      // A lost answer matters where something was done; after a question it is like losing the next statement.
      if (when === 'before' || /^(alter|begin|comment|commit)/.test(sql)) statements += 1;
      else return session.rows<Row>(sql, params);
      if (statements !== at) return session.rows<Row>(sql, params);
      if (when === 'before') await cut();
      const result = await session.rows<Row>(sql, params);
      await cut();
      // The server did it, and the answer was lost on the way.
      if (when === 'after')
        throw new AppError('outside-unreachable', 'the answer was lost', { retry: 'later' });
      return result;
    };
    return {
      rows,
      row: async <Row extends QueryResultRow>(sql: string, params?: readonly unknown[]) => {
        const [first] = await rows<Row>(sql, params);
        if (first === undefined) throw new Error('no row');
        return first;
      },
    };
  };
  const withClient: typeof postgres.withClient = (name, database, work, options) =>
    postgres.withClient(name, database, (session) => work(unsafe(session)), options);
  return { clients: { ...world.clients, postgres: { ...postgres, withClient } }, struck: () => struck };
}

/** Whatever happened, the live database is open and is either the old one, untouched, or the restored one, complete. */
async function settledState(shop: Ready, before: Awaited<ReturnType<Ready['snapshot']>>) {
  const observed = await pgSwap.observe?.(shop.context, shop.params);
  const live = await shop.snapshot();
  const swapped = live.oid !== before.oid;
  expect(observed?.happened).toBe(swapped ? 'yes' : 'no');
  if (swapped) expect(live).toEqual({ ...before, oid: live.oid, orders: 100 });
  else expect(live).toEqual(before);
  expect((await snapshot(world, swapped ? shop.kept : 'faulty_run31')).datallowconn ?? false).toBe(false);
  return swapped;
}

test('losing the connection before or after any statement leaves live open, untouched or swapped, and observe tells which', async () => {
  const shop = await readyShop(world, 'faulty');
  const before = await shop.snapshot();
  const outcomes: string[] = [];

  for (const when of ['before', 'after'] as const) {
    for (let at = 1; ; at += 1) {
      const { clients, struck } = losingConnection(at, when);
      const result = await shop.swap({ clients }).catch((error: unknown) => error);
      const swapped = await settledState(shop, before);

      // "Done" is only said of a swap that happened, and a failure only of one that did not: it is not tried again.
      if (result instanceof AppError) expect(result.retry).toBe('never');
      expect(result instanceof AppError).toBe(!swapped);
      outcomes.push(`${when} ${at}: ${swapped ? 'swapped' : 'untouched'}`);
      if (swapped) await pgSwap.undo?.(shop.context, shop.params, {});
      expect(await shop.snapshot()).toEqual(before);
      if (!struck()) break;
    }
  }

  expect(outcomes.filter((line) => line.endsWith('swapped')).length).toBeGreaterThan(2);
  expect(outcomes.filter((line) => line.endsWith('untouched')).length).toBeGreaterThan(30);
}, 120_000);

test('a database another session holds is given back after the lock time-out', async () => {
  const shop = await readyShop(world, 'held');
  const before = await shop.snapshot();
  const holder = new Client({ connectionString: world.cluster.superuserUrl('postgres') });
  await holder.connect();
  await holder.query('begin');
  await holder.query(`comment on database held is 'being looked at'`);

  const started = performance.now();
  await expect(shop.swap()).rejects.toMatchObject({
    code: 'outside-unreachable',
    retry: 'never',
    message: expect.stringMatching(
      /held by another session.* The swap was not made: `held` is open and unchanged/,
    ),
  });

  expect(performance.now() - started).toBeLessThan(10_000);
  await holder.query('rollback');
  await holder.end();
  expect(await shop.snapshot()).toEqual(before);
});

test('an abort during the swap opens live again', async () => {
  const shop = await readyShop(world, 'aborted');
  const before = await shop.snapshot();
  const holder = new Client({ connectionString: world.cluster.superuserUrl('postgres') });
  await holder.connect();
  await holder.query('begin');
  await holder.query(`comment on database aborted is 'being looked at'`);
  const abort = new AbortController();
  setTimeout(() => abort.abort(new AppError('step-aborted', 'Ben aborted the run.')), 1_000);

  await expect(shop.swap({ signal: abort.signal })).rejects.toMatchObject({ code: 'step-aborted' });

  await holder.query('rollback');
  await holder.end();
  expect(await shop.snapshot()).toEqual(before);
});

test('a swap that stalls is given up after 10 seconds, and live is open again', async () => {
  const shop = await readyShop(world, 'stalled');
  const before = await shop.snapshot();
  const { postgres } = world.clients;
  const withClient: typeof postgres.withClient = (name, database, work, options) =>
    postgres.withClient(
      name,
      database,
      (session) =>
        work({
          ...session,
          rows: async (sql, params) => {
            if (sql.includes('rename to')) await sleep(11_000);
            return session.rows(sql, params);
          },
        }),
      options,
    );

  await expect(
    shop.swap({ clients: { ...world.clients, postgres: { ...postgres, withClient } } }),
  ).rejects.toMatchObject({
    code: 'step-timeout',
    retry: 'never',
    message: expect.stringContaining('`stalled` is open and unchanged'),
  });

  expect(await shop.snapshot()).toEqual(before);
});

test('a swap whose server is away longer than its step says that nothing is known yet', async () => {
  const shop = await readyShop(world, 'gone');

  await world.cluster.stop('immediate');
  const swap = shop.swap({ signal: AbortSignal.timeout(1_000) });
  await expect(swap).rejects.toMatchObject({ message: expect.stringContaining('is not known yet') });
  await world.cluster.start();

  expect(await pgSwap.observe?.(shop.context, shop.params)).toEqual({ happened: 'no' });
});

test('a worker that was only paused ends quietly when a later attempt is at work', async () => {
  const shop = await readyShop(world, 'paused');
  const later = new Client({
    connectionString: world.asRole('dr_restore', 'postgres'),
    application_name: 'dr-bot RUN-31/swap/2',
  });
  await later.connect();

  await expect(pgSwap.observe?.(shop.context, shop.params)).rejects.toMatchObject({ code: 'claim-lost' });

  expect((await later.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await later.end();
});

/** Runs the swap in a process of its own. */
async function worker(shop: string, env: Record<string, string>): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [new URL('pg-swap-child.ts', import.meta.url).pathname, shop], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = await once(child, 'exit');
  return signal;
}

test('a worker killed anywhere between closing live and the last answer is told apart by observe, and can be repeated', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dr-swap-trace-'));
  const traced = await readyShop(world, 'traced');
  const trace = join(folder, 'trace');
  expect(await worker('traced', { DR_HOP_TRACE: trace })).toBe(null);
  const hops = (await readFile(trace, 'utf8')).trim().split('\n');
  await rm(folder, { recursive: true });
  const dangerous = hops
    .slice(hops.findIndex((line) => line.endsWith('pg.swap.close:before')))
    .filter((line) => !line.endsWith('connect:before'));
  const before = await readyShop(world, 'killed').then(async (shop) => ({
    shop,
    state: await shop.snapshot(),
  }));

  let happened = 0;
  for (const hop of dangerous.filter(
    (line, index) => line.includes('swap') || (line.endsWith('query:after') && index % 3 === 0),
  )) {
    expect(await worker('killed', { DR_HOP_KILL: hop })).toBe('SIGKILL');
    const observed = await pgSwap.observe?.(before.shop.context, before.shop.params);
    const live = await before.shop.snapshot();

    expect(live.datallowconn).toBe(true);
    expect(observed?.happened).toBe(live.oid === before.state.oid ? 'no' : 'yes');
    if (observed?.happened === 'yes') happened += 1;
    await pgSwap.undo?.(before.shop.context, before.shop.params, {});
    expect(await before.shop.snapshot()).toEqual(before.state);
  }

  expect(happened).toBeGreaterThan(0);
  expect(await before.shop.swap()).toMatchObject({ kind: 'done' });
  expect(await pgSwap.observe?.(traced.context, traced.params)).toMatchObject({ happened: 'yes' });
}, 120_000);
