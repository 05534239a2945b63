import { afterAll, beforeAll, expect, test } from 'vitest';
import { pgLossReport } from '../../src/actions/pg-loss-report.ts';
import { pgRestore } from '../../src/actions/pg-restore.ts';
import { type PgWorld, shopPlan, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
});
afterAll(() => world.stop());

/** A shop, its backup restored, and what happened in live since. */
async function restoredShop(name: string, since: string, { customers = 200, before = '' } = {}) {
  await world.createShop(name, customers);
  if (before !== '') await world.cluster.psql(name, before);
  const params = { component: 'db', jobs: 2, ...(await world.fetched(await world.dump(name, 'custom'))) };
  await pgRestore.run(world.context(name), params);
  if (since !== '') await world.cluster.psql(name, since);
  return { context: world.context(name), params: { component: 'db', database: `${name}_run31` } };
}

test('counts rows lost, changed and brought back, by table, with the time of the last write', async () => {
  const { context, params } = await restoredShop(
    'bakery',
    `
    insert into orders (customer_id, total, updated_at) select 1, n, '2026-11-21T02:04:56Z'::timestamptz - interval '1 year' from generate_series(1, 102) n;
    insert into audit (detail) select 'late ' || n from generate_series(1, 16) n;
    update customers set email = 'new' || id || '@shop.example' where id <= 3;
    delete from orders where id between 10 and 19;
    insert into "Back Office"."Notes" values ('author 1', 10, 'x'), (E'\\U0001F600', 1, ''), (E'\\uFFFD', 1, '') on conflict (author, nr) do update set body = 'x';`,
  );

  const done = await pgLossReport.run(context, params);

  expect(done).toMatchObject({
    kind: 'done',
    summary: '120 rows lost by a swap, 4 rows turned back, 10 rows brought back, 1 table not known',
    output: {
      sentence: expect.stringMatching(
        /^120 rows( written 2026-11-21 02:00:04 UTC to \d\d:\d\d:\d\d UTC)?: `orders` 102, `audit` 16, `Back Office\.Notes` 2\. 4 rows changed since the backup are turned back: `customers` 3, `Back Office\.Notes` 1\. Not known: `hits`\./,
      ),
      rowsLost: 120,
      rowsChanged: 4,
      rowsDestroyed: 10,
      known: false,
      takenAt: '2026-11-21T02:00:04.000Z',
      byTable: {
        orders: { lost: 102, changed: 0, destroyed: 10 },
        audit: { lost: 16 },
        customers: { lost: 0, changed: 3 },
        'Back Office.Notes': { lost: 2, changed: 1, destroyed: 0 },
        hits: { notKnown: 'it has no primary key' },
      },
    },
  });
  if (done.kind !== 'done') throw new Error('not done');
  expect(done.facts).toContainEqual({
    name: 'only in live, lost by a swap',
    value: '120 rows in 3 tables: `orders` 102, `audit` 16, `Back Office.Notes` 2',
  });
  expect(done.facts).toContainEqual({ name: 'not known', value: 'it has no primary key: `hits`' });
  const [newest] = await world.cluster.query(
    'bakery',
    'select greatest(max(updated_at), (select max(created_at) from customers)) as at from orders',
  );
  expect(
    Math.abs(Date.parse(String(done.output.lastWrite)) - new Date(String(newest?.at)).getTime()),
  ).toBeLessThan(1000);
});

test('finds nothing between a backup and a live database nobody wrote to', async () => {
  const { context, params } = await restoredShop('quiet', '');

  const done = await pgLossReport.run(context, params);

  expect(done).toMatchObject({
    output: {
      rowsLost: 0,
      rowsChanged: 0,
      rowsDestroyed: 0,
      known: false,
      byTable: { hits: { notKnown: 'it has no primary key' } },
    },
  });
});

test('compares tables and roles that a row names by their names: their numbers are others in the copy', async () => {
  const { context, params } = await restoredShop('registry', '', {
    before:
      "set role shop_owner; create table about (id int primary key, what regclass); insert into about values (1, 'orders');",
  });

  const done = await pgLossReport.run(context, params);

  expect(done).toMatchObject({ output: { rowsLost: 0, rowsChanged: 0, rowsDestroyed: 0 } });
});

test('is not confused by columns, keys and tables that came after the backup', async () => {
  const { context, params } = await restoredShop(
    'moving',
    `
    alter table orders add column colour text default 'red';
    alter table customers drop column created_at;
    alter table "Back Office"."Notes" drop constraint "Notes_pkey", add primary key (nr, author);
    create table later (id int primary key);
    alter table later owner to shop_owner;
    create table hidden (id int primary key);
    insert into later select generate_series(1, 7);`,
  );

  const done = await pgLossReport.run(context, params);

  expect(done).toMatchObject({
    output: {
      byTable: {
        orders: { lost: 0, changed: 0 },
        customers: { changed: 0 },
        later: { lost: 7 },
        hidden: { notKnown: 'the restoring role may not read it' },
        'Back Office.Notes': { notKnown: 'its primary key changed since the backup' },
      },
    },
  });
});

