import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pgSwap } from '../../src/actions/pg-swap.ts';
import { databaseAccess, databaseFacts } from '../helpers/database-facts.ts';
import { readyShop, snapshot } from './pg-ready.ts';
import { type PgWorld, shopPlan, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
});
afterAll(() => world.stop());

const blockedOf = async ({ context, params }: Awaited<ReturnType<typeof readyShop>>) =>
  (await pgSwap.preview(context, params)).blocked;

async function connect(role: Parameters<PgWorld['asRole']>[0], database: string, application = 'checkout') {
  const client = new Client({
    connectionString: world.asRole(role, database),
    application_name: application,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

describe('a swap', () => {
  test('puts the copy in place with everything that belonged to the live database, and keeps that one closed', async () => {
    const shop = await readyShop(world, 'bakery');
    const before = await shop.snapshot();
    const access = await databaseAccess(world.cluster, 'bakery');
    const copy = await snapshot(world, 'bakery_run31');
    const session = await connect('shop_app', 'bakery');

    const done = await shop.swap();

    const after = await shop.snapshot();
    expect(done).toMatchObject({
      kind: 'done',
      output: {
        liveOid: copy.oid,
        keptAs: 'bakery_before_run31',
        keptOid: before.oid,
        swappedAt: '2026-11-21T02:15:00.000Z',
      },
    });
    expect(after).toEqual({ ...before, oid: copy.oid, orders: 100 });
    expect(await databaseAccess(world.cluster, 'bakery')).toEqual(access);
    expect(await snapshot(world, shop.kept)).toMatchObject({
      oid: before.oid,
      datallowconn: false,
      comment: expect.stringContaining('"kept":true'),
    });
    if (done.kind !== 'done') throw new Error('not done');
    expect(Number(done.output.ms)).toBeLessThan(10_000);
    await pgSwap.verify?.(shop.context, shop.params, done.output);
    await expect(session.query('select 1')).rejects.toThrow();
    console.info(`swapped in ${done.output.ms} ms`);
  });

  test('of a database and an owner whose names need quotes goes there and back', async () => {
    await world.cluster.psql(
      'postgres',
      'create role "Shop-owner" nologin; grant "Shop-owner" to dr_restore;',
    );
    const shop = await readyShop(world, 'Shop-prod', { owner: 'Shop-owner' });
    const before = await shop.snapshot();

    const done = await shop.swap();
    if (done.kind !== 'done') throw new Error('not done');
    await pgSwap.verify?.(shop.context, shop.params, done.output);

    expect(await shop.snapshot()).toMatchObject({ owner: 'Shop-owner', orders: 100 });
    await pgSwap.undo?.(shop.context, shop.params, {});
    expect(await shop.snapshot()).toEqual(before);
  });

  test('and its undo leave the live database as it was, to the last grant', async () => {
    const shop = await readyShop(world, 'florist');
    const before = await shop.snapshot();
    const facts = await databaseFacts(world.cluster, 'florist');
    await shop.swap();

    const undone = await pgSwap.undo?.(shop.context, shop.params, {});

    expect(undone?.summary).toBe('`florist` is the old database again');
    expect(await databaseFacts(world.cluster, 'florist')).toEqual(facts);
    expect(await snapshot(world, 'florist_run31')).toMatchObject({
      datallowconn: false,
      comment: expect.stringContaining('"closed"'),
    });
    expect(await pgSwap.undo?.(shop.context, shop.params, {})).toMatchObject({
      summary: 'nothing was swapped; `florist` is open',
    });
    expect(await pgSwap.observe?.(shop.context, shop.params)).toEqual({ happened: 'no' });
    await shop.swap();
    expect(await pgSwap.observe?.(shop.context, shop.params)).toMatchObject({
      happened: 'yes',
      outcome: { output: { keptOid: before.oid, ms: null } },
    });
  });

  test('is not undone by itself once the restored database has taken a write', async () => {
    for (const [name, write] of [
      ['taken-insert', `insert into orders (customer_id, total) values (1, 1)`],
      ['taken-delete', 'delete from orders where id = 3'],
    ] as const) {
      const shop = await readyShop(world, name.replace('-', '_'));
      await shop.swap();
      await world.cluster.query(shop.name, write);
      const open = await shop.snapshot();

      await expect(pgSwap.undo?.(shop.context, shop.params, {})).rejects.toMatchObject({
        code: 'undo-failed',
        message: expect.stringContaining('rows written since: `orders` 1'),
      });

      expect(await shop.snapshot()).toEqual(open);
    }
  });

  test('previews identity as bound and what moves as shown', async () => {
    const shop = await readyShop(world, 'grocer');
    const pooled = await connect('shop_app', 'grocer', 'pgbouncer');

    const preview = await pgSwap.preview(shop.context, shop.params);

    expect(preview.blocked).toEqual([]);
    expect(preview.lines).toEqual([
      'Swap: database `grocer` → `grocer_before_run31`; `grocer_run31` → `grocer`.',
    ]);
    expect(preview.bound).toMatchObject({
      connection: 'shop',
      owner: 'shop_owner',
      live: { name: 'grocer' },
      kept: 'grocer_before_run31',
      scratch: { name: 'grocer_run31', comment: expect.stringContaining('"sha256"') },
    });
    expect(preview.shown).toContainEqual({
      name: 'sessions on grocer',
      value: '1 session is cut: `shop_app` 1',
    });
    expect(preview.shown).toContainEqual({
      name: 'pooler',
      value: '`pgbouncer`: run RECONNECT there after the swap',
    });
    await pooled.end();

    const reopened = world.cluster.query('postgres', 'alter database grocer_run31 allow_connections true');
    await reopened;
    expect(await blockedOf(shop)).toEqual([expect.stringContaining('`grocer_run31` is not closed')]);
  });

  test('can be previewed before its copy exists', async () => {
    await world.createShop('early', 5);
    const plan = (scratch: string) =>
      pgSwap.preview(world.context('early', { phase: 'plan' }), { component: 'db', scratch });

    expect((await plan('${restore.database}')).blocked).toEqual([]);
    expect((await plan('early_run31')).blocked).toEqual([]);
    expect((await plan('early_run30')).blocked).toEqual([
      expect.stringContaining('`early_run30` does not exist'),
    ]);
  });
});

describe('a swap is refused by name', () => {
  test('for a prepared transaction, in the preview and in the run, and live stays open', async () => {
    const shop = await readyShop(world, 'prepared');
    await world.cluster.psql(
      'prepared',
      `begin; insert into orders (customer_id, total) values (1, 1); prepare transaction 'forgotten';`,
    );

    expect(await blockedOf(shop)).toEqual([expect.stringContaining('the prepared transaction `forgotten`')]);
    await expect(shop.swap()).rejects.toMatchObject({
      code: 'target-refused',
      message: expect.stringContaining('`forgotten`'),
    });

    expect(await shop.snapshot()).toMatchObject({ datallowconn: true, orders: 101 });
    await world.cluster.query('prepared', `rollback prepared 'forgotten'`);
  });

  test('for a logical replication slot and a subscription', async () => {
    const shop = await readyShop(world, 'replicated');
    await world.cluster.query('replicated', `select pg_create_logical_replication_slot('feed', 'pgoutput')`);
    await world.cluster.query(
      'replicated',
      `create subscription inbound connection 'dbname=nowhere' publication p with (connect = false)`,
    );

    expect(await blockedOf(shop)).toEqual([
      expect.stringContaining('logical replication slot `feed`'),
      expect.stringContaining('subscription `inbound`'),
    ]);

    await world.cluster.query('replicated', `select pg_drop_replication_slot('feed')`);
    await world.cluster.query('replicated', 'alter subscription inbound set (slot_name = none)');
    await world.cluster.query('replicated', 'drop subscription inbound');
  });

  test("for another writer's session", async () => {
    const shop = await readyShop(world, 'visited');
    await world.cluster.query('postgres', 'grant connect on database visited to stranger');
    const stranger = await connect('stranger', 'visited', 'nightly import');

    expect(await blockedOf(shop)).toEqual([
      expect.stringMatching(
        /Another writer's session.*role `stranger`, application `nightly import`, from 127\.0\.0\.1/,
      ),
    ]);
    await expect(shop.swap()).rejects.toMatchObject({ code: 'target-refused' });

    expect((await stranger.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await stranger.end();
  });

  test("for the bot's own store, a closed live database, another owner, and a copy on another server", async () => {
    const shop = await readyShop(world, 'misfit');
    const [id] = await world.cluster.query(
      'postgres',
      `select oid::text, (select system_identifier::text from pg_control_system()) as system from pg_database where datname = 'misfit'`,
    );
    const own = {
      ...shop.context,
      ownStore: { systemIdentifier: String(id?.system), databaseOid: String(id?.oid) },
    };
    expect((await pgSwap.preview(own, shop.params)).blocked).toEqual([
      expect.stringContaining("the bot's own database"),
    ]);
    await expect(pgSwap.run(own, shop.params)).rejects.toMatchObject({ code: 'target-refused' });
    expect(await shop.snapshot()).toMatchObject({ datallowconn: true });

    const elsewhere = world.context('misfit', {
      step: 'swap',
      plan: shopPlan('misfit', { restore: { into: 'shop-admin' } }),
    });
    expect((await pgSwap.preview(elsewhere, shop.params)).blocked).toEqual([
      expect.stringContaining('A swap needs both on one server'),
    ]);

    await world.cluster.query('postgres', 'alter database misfit_run31 owner to stranger');
    expect(await blockedOf(shop)).toEqual([expect.stringContaining('belongs to `stranger`')]);
    await world.cluster.query('postgres', 'alter database misfit_run31 owner to shop_owner');
    await world.cluster.query('postgres', 'alter database misfit allow_connections false');
    expect(await blockedOf(shop)).toEqual([
      expect.stringContaining('`misfit` is closed to connections already'),
    ]);
    await expect(shop.swap()).rejects.toMatchObject({ code: 'target-refused' });
    expect(await shop.snapshot()).toMatchObject({ datallowconn: false });
  });

  test('when a setting of a role cannot be copied, with the statement that would', async () => {
    const shop = await readyShop(world, 'tuned');
    await world.cluster.query('postgres', `alter role stranger in database tuned set work_mem = '1MB'`);

    expect(await blockedOf(shop)).toEqual([
      expect.stringMatching(
        /`work_mem` of the role `stranger`.*alter role "stranger" in database "tuned" set "work_mem" to '1MB'/,
      ),
    ]);
  });
});
