import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pgClose } from '../../src/actions/pg-close.ts';
import { pgIntegrity } from '../../src/actions/pg-integrity.ts';
import { pgRestore } from '../../src/actions/pg-restore.ts';
import { type PgWorld, shopPlan, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
let backup: Buffer;
beforeAll(async () => {
  world = await startPgWorld();
  await world.createShop('shop');
  backup = await world.dump('shop', 'custom');
});
afterAll(() => world.stop());

const one = async (database: string, sql: string) =>
  Object.values((await world.cluster.query(database, sql))[0] ?? {})[0];
const healthy = { customers: 200, orders: 1000, audit: 50, hits: 1, 'Back Office.Notes': 30 };
const baselineOf = (rows: Record<string, number>) => async () => ({
  at: new Date('2026-11-21T01:00:00Z'),
  rows,
});

let lastRun = 200;
/** A restored copy, with something done to it by a superuser, checked with everything. */
async function check(damage = '', more: { params?: object; context?: object } = {}) {
  lastRun += 1;
  const run = `RUN-${lastRun}`;
  const database = `shop_run${lastRun}`;
  const context = world.context('shop', { run, baseline: baselineOf(healthy), ...more.context });
  await pgRestore.run(world.context('shop', { run }), {
    component: 'db',
    jobs: 2,
    ...(await world.fetched(backup)),
  });
  if (damage !== '') await world.cluster.psql(database, damage);
  const params = pgIntegrity.schema.parse({ component: 'db', database, ...more.params });
  const outcome = pgIntegrity.run(context, params);
  await outcome.catch(() => undefined);
  return { outcome, database, context };
}

describe('a whole copy', () => {
  test('passes every check, each with its figures, and is marked as verified with its counts', async () => {
    const { outcome, database } = await check();

    const done = await outcome;
    expect(done).toMatchObject({
      kind: 'done',
      summary: '1,281 rows in 5 tables',
      output: {
        tables: 5,
        rows: 1281,
        checks: {
          rows: 'pass',
          foreignKeys: 'pass',
          constraints: 'pass',
          sequences: 'pass',
          grants: 'pass',
          extensions: 'pass',
          auditChain: 'pass',
          amcheck: 'not known',
        },
      },
    });
    expect(done).toMatchObject({
      facts: [
        {
          name: 'row counts',
          value: 'pass: 1,281 rows in 5 tables, compared with the counts of 2026-11-21 01:00 UTC',
        },
        { name: 'foreign keys', value: 'pass: 1 foreign key, 0 broken' },
        { name: 'constraints and indexes', value: 'pass: all valid' },
        { name: 'sequences', value: 'pass: 3 sequences ahead' },
        {
          name: 'application roles',
          value: expect.stringMatching(/^pass: 2 roles logged in and read \d+ tables$/),
        },
        { name: 'extensions', value: 'pass: 2 extensions as in live' },
        { name: 'audit chain', value: 'pass: 50 of 50 links' },
        { name: 'index contents', value: 'not known: the extension amcheck is not there' },
      ],
    });
    const mark = JSON.parse(
      String(
        await one(
          'postgres',
          `select shobj_description(oid, 'pg_database') from pg_database where datname = '${database}'`,
        ),
      ),
    );
    expect(mark).toMatchObject({ phase: 'verified', rows: healthy });
  });

  test('without a baseline says so and does not call it a pass', async () => {
    const { outcome } = await check('', { context: { baseline: async () => undefined } });

    expect(await outcome).toMatchObject({
      output: { checks: { rows: 'not known' } },
      facts: expect.arrayContaining([
        { name: 'row counts', value: 'not known: 1,281 rows in 5 tables; no baseline to compare with' },
      ]),
    });
  });

  test('is read with amcheck where the extension is there', async () => {
    const { outcome } = await check(
      'create extension amcheck; grant execute on function bt_index_check(regclass, boolean) to dr_restore;',
      { params: { checks: ['amcheck'] } },
    );

    expect(await outcome).toMatchObject({
      facts: [{ name: 'index contents', value: expect.stringMatching(/^pass: \d+ indexes read$/) }],
    });
  });

  test('names constraints that are not validated', async () => {
    const { outcome } = await check(
      'alter table orders add constraint positive check (total > 0) not valid;',
    );

    expect(await outcome).toMatchObject({
      facts: expect.arrayContaining([
        {
          name: 'constraints and indexes',
          value: 'pass: all indexes valid; NOT VALID as in the backup: `orders.positive`',
        },
      ]),
    });
  });

  test('whose live database is gone is checked as far as it can be', async () => {
    const gone = shopPlan('nowhere', { restore: { into: 'shop', freeBytes: 1e10 } });
    const { outcome } = await check('', { context: { plan: gone } });

    expect(await outcome).toMatchObject({
      output: { checks: { grants: 'not known', extensions: 'not known', foreignKeys: 'pass' } },
    });
  });
});

describe('a copy fails', () => {
  const broken: readonly [name: string, damage: string, message: RegExp, params?: object][] = [
    [
      'when rows are missing',
      `set session_replication_role = replica; delete from orders where id > 760`,
      /^Expected 1,281 rows or more in 5 tables, found 1,041 \(−18\.7%\)\. `orders` is missing 240\./,
    ],
    ['when a table is missing', 'drop table hits', /`hits` does not exist\./],
    [
      'when a small table is empty although the sum is nearly right',
      'truncate hits',
      /`hits` is missing 1\./,
    ],
    [
      'when fewer rows are there than the plan expects',
      'select 1',
      /`orders` is missing 4,000/,
      { expect: { orders: 5000 } },
    ],
    [
      'when a foreign key has orphans',
      `set session_replication_role = replica; delete from customers where id <= 2`,
      /Foreign keys: 10 rows of `orders` without a parent \(`orders_customer_id_fkey`\)/,
    ],
    [
      'when a sequence is behind its column',
      `select setval('orders_id_seq', 5)`,
      /Sequences: behind their column: `orders_id_seq`/,
    ],
    [
      'when a role lost a right it has in live',
      'revoke insert on orders from shop_app',
      /Application roles: rights differ: `missing: shop_app insert table public\.orders`/,
    ],
    [
      'when a role has a right it lacks in live',
      'grant delete on audit to shop_worker',
      /not in live: shop_worker delete table public\.audit/,
    ],
    [
      'when a role cannot really log in and read',
      'revoke usage on schema public from public; grant usage on schema public to shop_app',
      /shop_worker/,
    ],
    [
      'when a role may read a view whose owner may not',
      'alter view big_orders owner to stranger',
      /Application roles: as `shop_worker`: .*permission denied for (table|view) orders/,
    ],
    ['when an extension is missing', 'drop extension pgcrypto', /Extensions: missing: `pgcrypto`/],
    [
      'when a link of the audit chain was changed',
      `update audit set detail = 'nothing' where id = 7`,
      /Audit chain: the chain in `audit` is broken at 1 row, first at id 7/,
    ],
    [
      'when a link of the audit chain was cut out',
      `delete from audit where id = 20; select 1`,
      /broken at 1 row, first at id 21/,
    ],
    [
      'when an index is not valid',
      `update pg_index set indisvalid = false where indexrelid = 'orders_customer'::regclass`,
      /indexes that are not valid: `orders_customer`/,
    ],
  ];
  for (const [name, damage, message, params] of broken) {
    test(name, async () => {
      const { outcome, database } = await check(damage, { params: params ?? {} });

      await expect(outcome).rejects.toMatchObject({
        code: 'check-failed',
        message: expect.stringMatching(message),
        details: expect.arrayContaining([expect.stringContaining('foreign keys: ')]),
      });
      expect(
        String(
          await one(
            'postgres',
            `select shobj_description(oid, 'pg_database') from pg_database where datname = '${database}'`,
          ),
        ),
      ).toContain('"restored"');
    });
  }
});

describe('closing', () => {
  test('ends sessions, lets nobody in any more, and says what identifies the copy', async () => {
    const { database, context } = await check();
    const { Client } = await import('pg');
    const visitor = new Client({ connectionString: world.asRole('shop_app', database) });
    visitor.on('error', () => undefined);
    await visitor.connect();

    const params = { component: 'db', database };
    const done = await pgClose.run(context, params);

    if (done.kind !== 'done') throw new Error('not done');
    expect(done.facts).toContainEqual({ name: 'sessions ended', value: '1' });
    expect(done.output).toMatchObject({
      oid: await one('postgres', `select oid::text from pg_database where datname = '${database}'`),
      comment: expect.stringContaining('"closed"'),
    });
    await pgClose.verify?.(context, params, done.output);
    await expect(
      new Client({ connectionString: world.asRole('shop_app', database) }).connect(),
    ).rejects.toThrow(/not currently accepting connections/);
    await world.cluster.query('postgres', `alter database ${database} allow_connections true`);
    await expect(pgClose.verify?.(context, params, done.output)).rejects.toMatchObject({
      code: 'check-failed',
    });
    await visitor.end().catch(() => undefined);
  });

  test('is refused for a database of another run', async () => {
    const { database } = await check();

    await expect(
      pgClose.run(world.context('shop', { run: 'RUN-9' }), { component: 'db', database }),
    ).rejects.toMatchObject({
      code: 'target-refused',
      message: expect.stringContaining(`belongs to RUN-${lastRun}`),
    });
    await expect(
      pgClose.run(world.context('shop', { run: 'RUN-9' }), { component: 'db', database: 'shop' }),
    ).rejects.toMatchObject({ code: 'target-refused' });
  });
});
