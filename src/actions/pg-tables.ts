import { quoteName, type Session } from '../clients/postgres.ts';

export interface Table {
  readonly oid: string;
  /** As people say it: `orders`, or `billing.invoices` outside of public. No two tables of a database share one. */
  readonly label: string;
  /** Its name in SQL. */
  readonly name: string;
  /** Its own rows, as FROM takes them: a parent is read without the tables that inherit from it. */
  readonly sql: string;
  /** Whether this session may read it. */
  readonly readable: boolean;
}

/** Tables that hold rows (partitions, not their parents), without those of extensions and of the system. */
export async function listTables(session: Session): Promise<readonly Table[]> {
  const rows = await session.rows<{ oid: string; schema: string; name: string; readable: boolean }>(
    `select c.oid::text, n.nspname as schema, c.relname as name,
            has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence <> 't'
        and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      order by n.nspname <> 'public', n.nspname, c.relname`,
  );
  return rows.map(({ oid, schema, name, readable }) => ({
    oid,
    readable,
    label: schema === 'public' ? spoken(name) : `${spoken(schema)}.${spoken(name)}`,
    name: `${quoteName(schema)}.${quoteName(name)}`,
    sql: `only ${quoteName(schema)}.${quoteName(name)}`,
  }));
}

/** A dot within a name would read as the end of its schema's. */
const spoken = (name: string) => (/[."]/.test(name) ? quoteName(name) : name);

/** Whether the name of a table stands for anything here; what became a view or a partitioned table was not dropped. */
export async function isRelation(session: Session, { name }: Table): Promise<boolean> {
  const sql = 'select to_regclass($1) is not null as found';
  return (await session.row<{ found: boolean }>(sql, [name])).found;
}

/** The exact number of a table's own rows. */
export async function countTable(session: Session, { sql }: Table): Promise<number> {
  return (await session.row<{ rows: number }>(`select count(*)::float8 as rows from ${sql}`)).rows;
}

/** Exact counts by label. Estimates would call a half-restored table complete. */
export async function countRows(
  session: Session,
  onTable?: (label: string) => void,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of await listTables(session)) {
    onTable?.(table.label);
    counts[table.label] = await countTable(session, table);
  }
  return counts;
}

export const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, rows) => sum + rows, 0);
