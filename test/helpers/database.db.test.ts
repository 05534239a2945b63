import { expect, inject, test } from 'vitest';
import { queryOnce } from '../../sandbox/postgres.ts';
import { createTestDatabase } from './database.ts';

test('test databases are migrated, apart from each other, and gone when dropped', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);

  await queryOnce(one.ownerUrl, 'create table mine ()');

  expect(await queryOnce(one.url, 'select to_regclass($1) is not null as found', ['events'])).toEqual([
    { found: true },
  ]);
  expect(await queryOnce(two.url, 'select to_regclass($1) as found', ['mine'])).toEqual([{ found: null }]);

  await Promise.all([one.drop(), two.drop()]);
  const left = await queryOnce(inject('postgresUrl'), 'select 1 from pg_database where datname = any($1)', [
    [one.name, two.name],
  ]);
  expect(left).toEqual([]);
});
