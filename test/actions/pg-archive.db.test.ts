import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseEntries } from '../../src/actions/pg-archive.ts';
import { type PgWorld, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
});
afterAll(() => world.stop());

test('default privileges of other roles than the owner stay out of a restore, and those roles are named', async () => {
  await world.createShop('shop', 5);
  await world.cluster.psql(
    'shop',
    `create role "Old Owner";
     alter default privileges for role stranger in schema "Back Office" grant select on tables to shop_app;
     alter default privileges for role "Old Owner" grant execute on functions to shop_app;`,
  );
  const { path } = await world.fetched(await world.dump('shop', 'custom'));
  const { stdout: list } = await promisify(execFile)(world.programs.pg_restore, ['--list', path]);

  const chosen = chooseEntries(list, { schemas: new Set(), extensions: new Set() }, 'shop_owner');

  expect(list.match(/DEFAULT ACL/g)).toHaveLength(3);
  expect(chosen.text.match(/DEFAULT ACL.*/g)).toEqual([
    'DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES shop_owner',
  ]);
  expect(chosen.defaults).toEqual(new Set(['stranger', 'Old Owner']));
});
