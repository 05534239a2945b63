import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { queryOnce } from '../../sandbox/postgres.ts';
import { databaseFacts } from './database-facts.ts';

const name = 'facts_of_a_shop';

const cluster = {
  query: (database: string, sql: string, values?: readonly unknown[]) =>
    queryOnce(Object.assign(new URL(inject('postgresUrl')), { pathname: `/${database}` }).href, sql, values),
};

beforeAll(async () => {
  await cluster.query('postgres', `create database ${name} template template0`);
  await cluster.query(
    name,
    `create table orders (id serial primary key, total int);
     insert into orders (total) values (1), (2);
     create function total() returns bigint language sql as 'select sum(total) from public.orders'`,
  );
});

afterAll(() => cluster.query('postgres', `drop database ${name}`));

test.each([
  `revoke temporary on database ${name} from public`,
  `alter database ${name} set statement_timeout = '30s'`,
  `alter role postgres in database ${name} set work_mem = '8MB'`,
  `alter database ${name} connection limit 40`,
  `comment on database ${name} is 'The shop'`,
  'grant create on schema public to pg_monitor',
  'grant select on orders to pg_monitor',
  'grant select (total) on orders to pg_monitor',
  'grant usage on sequence orders_id_seq to pg_monitor',
  'revoke execute on function total() from public',
  'alter default privileges in schema public grant select on tables to pg_monitor',
  'alter table orders owner to pg_monitor',
  'create extension citext',
])('sees in the access: %s', async (change) => {
  const before = await databaseFacts(cluster, name);

  await cluster.query(name, change);

  const after = await databaseFacts(cluster, name);
  expect(after.access).not.toEqual(before.access);
  expect({ ...after, access: [] }).toEqual({ ...before, access: [] });
});

test.each([
  'insert into orders (id, total) values (10, 2)',
  'update orders set total = 3 where id = 1',
  "select nextval('orders_id_seq')",
])('sees in the contents: %s', async (change) => {
  const before = await databaseFacts(cluster, name);

  await cluster.query(name, change);

  const after = await databaseFacts(cluster, name);
  expect(after.contents).not.toEqual(before.contents);
  expect(after.access).toEqual(before.access);
});
