import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pgIntegrity } from '../../src/actions/pg-integrity.ts';
import { pgRestore } from '../../src/actions/pg-restore.ts';
import { type PgWorld, startPgWorld } from './pg-setup.ts';

let world: PgWorld;
beforeAll(async () => {
  world = await startPgWorld();
});
afterAll(() => world.stop());

let shops = 0;
/** A shop made peculiar by its owner and backed up; then live is changed, the backup restored, damaged and checked. Each check's line by its name. */
async function checkShop(peculiar: string, afterwards = '', damage = ''): Promise<Record<string, string>> {
  shops += 1;
  const name = `shop${shops}`;
  await world.createShop(name, 20);
  await world.cluster.psql(name, `set role shop_owner; ${peculiar}`);
  const backup = await world.fetched(await world.dump(name, 'custom'));
  if (afterwards !== '') await world.cluster.psql(name, afterwards);
  const context = world.context(name);
  await pgRestore.run(context, { component: 'db', jobs: 2, ...backup });
  const database = `${name}_run31`;
  if (damage !== '') await world.cluster.psql(database, damage);
  const params = pgIntegrity.schema.parse({ component: 'db', database });
  const done = await pgIntegrity.run(context, params);
  if (done.kind !== 'done') throw new Error('not done');
  return Object.fromEntries((done.facts ?? []).map(({ name, value }) => [name, value]));
}

describe('a copy like its live database passes', () => {
  test('where row security asks for a setting only the application gives', async () => {
    const says = await checkShop(`
      alter table orders add tenant int not null default 1;
      alter table orders enable row level security;
      create policy tenant on orders using (tenant = current_setting('app.tenant')::int);`);

    expect(says['application roles']).toMatch(/^pass: 2 roles logged in/);
  });

  test('where a materialized view was never filled', async () => {
    const says = await checkShop(`
      create materialized view totals as select sum(total) from orders with no data;
      grant select on totals to shop_app;`);

    expect(says['application roles']).toMatch(/^pass: 2 roles logged in/);
  });

  test('where a table is granted and its schema is not', async () => {
    const says = await checkShop(`
      create schema hidden; create table hidden.notes (id int); grant select on hidden.notes to shop_app;`);

    expect(says['application roles']).toMatch(/^pass: 2 roles logged in/);
  });

  test('but for a table that live lost, which is what it was restored for', async () => {
    const says = await checkShop(
      'create table lost (id int); grant select on lost to shop_app;',
      'drop table lost;',
    );

    expect(says['application roles']).toMatch(/^pass: 2 roles logged in/);
  });

  test('where the owner may not make a schema, and the backup has some', async () => {
    const says = await checkShop(`revoke create, temporary on database shop${shops + 1} from shop_owner;`);

    expect(says['row counts']).toMatch(/^not known: /);
  });

  test('where routines take types that its search path finds', async () => {
    const says = await checkShop(
      `create schema app; create type app.status as enum ('new');
       create function app.f(s app.status) returns int language sql as 'select 1';
       grant execute on function app.f to shop_app;`,
      `alter database shop${shops + 1} set search_path = app, public;`,
    );

    expect(says['application roles']).toMatch(/^pass: 2 roles logged in/);
  });

  test('where a foreign key was never validated, which is named', async () => {
    const says = await checkShop(`
      create table visits (customer_id bigint); insert into visits values (-1);
      alter table visits add constraint visitor foreign key (customer_id) references customers not valid;`);

    expect(says['foreign keys']).toBe(
      'pass: 1 foreign key, 0 broken; NOT VALID as in the backup: `visits.visitor`',
    );
  });

  test('where a foreign key does not hold for the children of its table', async () => {
    const says = await checkShop(`
      create table events (id int primary key, customer_id bigint references customers);
      create table imported_events () inherits (events);
      insert into imported_events values (1, -1);`);

    expect(says['foreign keys']).toBe('pass: 2 foreign keys, 0 broken');
  });

  test('where a sequence has begun again and a partitioned index was never completed', async () => {
    const says = await checkShop(`
      create table tickets (nr int);
      create sequence ticket_nr maxvalue 9 cycle owned by tickets.nr;
      alter table tickets alter nr set default nextval('ticket_nr');
      insert into tickets select nextval('ticket_nr') from generate_series(1, 11);
      create table days (day date) partition by range (day);
      create table days_2026 partition of days for values from ('2026-01-01') to ('2027-01-01');
      create index days_day on only days (day);`);

    expect(says.sequences).toBe('pass: 3 sequences ahead');
    expect(says['constraints and indexes']).toBe('pass: all valid');
  });
});

test('a table that cannot be read for another reason than a right is named, and is no fault', async () => {
  const says = await checkShop(`
    alter table orders enable row level security; create policy broken on orders using (id in (select id from orders));`);

  expect(says['application roles']).toMatch(
    /^not known: 2 roles logged in and read \d+ tables; `public\.orders` could not be read as `shop_app`: .*infinite recursion/,
  );
});

test('orphans are found in a partition of a table', async () => {
  const damaged = checkShop(
    `create table visits (customer_id bigint references customers) partition by list (customer_id);
     create table other_visits partition of visits default;`,
    '',
    'set session_replication_role = replica; insert into visits values (-1);',
  );

  await expect(damaged).rejects.toMatchObject({
    message: expect.stringMatching(/Foreign keys: 1 row of `visits` without a parent/),
  });
});
