import { quoteName, type Session } from '../clients/postgres.ts';

export interface Table {
  readonly oid: string;
  /** As people say it: `orders`, or `billing.invoices` outside of public. */
  readonly label: string;
  /** As SQL says it. */
  readonly sql: string;
  /** Whether this session may read it. */
  readonly readable: boolean;
}

/** Tables that hold rows (partitions, not their parents), without those of extensions and of the system. */
export async function listTables(session: Session): Promise<readonly Table[]> {
  const rows = await session.rows<{ oid: string; schema: string; name: string; readable: boolean }>(
    `select c.oid::text, n.nspname as schema, c.relname as name,
            has_table_privilege(c.oid, 'select') as readable
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence <> 't'
        and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      order by n.nspname <> 'public', n.nspname, c.relname`,
  );
  return rows.map(({ oid, schema, name, readable }) => ({
    oid,
    readable,
    label: schema === 'public' ? name : `${schema}.${name}`,
    sql: `${quoteName(schema)}.${quoteName(name)}`,
  }));
}

/** Exact counts by label. Estimates would call a half-restored table complete. */
export async function countRows(
  session: Session,
  onTable?: (label: string) => void,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { label, sql } of await listTables(session)) {
    onTable?.(label);
    counts[label] = (await session.row<{ rows: number }>(`select count(*)::float8 as rows from ${sql}`)).rows;
  }
  return counts;
}

export const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, rows) => sum + rows, 0);
