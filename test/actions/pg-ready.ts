import type { ActionContext } from '../../src/actions/action.ts';
import { pgClose } from '../../src/actions/pg-close.ts';
import { pgIntegrity } from '../../src/actions/pg-integrity.ts';
import { pgRestore } from '../../src/actions/pg-restore.ts';
import { pgSwap } from '../../src/actions/pg-swap.ts';
import { type PgWorld, shopPlan } from './pg-setup.ts';

/** A shop whose backup is restored, checked and closed by RUN-31, up to just before the swap. Live has one order more. */
export async function readyShop(world: PgWorld, name: string, { checked = true, owner = 'shop_owner' } = {}) {
  await world.createShop(name, 20, owner);
  const plan = shopPlan(name, { owner });
  const context = world.context(name, { step: 'swap', plan });
  const restoring = world.context(name, { plan });
  await pgRestore.run(restoring, {
    component: 'db',
    jobs: 2,
    ...(await world.fetched(await world.dump(name, 'custom'))),
  });
  const copy = { component: 'db', database: `${name}_run31` };
  if (checked) await pgIntegrity.run(context, pgIntegrity.schema.parse(copy));
  await pgClose.run(context, copy);
  await world.cluster.query(name, `insert into orders (customer_id, total) values (1, 777)`);

  const params = { component: 'db', scratch: copy.database };
  return {
    name,
    context,
    params,
    kept: `${name}_before_run31`,
    swap: (more: Partial<ActionContext> = {}) => pgSwap.run({ ...context, ...more }, params),
    snapshot: () => snapshot(world, name),
  };
}

export type Ready = Awaited<ReturnType<typeof readyShop>>;

/** Everything of a database that a swap could lose: access, settings, limit, comment, owner, doors, grants, and its rows. */
export async function snapshot(world: PgWorld, name: string) {
  const [database] = await world.cluster.query(
    'postgres',
    `select oid::text, datallowconn, datconnlimit, pg_get_userbyid(datdba) as owner, shobj_description(oid, 'pg_database') as comment,
            (select array_agg(x::text order by x::text) from unnest(datacl) x) as acl,
            (select array_agg(setrole::regrole || ' ' || entry order by setrole, entry) from pg_db_role_setting, unnest(setconfig) entry where setdatabase = d.oid) as settings
       from pg_database d where datname = '${name}'`,
  );
  const [contents] = database?.datallowconn
    ? await world.cluster.query(
        name,
        `select (select count(*)::int from orders) as orders,
                (select array_agg(relname || relacl::text order by relname) from pg_class where relacl is not null and relnamespace = 'public'::regnamespace) as grants`,
      )
    : [{}];
  return { ...database, ...contents };
}
