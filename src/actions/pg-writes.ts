import type { Session } from '../clients/postgres.ts';
import { listTables } from './pg-tables.ts';
import type { KeptMark } from './pg-target.ts';
import { count, plural } from './pg-words.ts';

/** What a restored database has taken since it went live. */
export interface Writes {
  /** Rows written or removed, by table; only tables with any. */
  readonly tables: Readonly<Record<string, number>>;
  /** What was written that is no row of a table: definitions and large objects. */
  readonly others: readonly string[];
  /** Why "none" cannot be relied on. */
  readonly notKnown: string | undefined;
}

export const tookWrites = ({ tables, others, notKnown }: Writes) =>
  Object.keys(tables).length > 0 || others.length > 0 || notKnown !== undefined;

/**
 * Counts rows whose xmin is younger than the transaction of the swap: every insert and update leaves one, and VACUUM keeps
 * it readable. A delete leaves none, so the older rows are compared with the exact count of the integrity check, after which
 * the copy was closed. PostgreSQL's statistics are not used: they lag, and a crash of the server empties them.
 */
export async function writesSince(session: Session, { xid, scratch }: KeptMark): Promise<Writes> {
  const tables: Record<string, number> = {};
  const seen = new Set<string>();
  for (const { label, sql } of await listTables(session)) {
    seen.add(label);
    const { rows, young } = await session.row<{ rows: number; young: number }>(
      `select count(*)::float8 as rows, count(*) filter (where age(xmin) < age($1::text::xid))::float8 as young from ${sql}`,
      [xid],
    );
    const gone = (scratch.rows?.[label] ?? 0) - (rows - young);
    const written = Math.max(young, gone);
    if (written > 0) tables[label] = written;
  }
  for (const [label, rows] of Object.entries(scratch.rows ?? {})) if (!seen.has(label)) tables[label] = rows;
  return {
    tables,
    others: await othersSince(session, xid),
    notKnown:
      scratch.rows === undefined ? 'deleted rows: the copy was not counted before the swap' : undefined,
  };
}

/**
 * A migration, and files kept as large objects. Temporary tables and refreshed views are no loss. Numbers drawn from sequences
 * of no column leave no trace and are not seen.
 */
async function othersSince(session: Session, xid: string): Promise<readonly string[]> {
  const young = (row: string) => `age(${row}.xmin) < age($1::text::xid)`;
  const ours = (schema: string) =>
    `${schema} in (select oid from pg_namespace where nspname <> 'information_schema' and nspname not like 'pg\\_%')`;
  const { relations, routines, objects } = await session.row<{
    relations: number;
    routines: number;
    objects: number;
  }>(
    `select (select count(*)::float8 from pg_class c
              where c.relkind in ('r', 'p', 'v', 'f') and c.relpersistence <> 't' and ${ours('c.relnamespace')}
                and (${young('c')} or exists (select from pg_attribute a where a.attrelid = c.oid and ${young('a')}))) as relations,
            (select count(*)::float8 from pg_proc p where ${ours('p.pronamespace')} and ${young('p')}) as routines,
            (select count(*)::float8 from pg_largeobject_metadata o where ${young('o')}) as objects`,
    [xid],
  );
  return [
    ...(relations === 0 ? [] : [`definitions of ${plural(relations, 'table')} changed`]),
    ...(routines === 0 ? [] : [`${plural(routines, 'function')} written`]),
    ...(objects === 0 ? [] : [`${plural(objects, 'large object')} written`]),
  ];
}

/** `3 rows in `sessions`, 1 in `audit`` */
export function writesInWords({ tables, others, notKnown }: Writes): string {
  const list = Object.entries(tables)
    .sort(([, a], [, b]) => b - a)
    .map(([table, rows]) => `\`${table}\` ${count(rows)}`);
  return (
    [
      ...(list.length > 0
        ? [
            `rows written since: ${list.slice(0, 8).join(', ')}${list.length > 8 ? ` and ${list.length - 8} more tables` : ''}`,
          ]
        : []),
      ...others,
      ...(notKnown === undefined ? [] : [`not known: ${notKnown}`]),
    ].join('; ') || 'no rows written since'
  );
}
