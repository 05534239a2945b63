import { quoteName, type Session } from '../clients/postgres.ts';

/** Schemas, tables, columns, sequences, routines and types people made, with their access lists. Extensions' own are theirs. */
const OBJECTS = `
  with own_schema as (
    select oid, nspname, nspowner, nspacl from pg_namespace
     where nspname <> 'information_schema' and nspname not like 'pg\\_%'
  ), member as (select classid, objid from pg_depend where deptype = 'e')
  select 'schema' as kind, quote_ident(nspname) as object, '' as column, nspowner as owner, nspacl as acl, oid
    from own_schema where ('pg_namespace'::regclass, oid) not in (select * from member)
  union all
  select case c.relkind when 'S' then 'sequence' else 'table' end, format('%I.%I', n.nspname, c.relname), '', c.relowner, c.relacl, c.oid
    from pg_class c join own_schema n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ('pg_class'::regclass, c.oid) not in (select * from member)
  union all
  select 'table', format('%I.%I', n.nspname, c.relname), quote_ident(a.attname), c.relowner, a.attacl, c.oid
    from pg_attribute a join pg_class c on c.oid = a.attrelid join own_schema n on n.oid = c.relnamespace
   where a.attacl is not null and a.attnum > 0 and not a.attisdropped and ('pg_class'::regclass, c.oid) not in (select * from member)
  union all
  select 'routine', format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), '', p.proowner, p.proacl, p.oid
    from pg_proc p join own_schema n on n.oid = p.pronamespace where ('pg_proc'::regclass, p.oid) not in (select * from member)`;

/** One line a privilege somebody other than the owner has by a grant. `public` is everybody. */
const GRANTS = `
  select o.kind, o.object, o.column, x.privilege_type as privilege, x.is_grantable as grantable,
         case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end as grantee
    from (${OBJECTS}) o, aclexplode(o.acl) x
   where o.acl is not null and x.grantee <> o.owner
   order by 1, 2, 3, 4, 6`;

const DEFAULTS = `
  select quote_ident(pg_get_userbyid(d.defaclrole)) as role, quote_ident(n.nspname) as schema, x.privilege_type as privilege,
         case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'routines' when 'T' then 'types' else 'schemas' end as kind,
         case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end as grantee, x.is_grantable as grantable
    from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace, aclexplode(d.defaclacl) x
   where x.grantee <> d.defaclrole`;

interface Grant extends Record<string, unknown> {
  readonly kind: string;
  readonly object: string;
  readonly column: string;
  readonly privilege: string;
  readonly grantable: boolean;
  readonly grantee: string;
}

interface DefaultGrant extends Omit<Grant, 'object' | 'column'> {
  readonly role: string;
  readonly schema: string | null;
}

/** A dump taken with --no-acl leaves no grant on anything. The grant everybody has on `public` comes with the template. */
export async function holdsNoGrants(session: Session): Promise<boolean> {
  const { none } = await session.row<{ none: boolean }>(
    `select not exists (select from (${OBJECTS}) o where o.acl is not null and o.object <> 'public')
            and not exists (select from pg_default_acl) as none`,
  );
  return none;
}

export interface GrantList {
  /** Schemas and routines with an access list: it alone says who may use them, not the default for everybody. */
  readonly listed: readonly { readonly kind: string; readonly object: string }[];
  readonly grants: readonly Grant[];
  readonly defaults: readonly DefaultGrant[];
}

/**
 * Routines are told apart by the types they take, which the server writes without their schema where the search path finds
 * them. A live database may have a search path of its own; its copy has none yet.
 */
async function writeTypesInFull(session: Session): Promise<void> {
  await session.rows(`set search_path = ''`);
}

export async function readGrants(session: Session): Promise<GrantList> {
  await writeTypesInFull(session);
  const listed = await session.rows<{ kind: string; object: string }>(
    `select kind, object from (${OBJECTS}) o where o.acl is not null and kind in ('schema', 'routine')`,
  );
  return {
    listed,
    grants: await session.rows<Grant>(GRANTS),
    defaults: await session.rows<DefaultGrant>(DEFAULTS),
  };
}

/**
 * Gives a copy the grants of the live database, in a session of the owner. Objects the copy does not have, and default
 * privileges of other roles, are passed over; `pg.integrity` compares afterwards. Returns how many grants were made.
 */
export async function applyGrants(
  session: Session,
  owner: string,
  { listed, grants, defaults }: GrantList,
): Promise<number> {
  await writeTypesInFull(session);
  const known = await session.rows<{ kind: string; object: string }>(
    `select distinct kind, object from (${OBJECTS}) o`,
  );
  const inCopy = new Set(known.map(({ kind, object }) => `${kind} ${object}`));
  for (const { kind, object } of listed) {
    if (inCopy.has(`${kind} ${object}`)) await session.rows(`revoke all on ${kind} ${object} from public`);
  }
  let made = 0;
  for (const { kind, object, column, privilege, grantee, grantable } of grants) {
    if (!inCopy.has(`${kind} ${object}`)) continue;
    const columns = column === '' ? '' : ` (${column})`;
    await session.rows(
      `grant ${privilege}${columns} on ${kind} ${object} to ${grantee}${grantable ? ' with grant option' : ''}`,
    );
    made += 1;
  }
  for (const { role, schema, privilege, kind, grantee, grantable } of defaults) {
    if (role !== quoteName(owner) && role !== owner) continue;
    const within = schema === null ? '' : ` in schema ${schema}`;
    await session.rows(
      `alter default privileges${within} grant ${privilege} on ${kind} to ${grantee}${grantable ? ' with grant option' : ''}`,
    );
    made += 1;
  }
  return made;
}

/**
 * What each role may effectively do, one line a right: `janua_app select table public.users`. A right to a table counts only
 * with the usage of its schema. The session is left without a search path.
 */
export async function effectiveRights(
  session: Session,
  roles: readonly string[],
): Promise<ReadonlySet<string>> {
  await writeTypesInFull(session);
  const rows = await session.rows<{ line: string }>(
    `select role || ' ' || lower(privilege) || ' ' || kind || ' ' || object as line
       from (${OBJECTS}) o, unnest($1::text[]) role, (values
         ('schema', 'USAGE'), ('schema', 'CREATE'), ('sequence', 'USAGE'), ('sequence', 'SELECT'), ('sequence', 'UPDATE'),
         ('table', 'SELECT'), ('table', 'INSERT'), ('table', 'UPDATE'), ('table', 'DELETE'), ('table', 'TRUNCATE'),
         ('table', 'REFERENCES'), ('table', 'TRIGGER'), ('routine', 'EXECUTE')) p (on_kind, privilege)
      where p.on_kind = o.kind and o.column = '' and case o.kind
              when 'schema' then has_schema_privilege(role, o.oid, privilege)
              when 'sequence' then has_sequence_privilege(role, o.oid, privilege)
              when 'routine' then has_function_privilege(role, o.oid, privilege)
              else has_table_privilege(role, o.oid, privilege) and has_schema_privilege(
                     role, (select relnamespace from pg_class where oid = o.oid), 'usage') end`,
    [roles],
  );
  return new Set(rows.map(({ line }) => line));
}

/** Which of these objects a database has, as `effectiveRights` writes them: `table public.users`. No search path is left. */
export async function grantableObjects(session: Session): Promise<ReadonlySet<string>> {
  await writeTypesInFull(session);
  const rows = await session.rows<{ line: string }>(
    `select distinct kind || ' ' || object as line from (${OBJECTS}) o`,
  );
  return new Set(rows.map(({ line }) => line));
}
