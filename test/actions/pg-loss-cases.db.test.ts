import { afterAll, beforeAll, expect, test } from 'vitest';
import { pgLossReport } from '../../src/actions/pg-loss-report.ts';
import { pgRestore } from '../../src/actions/pg-restore.ts';
import { type PgWorld, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
});
afterAll(() => world.stop());

/** What is compared after `before` was backed up and restored, and `since` happened in live. */
async function report(name: string, before: string, since: string, settings = '') {
  await world.cluster.psql(
    'postgres',
    `create database ${name} owner shop_owner template template0 ${settings}`,
  );
  await world.cluster.psql(name, `set client_encoding = 'UTF8'; set role shop_owner; ${before}`);
  const params = { component: 'db', jobs: 2, ...(await world.fetched(await world.dump(name, 'custom'))) };
  await pgRestore.run(world.context(name), params);
  await world.cluster.psql(name, `set client_encoding = 'UTF8'; ${since}`);
  return pgLossReport.run(world.context(name), { component: 'db', database: `${name}_run31` });
}

test('tells changed rows, which a swap turns back, also when none are lost', async () => {
  const done = await report(
    'accounts',
    'create table acc (id int primary key, n int); insert into acc select n, 0 from generate_series(1, 500) n;',
    'update acc set n = 1;',
  );

  expect(done).toMatchObject({
    summary: 'no rows lost by a swap, 500 rows turned back',
    output: {
      rowsLost: 0,
      rowsChanged: 500,
      sentence: 'None lost; 500 rows changed since the backup are turned back: `acc` 500.',
    },
  });
});

test('tells rows lost and rows turned back by a swap in one sentence', async () => {
  const done = await report(
    'ledger',
    `create table acc (id int primary key, n int); insert into acc values (1, 0);
     ${['b', 'c', 'd', 'e'].map((name) => `create table ${name} as table acc; alter table ${name} add primary key (id);`).join('\n')}`,
    `insert into acc values (2, 0), (3, 0);
     ${['acc', 'b', 'c', 'd', 'e'].map((name) => `update ${name} set n = 1 where id = 1;`).join('\n')}`,
  );

  expect(done).toMatchObject({
    summary: '2 rows lost by a swap, 5 rows turned back',
    output: {
      sentence:
        '2 rows: `acc` 2. 5 rows changed since the backup are turned back: `acc` 1, `b` 1, `c` 1 and 2 more tables.',
    },
  });
});

test('says that none are found only when no row is lost or changed', async () => {
  const done = await report('calm', 'create table acc (id int primary key); insert into acc values (1);', '');

  expect(done).toMatchObject({ summary: 'no rows lost by a swap', output: { sentence: 'None found.' } });
});

test('counts the rows of a parent and of the tables that inherit from it apart', async () => {
  const done = await report(
    'family',
    `create table parent (id int primary key, body text);
     create table child (primary key (id)) inherits (parent);
     insert into parent values (1, ''), (2, ''); insert into child values (11, ''), (12, '');`,
    "insert into child values (13, ''); insert into parent values (3, ''), (4, ''); delete from child where id = 11;",
  );

  expect(done).toMatchObject({
    output: {
      rowsLost: 3,
      rowsDestroyed: 1,
      byTable: {
        parent: { lost: 2, changed: 0, destroyed: 0 },
        child: { lost: 1, changed: 0, destroyed: 1 },
      },
    },
  });
});

test('knows a row by its key alone, not by the columns its index includes', async () => {
  const done = await report(
    'covered',
    "create table acc (id int, n text, primary key (id) include (n)); insert into acc values (1, 'a'), (2, 'b');",
    "update acc set n = 'c' where id = 1;",
  );

  expect(done).toMatchObject({ output: { byTable: { acc: { lost: 0, changed: 1, destroyed: 0 } } } });
});

test('compares a column whose type changed since the backup by what it says', async () => {
  const done = await report(
    'retyped',
    `create table acc (id int primary key, ref text, n int);
     insert into acc select n, '00000000-0000-0000-0000-00000000000' || n, n from generate_series(1, 9) n;`,
    `alter table acc alter ref type uuid using ref::uuid, alter n type bigint;
     update acc set n = 0 where id = 1;`,
  );

  expect(done).toMatchObject({ output: { byTable: { acc: { lost: 0, changed: 1, destroyed: 0 } } } });
});