test('compares keys below zero, at the edges of pages, and too far apart for pages', async () => {
  const tables = [`edges`, `apart`].map(
    (name) =>
      `create table ${name} (id bigint primary key, body text); alter table ${name} owner to shop_owner;`,
  );
  await world.createShop('keys', 10);
  await world.cluster.psql(
    'keys',
    `${tables.join('')}
     insert into edges select n, 'x' from generate_series(-20000, 20000) n;
     insert into apart values (-9223372036854775808, 'x'), (-1, 'x'), (9223372036854775806, 'x'), (9223372036854775807, 'x');`,
  );
  const fetched = await world.fetched(await world.dump('keys', 'custom'));
  await pgRestore.run(world.context('keys'), { component: 'db', jobs: 2, ...fetched });
  await world.cluster.psql(
    'keys',
    `delete from edges where id in (-20000, -11808, 0, 20000);
     insert into edges values (-20001, 'new'), (20001, 'new'), (4576, 'new') on conflict (id) do update set body = 'new';
     delete from apart where id = -1;
     update apart set body = 'new' where id > 0;
     insert into apart values (7, 'new');`,
  );

  const done = await pgLossReport.run(world.context('keys'), { component: 'db', database: 'keys_run31' });

  expect(done).toMatchObject({
    output: {
      byTable: {
        edges: { lost: 2, changed: 1, destroyed: 4 },
        apart: { lost: 1, changed: 2, destroyed: 1 },
      },
    },
  });
});

test('sees every change of a value, also to one that counts as equal or has the same hash in its type', async () => {
  const changes = {
    'bigint default 1': '4294967296',
    "timestamptz default '2000-01-01 00:00:00.000001Z'":
      "'2000-01-01 00:00:00Z'::timestamptz + interval '4294.967296 s'",
    "date default '2026-01-01'": "date '2026-01-02'",
    'numeric default 1.0': '1.00',
    'double precision default 0': "'-0'",
    "jsonb default '{}'": '\'{"a": 1}\'',
    "json default '{}'": "'{ }'",
    "text default ''": 'null',
    "varchar(9) default 'a'": "'A'",
    "char(9) default 'a'": "'b'",
    "bytea default ''": "'\\x00'",
    "int[] default '{1}'": "'{1,1}'",
    "uuid default '00000000-0000-0000-0000-000000000000'": "'00000000-0000-0000-0000-000000000001'",
    'boolean default false': 'true',
    'smallint default 1': '-1',
    "inet default '::1'": "'::2'",
    "interval default '1 month'": "'30 days'",
    "loud default 'a'": "'b'",
    "named default ''": "'x'",
    "pair default '(1,)'": "'(1,2)'",
  };
  const all = Object.entries(changes);
  const { context, params } = await restoredShop(
    'types',
    all.map(([, value], index) => `update kinds set c${index} = ${value} where id = ${index};`).join('\n'),
    {
      before: `create type loud as enum ('a', 'b'); create domain named as text; create type pair as (a int, b int);
        create table kinds (id int primary key, ${all.map(([type], index) => `c${index} ${type}`).join(', ')});
        insert into kinds (id) select generate_series(-10000, 30000);
        alter table kinds owner to shop_owner;
        create table narrow (id int primary key); insert into narrow values (1), (2);
        alter table narrow owner to shop_owner;`,
    },
  );

  const done = await pgLossReport.run(context, params);

  expect(done).toMatchObject({
    output: {
      byTable: {
        kinds: { lost: 0, changed: all.length, destroyed: 0 },
        narrow: { lost: 0, changed: 0, destroyed: 0 },
      },
    },
  });
});

test('says "not known" and never 0 when the live database cannot be read', async () => {
  const { params } = await restoredShop('dark', '');
  const plan = shopPlan('nowhere', { restore: { into: 'shop', freeBytes: 1e10 } });

  const done = await pgLossReport.run(world.context('dark', { plan }), params);

  expect(done).toMatchObject({
    summary: 'not known: the live database cannot be read',
    output: {
      sentence:
        'Not known: the live database cannot be read. At most everything after 2026-11-21 02:00:04 UTC.',
      rowsLost: null,
      rowsChanged: null,
      rowsDestroyed: null,
      lastWrite: null,
      known: false,
      byTable: { orders: { notKnown: 'the live database cannot be read' } },
    },
  });
});

test('compares 200,000 rows in seconds', async () => {
  const { context, params } = await restoredShop(
    'large',
    'update orders set total = -1 where id % 1000 = 0',
    { customers: 33_000 },
  );

  const times: number[] = [];
  for (const _ of ['cold', 'warm']) {
    const started = performance.now();
    const done = await pgLossReport.run(context, params);
    times.push(performance.now() - started);
    expect(done).toMatchObject({ output: { rowsChanged: 165, rowsLost: 0 } });
  }

  // About 1.2 s alone on two cores; the limit leaves room for the tests beside it.
  expect(Math.min(...times)).toBeLessThan(10_000);
  console.info(`198,000 rows compared in ${Math.round(Math.min(...times))} ms`);
});
