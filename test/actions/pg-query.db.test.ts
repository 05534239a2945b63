import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pgAssert } from '../../src/actions/pg-assert.ts';
import { pgQuery } from '../../src/actions/pg-query.ts';
import { type PgWorld, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
  await world.createShop('shop', 20);
});
afterAll(() => world.stop());

const query = (params: object) =>
  pgQuery.run(world.context('shop'), pgQuery.schema.parse({ component: 'db', ...params }));
const check = (sql: string, op: string, value: unknown) =>
  pgAssert.run(world.context('shop'), pgAssert.schema.parse({ component: 'db', sql, expect: { op, value } }));

describe('a query', () => {
  test('gives at most 20 rows, and values that can be stored', async () => {
    expect(
      await query({
        sql: 'select id, total, updated_at from orders where id > $1 order by id',
        params: [10],
      }),
    ).toMatchObject({
      summary: '90 rows',
      output: {
        rows: { length: 20 },
        first: { id: '11', updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
      },
    });
    expect(await query({ sql: 'select 1 where false' })).toMatchObject({
      summary: '0 rows',
      output: { rows: [], first: null },
    });
  });

  test('asks with the real login of a role, and is refused what the role may not read', async () => {
    expect(await query({ sql: 'select current_user as who', role: 'shop_worker' })).toMatchObject({
      output: { first: { who: 'shop_worker' } },
    });
    await expect(
      query({ sql: 'select body from "Back Office"."Notes"', role: 'shop_worker' }),
    ).rejects.toMatchObject({ code: 'outside-refused' });
    await expect(query({ sql: 'select 1', role: 'stranger' })).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  test('cannot write, run two statements, leave its transaction or set a sequence', async () => {
    for (const sql of [
      `with gone as (delete from orders returning id) select * from gone`,
      `select 1; delete from orders`,
      `select setval('orders_id_seq', 1)`,
      `select nextval('orders_id_seq')`,
      `with x as (select set_config('transaction_read_only', 'off', true)) insert into hits select now(), '' from x`,
      `select * from orders for update`,
    ])
      await expect(query({ sql })).rejects.toMatchObject({ code: 'outside-refused' });
    for (const sql of [
      'commit',
      'delete from orders',
      'begin; select 1',
      'copy orders to program $$id$$',
      'do $$ begin end $$',
    ]) {
      await expect(query({ sql })).rejects.toMatchObject({ code: 'plan-invalid' });
    }
    // PostgreSQL 15 lets a read-only transaction make a large object; it goes with the transaction, which is never committed.
    await query({ sql: 'select lo_create(1)' });
    expect(
      await query({ sql: 'select count(*)::int as objects from pg_largeobject_metadata' }),
    ).toMatchObject({
      output: { first: { objects: 0 } },
    });
    expect(await query({ sql: 'select count(*)::int as orders from orders' })).toMatchObject({
      output: { first: { orders: 100 } },
    });
  });
});

describe('an assertion', () => {
  test('passes or fails with both values in words', async () => {
    expect(await check('select count(*) from orders', '>=', 100)).toMatchObject({
      summary: '100 >= 100',
      output: { value: '100' },
    });
    expect(await check(`select 'on'`, '=', 'on')).toMatchObject({ kind: 'done' });
    expect(await check('select 9 < 10', '!=', false)).toMatchObject({ kind: 'done' });
    await expect(check('select count(*) from orders', '>', 1000)).rejects.toMatchObject({
      code: 'check-failed',
      message: 'Expected > 1000, found 100: select count(*) from orders',
    });
    await expect(check('select 9', '<', 10).then(() => check('select 10', '<', 9))).rejects.toMatchObject({
      code: 'check-failed',
    });
    await expect(check('select max(total) from orders where false', '>=', 0)).rejects.toMatchObject({
      message: expect.stringContaining('found null'),
    });
    await expect(check('select id from orders', '=', 1)).rejects.toMatchObject({
      message: expect.stringContaining('Expected one value, found 100 rows'),
    });
  });
});