test('sorts the text keys of a database that is not in UTF-8 as the bot does', async () => {
  const done = await report(
    'cyrillic',
    "create table t (id text primary key); insert into t select unnest('{ю,а,б,ц,д,е,ф,г}'::text[]);",
    "delete from t where id = 'ц';",
    "encoding 'KOI8R' lc_collate 'C' lc_ctype 'C'",
  );

  expect(done).toMatchObject({ output: { byTable: { t: { lost: 0, changed: 0, destroyed: 1 } } } });
});

test('goes on after a table that cannot be read, and says why', async () => {
  const rows = 'select n::text from generate_series(1, 6000) n';
  const done = await report(
    'closed',
    `create table after (id int primary key); create table one (id text primary key); create table two (id int primary key);
     insert into one ${rows}; insert into two select generate_series(1, 20000);`,
    `alter table one enable row level security, force row level security;
     alter table two enable row level security, force row level security;
     insert into after values (1);
     create schema vault; create table vault.gold (id int primary key); grant select on vault.gold to dr_restore;
     create table walled (id int primary key); alter table walled owner to shop_owner;
     alter table walled enable row level security, force row level security;
     create table zoo (id text primary key); alter table zoo owner to shop_owner; insert into zoo values (1), (2);`,
  );

  const refused = (table: string) => ({
    notKnown: `\`closed\` on \`shop\` refused: query would be affected by row-level security policy for table "${table}" (42501)`,
  });
  expect(done).toMatchObject({
    output: {
      rowsLost: 3,
      known: false,
      byTable: {
        after: { lost: 1 },
        one: refused('one'),
        two: refused('two'),
        walled: refused('walled'),
        zoo: { lost: 2 },
        'vault.gold': { notKnown: 'the restoring role may not read it' },
      },
    },
  });
});

test('goes on after a table whose rows cannot be read while the copy still reads its own', async () => {
  const done = await report(
    'broken',
    `create type mood as enum ('calm'); create table moods (id int primary key, mood mood);
     insert into moods select n, 'calm' from generate_series(1, 140000) n; create table zoo (id int primary key);`,
    "delete from pg_enum where enumlabel = 'calm'; insert into zoo values (1);",
  );

  expect(done).toMatchObject({
    output: {
      byTable: {
        moods: { notKnown: expect.stringContaining('refused: invalid internal value for enum') },
        zoo: { lost: 1 },
      },
    },
  });
});

test('says why no table can be compared when the live database can be read', async () => {
  const done = await report(
    'keyless',
    'create table hits (at timestamptz); create table clicks (n int);',
    '',
  );

  expect(done).toMatchObject({
    summary: 'not known: it has no primary key: `clicks`, `hits`',
    output: {
      rowsLost: null,
      known: false,
      sentence:
        'Not known: it has no primary key: `clicks`, `hits`. At most everything after 2026-11-21 02:00:04 UTC.',
    },
  });
});

test('knows what a table dropped in live gets back, unless another relation took its name', async () => {
  const done = await report(
    'dropped',
    `create table gone (n int); insert into gone values (1), (2);
     create table viewed (id int primary key); insert into viewed values (1);`,
    'drop table gone, viewed; create view viewed as select 1 as id;',
  );

  expect(done).toMatchObject({
    output: {
      rowsLost: 0,
      rowsDestroyed: 2,
      byTable: {
        gone: { lost: 0, changed: 0, destroyed: 2, newest: null },
        viewed: { notKnown: 'it is no plain table in the live database' },
      },
    },
  });
});

test('tells apart tables whose names hold dots', async () => {
  const done = await report(
    'dotted',
    'create schema a; create table a.b (id int primary key); create table "a.b" (id int primary key);',
    'insert into a.b values (1); insert into "a.b" values (1), (2);',
  );

  expect(done).toMatchObject({
    output: { rowsLost: 3, byTable: { 'a.b': { lost: 1 }, '"a.b"': { lost: 2 } } },
  });
});

test('says that files kept as large objects are not compared, and calls nothing lost none', async () => {
  const done = await report(
    'files',
    'create table a (id int primary key); insert into a values (1);',
    "select lo_from_bytea(0, 'new file');",
  );

  expect(done).toMatchObject({
    summary: 'no rows lost by a swap, 1 table not known',
    output: { rowsLost: 0, rowsGone: null, known: false },
    facts: expect.arrayContaining([
      { name: 'not known', value: 'large objects are not compared: `large objects`' },
    ]),
  });
});
