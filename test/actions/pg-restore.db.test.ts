import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pgRestore } from '../../src/actions/pg-restore.ts';
import { type PgWorld, shopPlan, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
  await world.createShop('shop');
});
afterAll(() => world.stop());

/** Restores a dump under a run of its own and returns what happened. */
let lastRun = 100;
async function restore(
  content: Buffer | string,
  more: { plan?: ReturnType<typeof shopPlan>; jobs?: number } = {},
) {
  lastRun += 1;
  const run = `RUN-${lastRun}`;
  const params = { component: 'db', jobs: more.jobs ?? 2, ...(await world.fetched(content)) };
  const context = world.context('shop', { run, ...(more.plan && { plan: more.plan }) });
  const outcome = pgRestore.run(context, params);
  await outcome.catch(() => undefined);
  return { outcome, params, context, database: `shop_run${lastRun}` };
}

const one = async (database: string, sql: string) =>
  Object.values((await world.cluster.query(database, sql))[0] ?? {})[0];
const comment = async (database: string) =>
  one(
    'postgres',
    `select shobj_description(oid, 'pg_database') from pg_database where datname = '${database}'`,
  );

describe('a good backup', () => {
  for (const format of ['custom', 'plain', 'plain.gz'] as const) {
    test(`in ${format} form becomes a database of the owner, with extensions and grants, and live is untouched`, async () => {
      const before = await one('shop', 'select count(*)::int from orders');

      const { outcome, database } = await restore(await world.dump('shop', format));

      expect(await outcome).toMatchObject({
        kind: 'done',
        output: { database, connection: 'shop', key: 'daily/shop_20261121_020004.dump' },
      });
      expect(await one(database, 'select count(*)::int from orders')).toBe(before);
      expect(
        await one(
          database,
          `select count(distinct relowner)::int || ' ' || min(pg_get_userbyid(relowner)) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
        ),
      ).toBe('1 shop_owner');
      expect(await one(database, `select string_agg(extname, ',' order by extname) from pg_extension`)).toBe(
        'citext,pgcrypto,plpgsql',
      );
      expect(
        await one(
          database,
          `select has_table_privilege('shop_app', 'orders', 'insert') and not has_table_privilege('shop_worker', 'audit', 'insert')`,
        ),
      ).toBe(true);
      expect(JSON.parse(String(await comment(database)))).toMatchObject({
        phase: 'restored',
        step: 'restore',
        attempt: 1,
      });
      expect(await one('shop', 'select count(*)::int from orders')).toBe(before);
    });
  }

  test('lets in only the roles the live database lets in', async () => {
    const { outcome, database } = await restore(await world.dump('shop', 'custom'));
    await outcome;

    expect(await one('postgres', `select has_database_privilege('stranger', '${database}', 'connect')`)).toBe(
      false,
    );
    expect(await one('postgres', `select has_database_privilege('shop_app', '${database}', 'connect')`)).toBe(
      true,
    );
  });

  test('with objects of a role that does not exist here gives them to the owner, in both forms', async () => {
    await world.cluster.query('postgres', 'create role gone');
    await world.cluster.psql(
      'shop',
      'create table foreigners (id int); alter table foreigners owner to gone;',
    );
    const [custom, plain] = [await world.dump('shop', 'custom'), await world.dump('shop', 'plain')];
    await world.cluster.psql('shop', 'drop table foreigners; drop role gone;');

    for (const content of [custom, plain]) {
      const { outcome, database } = await restore(content);
      await outcome;

      expect(
        await one(database, `select pg_get_userbyid(relowner) from pg_class where relname = 'foreigners'`),
      ).toBe('shop_owner');
    }
  });

  test('taken with --no-acl gets its grants from the live database', async () => {
    for (const format of ['custom', 'plain'] as const) {
      const { outcome, database } = await restore(await world.dump('shop', format, ['--no-acl']));
      const done = await outcome;

      expect(done).toMatchObject({
        facts: expect.arrayContaining([
          { name: 'grants', value: expect.stringMatching(/^the backup holds none; \d+ taken from the live/) },
        ]),
      });
      const rights = `select has_table_privilege('shop_app', 'orders', 'insert')::text || has_column_privilege('shop_app', '"Back Office"."Notes"', 'nr', 'select')
        || has_column_privilege('shop_app', '"Back Office"."Notes"', 'body', 'select') || has_function_privilege('shop_app', 'secret_total()', 'execute')
        || has_function_privilege('shop_worker', 'secret_total()', 'execute') || has_schema_privilege('shop_app', 'Back Office', 'usage')`;
      expect(await one(database, rights)).toBe(await one('shop', rights));
      expect(await one(database, 'select count(*)::int from pg_default_acl')).toBe(1);
    }
  });

  test('with extensions in a schema of their own restores', async () => {
    await world.cluster.psql('postgres', `create database ext owner shop_owner template template0;`);
    await world.cluster.psql(
      'ext',
      `set role shop_owner; create schema tools; create extension hstore schema tools; create table t (id int primary key, h tools.hstore); insert into t values (1, 'a=>1');`,
    );
    const plan = shopPlan('ext');

    for (const format of ['custom', 'plain'] as const) {
      lastRun += 1;
      const params = { component: 'db', jobs: 2, ...(await world.fetched(await world.dump('ext', format))) };
      await pgRestore.run(world.context('ext', { run: `RUN-${lastRun}`, plan }), params);

      expect(await one(`ext_run${lastRun}`, `select (h -> 'a'::text) from t`).catch(String)).toBeDefined();
      expect(
        await one(
          `ext_run${lastRun}`,
          `select nspname from pg_extension e join pg_namespace n on n.oid = extnamespace where extname = 'hstore'`,
        ),
      ).toBe('tools');
    }
  });

  test('brings its own extensions where the live database is gone, in both forms', async () => {
    const dumps = [await world.dump('shop', 'custom'), await world.dump('shop', 'plain')];
    const before = await one('shop', 'select count(*)::int from orders');
    await world.cluster.query('postgres', 'alter database shop rename to shop_away');

    const restored = await Promise.all(dumps.map((dump) => restore(dump)))
      .then((all) => Promise.all(all.map(async ({ outcome, database }) => outcome.then(() => database))))
      .finally(() => world.cluster.query('postgres', 'alter database shop_away rename to shop'));

    for (const database of restored) {
      expect(await one(database, 'select count(*)::int from orders')).toBe(before);
      expect(await one(database, `select string_agg(extname, ',' order by extname) from pg_extension`)).toBe(
        'citext,pgcrypto,plpgsql',
      );
    }
  });
});

describe('a bad backup', () => {
  test('with an event trigger is refused by its name, in both forms', async () => {
    await world.cluster.psql(
      'shop',
      `create function guard() returns event_trigger language plpgsql as 'begin end'; create event trigger no_ddl on ddl_command_start execute function guard();`,
    );
    const [custom, plain] = [await world.dump('shop', 'custom'), await world.dump('shop', 'plain')];
    await world.cluster.psql('shop', 'drop event trigger no_ddl; drop function guard();');

    for (const content of [custom, plain]) {
      const { outcome } = await restore(content);

      await expect(outcome).rejects.toMatchObject({
        code: 'backup-refused',
        message: expect.stringContaining('an event trigger, `no_ddl`, which only a superuser can create'),
      });
    }
  });

  test('with psql commands or server programs runs none of them', async () => {
    const marker = join(tmpdir(), `dr-evil-${process.pid}`);
    const plain = (await world.dump('shop', 'plain')).toString();
    const evil = [
      `\\! touch ${marker}\n`,
      `select 1 \\! touch ${marker}\n`,
      `copy orders from program 'touch ${marker}';\n`,
      `copy orders to program 'touch ${marker}';\n`,
      `\\copy orders to program 'touch ${marker}'\n`,
      `\\o |touch ${marker}\n`,
      `\\unrestrict ${plain.match(/\\restrict (\w+)/)?.[1]}\n\\! touch ${marker}\n`,
      `do $$ begin execute 'copy orders from program ''touch ${marker}'''; end $$;\n`,
      `select set_config('standard_conforming_strings', 'off', false);\nselect '\\'' \\! touch ${marker} \n';\n`,
    ];

    for (const line of evil) {
      const { outcome, database } = await restore(
        plain.replace('CREATE TABLE public.orders', `${line}\nCREATE TABLE public.orders`),
      );

      await expect(outcome).rejects.toMatchObject({ code: 'backup-refused' });
      expect(
        await one(database, `select count(*)::int from pg_class where relname in ('orders', 'customers')`),
      ).toBe(0);
    }
    expect(existsSync(marker)).toBe(false);
  });

  test('that is cut off, empty or damaged leaves no table behind', async () => {
    const [custom, plain] = [await world.dump('shop', 'custom'), await world.dump('shop', 'plain')];
    const gz = gzipSync(plain);
    const cut = [
      plain.subarray(0, plain.length * 0.6),
      plain.subarray(0, plain.lastIndexOf('-- PostgreSQL database dump complete')),
      gzipSync(plain.subarray(0, plain.length * 0.5)),
      gz.subarray(0, gz.length * 0.7),
      custom.subarray(0, custom.length * 0.7),
      gzipSync(''),
      Buffer.alloc(0),
    ];

    for (const content of cut) {
      const { outcome, database, context, params } = await restore(content, { jobs: 1 });

      await expect(outcome).rejects.toMatchObject({ code: 'backup-refused' });
      expect(
        await one(database, `select count(*)::int from pg_class where relname in ('orders', 'customers')`),
      ).toBe(0);
      expect(await pgRestore.observe?.(context, params)).toEqual({ happened: 'no' });
    }
  });

  test('that was replaced after its check is refused before anything is made', async () => {
    const params = {
      component: 'db',
      jobs: 2,
      ...(await world.fetched(await world.dump('shop', 'custom'))),
      sha256: 'f'.repeat(64),
    };

    await expect(pgRestore.run(world.context('shop', { run: 'RUN-70' }), params)).rejects.toMatchObject({
      code: 'backup-changed',
    });

    expect(await one('postgres', `select count(*)::int from pg_database where datname = 'shop_run70'`)).toBe(
      0,
    );
  });

  test('with a failing statement is a failed restore that names the statement', async () => {
    const plain = (await world.dump('shop', 'plain'))
      .toString()
      .replace('CREATE VIEW public.big_orders', 'CREATE VIEW public.orders');

    const { outcome } = await restore(plain);

    await expect(outcome).rejects.toMatchObject({
      message: expect.stringContaining('relation "orders" already exists'),
    });
  });
});

describe('the target', () => {
  test('is refused when a database of the name exists that the run did not make', async () => {
    await world.cluster.query('postgres', 'create database shop_run71 owner shop_owner');
    const params = { component: 'db', jobs: 2, ...(await world.fetched(await world.dump('shop', 'custom'))) };
    const context = world.context('shop', { run: 'RUN-71' });

    const preview = await pgRestore.preview(context, params);

    expect(preview.blocked).toEqual([
      expect.stringContaining('`shop_run71` exists on `shop` already and carries no mark'),
    ]);
    await expect(pgRestore.run(context, params)).rejects.toMatchObject({ code: 'target-refused' });
    await expect(pgRestore.undo?.(context, params, {})).rejects.toMatchObject({ code: 'target-refused' });
  });

  test("is refused when it is the bot's own store", async () => {
    const [own] = await world.cluster.query(
      'postgres',
      `select oid::text, (select system_identifier::text from pg_control_system()) as id from pg_database where datname = 'shop'`,
    );
    const ownStore = { systemIdentifier: String(own?.id), databaseOid: String(own?.oid) };
    const params = { component: 'db', jobs: 2, ...(await world.fetched('x')) };

    const preview = await pgRestore.preview(world.context('shop', { ownStore }), params);

    expect(preview.blocked).toEqual([expect.stringContaining("the bot's own database")]);
  });

  test('on the live server needs known free space', async () => {
    const params = { component: 'db', jobs: 2, ...(await world.fetched('x')) };
    const blockedBy = async (restoreTo: unknown) =>
      (
        await pgRestore.preview(
          world.context('shop', { plan: shopPlan('shop', { restore: restoreTo }) }),
          params,
        )
      ).blocked;

    expect(await blockedBy({ into: 'shop' })).toEqual([
      expect.stringMatching(/free space .* is not known.*at least 1\d(\.\d)? MB/),
    ]);
    expect(await blockedBy({ into: 'shop', freeBytes: 1000 })).toEqual([
      expect.stringMatching(/has 1 kB free, a copy needs/),
    ]);
    expect(await blockedBy({ into: 'shop', freeBytes: 1e10 })).toEqual([]);
  });

  test('needs an administrator for extensions that are not trusted, and says with which statement', async () => {
    await world.cluster.query('shop', 'create extension pageinspect');
    const params = { component: 'db', jobs: 2, ...(await world.fetched(await world.dump('shop', 'custom'))) };
    const preview = await pgRestore.preview(world.context('shop'), params);
    const withAdmin = shopPlan('shop', { restore: { into: 'shop-admin', freeBytes: 1e10 } });

    const { outcome, database } = await restore(await world.dump('shop', 'plain'), { plan: withAdmin });
    await outcome;

    expect(preview.blocked).toEqual([
      expect.stringMatching(
        /Only an administrator.*`pageinspect`.*create extension if not exists "pageinspect"/,
      ),
    ]);
    expect(await one(database, `select count(*)::int from pg_extension where extname = 'pageinspect'`)).toBe(
      1,
    );
    await world.cluster.query('shop', 'drop extension pageinspect');
  });
});

describe('after a crash', () => {
  test('a database without its mark is known by its birth and made anew', async () => {
    await world.cluster.query(
      'postgres',
      'create database shop_run81 owner shop_owner allow_connections false connection limit 1000081',
    );
    const params = { component: 'db', jobs: 2, ...(await world.fetched(await world.dump('shop', 'custom'))) };
    const context = world.context('shop', { run: 'RUN-81', attempt: 2 });

    expect(await pgRestore.observe?.(context, params)).toEqual({ happened: 'no' });
    const outcome = await pgRestore.run(context, params);

    expect(outcome.kind).toBe('done');
    expect(await pgRestore.observe?.(context, params)).toMatchObject({
      happened: 'yes',
      outcome: { output: { database: 'shop_run81' } },
    });
    await rm(params.path);
    expect(await pgRestore.undo?.(context, params, {})).toMatchObject({ summary: '`shop_run81` dropped' });
    expect(await pgRestore.undo?.(context, params, {})).toMatchObject({ summary: 'nothing to drop' });
  });
});
