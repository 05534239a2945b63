import type { PostgresCluster } from '../../sandbox/postgres.ts';

type Cluster = Pick<PostgresCluster, 'query'>;

/**
 * Everything of a database that a swap could lose or change, read by a superuser: `access` says what it is and who may do
 * what in it, a line each; `contents` counts and sums up each table. Two databases are the same when all three are equal.
 */
export async function databaseFacts(cluster: Cluster, name: string) {
  const [database] = await cluster.query('postgres', 'select oid::text from pg_database where datname = $1', [
    name,
  ]);
  return {
    oid: String(database?.oid),
    access: await databaseAccess(cluster, name),
    contents: await contentsOf(cluster, name),
  };
}

/** The part of the facts that must be the same for a restored database and the one whose place it takes. */
export async function databaseAccess(cluster: Cluster, name: string): Promise<readonly string[]> {
  const rows = [
    ...(await cluster.query('postgres', DATABASE, [name])),
    ...(await cluster.query(name, OBJECTS)),
  ];
  return rows.map(({ line }) => String(line));
}

async function contentsOf(cluster: Cluster, name: string): Promise<Record<string, string>> {
  const tables = await cluster.query(name, TABLES);
  const sums = tables.map(
    ({ name, table }) =>
      `select '${name}' as name, count(*) || ' rows, sum ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as holds from ${table} t`,
  );
  const rows = await cluster.query(name, [...sums, SEQUENCES].join('\nunion all\n'));
  return Object.fromEntries(rows.map((row) => [String(row.name), String(row.holds)]));
}

/** An access list that was never touched and one that says the same in words are equal: the default is written out. */
const entries = (acl: string) =>
  `(select coalesce(string_agg(entry::text, ' ' order by entry::text), 'nobody') from unnest(${acl}) entry)`;

const DATABASE = `
  with own as (select *, shobj_description(oid, 'pg_database') as said from pg_database where datname = $1)
  select format('database: owner %s, limit %s, open %s, %s %s %s, comment %s', datdba::regrole, datconnlimit, datallowconn,
                pg_encoding_to_char(encoding), datcollate, datctype, said) as line from own
  union all
  select 'database access: ' || ${entries("coalesce(datacl, acldefault('d', datdba))")} from own
  union all
  select format('setting of %s: %s', case setrole when 0 then 'everybody' else setrole::regrole::text end, entry)
    from pg_db_role_setting s join own on own.oid = s.setdatabase, unnest(setconfig) entry
  order by line`;

const OBJECTS = `
  with own_schema as (
    select * from pg_namespace where nspname <> 'information_schema' and nspname not like 'pg\\_%'
  ), object (what, owner, acl) as (
    select format('schema %I', nspname), nspowner, coalesce(nspacl, acldefault('n', nspowner)) from own_schema
    union all
    select format('%s %I.%I', case relkind when 'S' then 'sequence' else 'table' end, nspname, relname), relowner,
           coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
      from pg_class join own_schema s on s.oid = relnamespace where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select format('column %I.%I.%I', nspname, relname, attname), relowner, attacl
      from pg_attribute join pg_class c on c.oid = attrelid join own_schema s on s.oid = relnamespace
     where attacl is not null and not attisdropped
    union all
    select format('routine %I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), proowner,
           coalesce(proacl, acldefault('f', proowner))
      from pg_proc p join own_schema s on s.oid = pronamespace
    union all
    select format('extension %I %s', extname, extversion), extowner, null from pg_extension
    union all
    select format('default for new %s in %s', defaclobjtype, coalesce(nspname, 'every schema')), defaclrole, defaclacl
      from pg_default_acl left join pg_namespace n on n.oid = defaclnamespace
  )
  select format('%s: owner %s, access %s', what, owner::regrole, ${entries('acl')}) as line from object order by line`;

const TABLES = `
  select c.oid::regclass::text as name, format('%I.%I', nspname, relname) as table
    from pg_class c join pg_namespace n on n.oid = relnamespace
   where relkind in ('r', 'm') and nspname <> 'information_schema' and nspname not like 'pg\\_%'`;

const SEQUENCES = `
  select format('%I.%I', schemaname, sequencename), 'at ' || coalesce(last_value::text, 'its start') from pg_sequences`;
