import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pgDropKept } from '../../src/actions/pg-drop-kept.ts';
import { pgSwapBack } from '../../src/actions/pg-swap-back.ts';
import { databaseFacts } from '../helpers/database-facts.ts';
import { readyShop, snapshot } from './pg-ready.ts';
import { type PgWorld, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
});
afterAll(() => world.stop());

describe('swapping back', () => {
  test('is reversible while the restored database has taken no write, and gives everything back', async () => {
    const shop = await readyShop(world, 'calm');
    const before = await databaseFacts(world.cluster, 'calm');
    await shop.swap();
    const params = { component: 'db', run: 'RUN-31' };
    const context = world.context('calm', { run: 'RUN-32', step: 'back' });
    await world.cluster.psql('calm', 'vacuum freeze analyze; select * from orders;');

    const preview = await pgSwapBack.preview(context, params);
    const done = await pgSwapBack.run(context, params);

    expect(preview).toMatchObject({
      class: 'reversible',
      blocked: [],
      bound: { losesWrites: false, kept: { name: 'calm_before_run31', oid: before.oid } },
    });
    expect(done).toMatchObject({ kind: 'done', output: { liveOid: before.oid, database: 'calm_run31' } });
    if (done.kind !== 'done') throw new Error('not done');
    await pgSwapBack.verify?.(context, params, done.output);
    expect(await databaseFacts(world.cluster, 'calm')).toEqual(before);
    expect(await pgSwapBack.observe?.(context, params)).toMatchObject({ happened: 'yes' });
  });

  test('loses no row that was written after two people approved it as losing none', async () => {
    const shop = await readyShop(world, 'late');
    await shop.swap();
    const preview = await pgSwapBack.preview(shop.context, { component: 'db' });
    await world.cluster.psql('late', 'insert into orders (customer_id, total) values (1, 4711)');

    const back = pgSwapBack.run({ ...shop.context, approvedClass: 'reversible' }, { component: 'db' });

    await expect(back).rejects.toThrow('rows written since: `orders` 1');
    expect(preview.class).toBe('reversible');
    expect(await world.cluster.query('late', 'select total::int from orders where total = 4711')).toEqual([
      { total: 4711 },
    ]);
  });

  test.each([pgSwapBack, pgDropKept])('$name is not asked for while the run is not named', async (action) => {
    const params = action.schema.parse({ component: 'db', run: '${ask.evidence}' }) as never;
    const context = world.context('nowhere');

    const before = await action.preview({ ...context, phase: 'plan' }, params);
    const gate = await action.preview({ ...context, phase: 'gate' }, params);

    expect(before.blocked).toEqual([]);
    expect(gate.blocked).toEqual([expect.stringContaining('is not known yet')]);
  });

  test('is irreversible once rows were written or deleted, and names them by table', async () => {
    const shop = await readyShop(world, 'busy');
    const before = await shop.snapshot();
    await shop.swap();
    await world.cluster.psql(
      'busy',
      `insert into orders (customer_id, total) values (1, 1), (1, 2), (1, 3); update customers set email = 'x@y.example' where id = 1; delete from audit where id <= 2; vacuum freeze;`,
    );
    const params = { component: 'db' };

    const preview = await pgSwapBack.preview(shop.context, params);
    const observed = await pgSwapBack.observe?.(shop.context, params);
    const done = await pgSwapBack.run({ ...shop.context, approvedClass: 'irreversible' }, params);

    expect(preview).toMatchObject({
      class: 'irreversible',
      bound: { losesWrites: true },
      lines: [
        expect.anything(),
        'Lost with the restored database: rows written since: `orders` 3, `audit` 2, `customers` 1.',
      ],
    });
    expect(observed).toEqual({ happened: 'no' });
    expect(done).toMatchObject({
      facts: expect.arrayContaining([
        { name: 'given up', value: 'rows written since: `orders` 3, `audit` 2, `customers` 1' },
      ]),
    });
    expect(await shop.snapshot()).toEqual(before);
  });

  test.each([
    ['a migration', 'alter table orders add column colour text', 'definitions of 1 table changed'],
    [
      'a function',
      "create or replace function vat() returns int language sql as 'select 20'",
      '1 function written',
    ],
    ['a file', "select lo_from_bytea(0, 'new file')", '1 large object written'],
  ])('is irreversible after %s, which is no row of a table', async (what, sql, said) => {
    const name = `after_${what.replaceAll(' ', '_')}`;
    const shop = await readyShop(world, name);
    await shop.swap();
    await world.cluster.psql(name, 'create temporary table mine (id int); analyze;');
    const calm = await pgSwapBack.preview(shop.context, { component: 'db' });
    await world.cluster.psql(name, sql);

    const preview = await pgSwapBack.preview(shop.context, { component: 'db' });

    expect(calm.class).toBe('reversible');
    expect(preview.class).toBe('irreversible');
    expect(JSON.stringify(preview)).toContain(said);
  });

  test('is irreversible when nobody counted the copy, because then deletes cannot be seen', async () => {
    const shop = await readyShop(world, 'uncounted', { checked: false });
    await shop.swap();

    expect(await pgSwapBack.preview(shop.context, { component: 'db' })).toMatchObject({
      class: 'irreversible',
      lines: [expect.anything(), expect.stringContaining('not known: deleted rows')],
    });
  });

  test('is refused when there is nothing to swap back to', async () => {
    const shop = await readyShop(world, 'never');

    expect((await pgSwapBack.preview(shop.context, { component: 'db' })).blocked).toEqual([
      expect.stringContaining('No database on `shop` carries the mark of a swap of `never` by RUN-31'),
    ]);
  });
});

