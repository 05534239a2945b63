import { afterAll, beforeAll, expect, test } from 'vitest';
import { pgSwap } from '../../src/actions/pg-swap.ts';
import { databaseAccess } from '../helpers/database-facts.ts';
import { type Ready, readyShop } from './pg-ready.ts';
import { type PgWorld, shopPlan, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
});
afterAll(() => world.stop());

/** Swaps and verifies: everything that belonged to the live database belongs to the new one. */
async function swapped(shop: Ready, context = shop.context) {
  const access = await databaseAccess(world.cluster, shop.name);
  const done = await pgSwap.run(context, shop.params);
  if (done.kind !== 'done') throw new Error('not done');
  await pgSwap.verify?.(context, shop.params, done.output);
  return { before: access, after: await databaseAccess(world.cluster, shop.name) };
}

test('a setting of no known extension is blocked in the preview without an administrator, and copied by one', async () => {
  const shop = await readyShop(world, 'tagged');
  await world.cluster.query('postgres', `alter database tagged set "app.region" = 'eu'`);
  const plan = shopPlan('tagged', {
    connection: 'shop-admin',
    restore: { into: 'shop-admin', freeBytes: 1e10 },
  });

  expect((await pgSwap.preview(shop.context, shop.params)).blocked).toEqual([
    expect.stringMatching(
      /`app\.region` cannot be copied.*adminUrl.*alter database "tagged" set "app\.region"/,
    ),
  ]);
  const { before, after } = await swapped(shop, world.context('tagged', { step: 'swap', plan }));

  expect(after).toEqual(before);
  expect(after).toContain('setting of everybody: app.region=eu');
});

test('a date style keeps its spelling', async () => {
  const shop = await readyShop(world, 'dated');
  await world.cluster.query('postgres', `alter database dated set datestyle = 'ISO, DMY'`);

  const { before, after } = await swapped(shop);

  expect(after).toEqual(before);
});

test('what the owner may not do to the live database, he may not do to the new one', async () => {
  const shop = await readyShop(world, 'frugal');
  await world.cluster.query('postgres', 'revoke create, temporary on database frugal from shop_owner');

  const { before, after } = await swapped(shop);

  expect(after).toEqual(before);
});

test('row security that asks for a setting of the application does not stand against the proof', async () => {
  const shop = await readyShop(world, 'tenants');
  for (const database of ['tenants', 'tenants_run31']) {
    await world.cluster.query('postgres', `alter database ${database} allow_connections true`);
    await world.cluster.psql(
      database,
      `alter table orders enable row level security; create policy tenant on orders using (id = current_setting('app.tenant')::int);`,
    );
  }
  await world.cluster.query('postgres', 'alter database tenants_run31 allow_connections false');

  const { before, after } = await swapped(shop);

  expect(after).toEqual(before);
});