describe('dropping the kept database', () => {
  const later = (hours: number) => new Date(Date.parse('2026-11-21T02:15:00Z') + hours * 3_600_000);
  const params = (more: object = {}) => pgDropKept.schema.parse({ component: 'db', run: 'RUN-31', ...more });

  test('waits 72 hours, then drops exactly the one of the run', async () => {
    const shop = await readyShop(world, 'old');
    await shop.swap();
    const at = (hours: number) => ({ ...shop.context, now: later(hours) });

    const early = await pgDropKept.preview(at(71), params());
    await expect(pgDropKept.run(at(71), params())).rejects.toMatchObject({ code: 'target-refused' });
    const ready = await pgDropKept.preview(at(72), params());
    expect(await pgDropKept.observe?.(at(72), params())).toEqual({ happened: 'no' });
    const done = await pgDropKept.run(at(72), params());

    expect(early.blocked).toEqual([
      expect.stringContaining(
        'was put aside 71.0 h ago and is kept for 72h. It may be dropped from 2026-11-24 02:15 UTC',
      ),
    ]);
    expect(ready).toMatchObject({
      blocked: [],
      bound: { name: 'old_before_run31', comment: expect.stringContaining('"kept":true') },
    });
    expect(done).toMatchObject({ summary: '`old_before_run31` dropped' });
    expect(await pgDropKept.observe?.(at(72), params())).toMatchObject({ happened: 'yes' });
    expect((await snapshot(world, 'old')).datallowconn).toBe(true);
    await expect(pgDropKept.run(at(80), params())).rejects.toMatchObject({ code: 'target-refused' });
  });

  test('is refused while somebody is in it', async () => {
    const shop = await readyShop(world, 'inspected');
    await shop.swap();
    await world.cluster.query('postgres', 'alter database inspected_before_run31 allow_connections true');
    const visitor = new Client({ connectionString: world.asRole('shop_app', 'inspected_before_run31') });
    await visitor.connect();

    const preview = await pgDropKept.preview({ ...shop.context, now: later(100) }, params());

    expect(preview.blocked).toEqual([
      expect.stringContaining('is open to connections'),
      expect.stringContaining('has 1 sessions'),
    ]);
    await visitor.end();
  });
});
