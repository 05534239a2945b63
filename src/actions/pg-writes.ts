import type { Session } from '../clients/postgres.ts';
import { listTables } from './pg-tables.ts';
import type { KeptMark } from './pg-target.ts';
import { count } from './pg-words.ts';

/** What a restored database has taken since it went live. */
export interface Writes {
  /** Rows written or removed, by table; only tables with any. */
  readonly tables: Readonly<Record<string, number>>;
  /** Why "none" cannot be relied on. */
  readonly notKnown: string | undefined;
}

export const tookWrites = ({ tables, notKnown }: Writes) =>
  Object.keys(tables).length > 0 || notKnown !== undefined;

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
    notKnown:
      scratch.rows === undefined ? 'deleted rows: the copy was not counted before the swap' : undefined,
  };
}

/** `3 rows in `sessions`, 1 in `audit`` */
export function writesInWords({ tables, notKnown }: Writes): string {
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
      ...(notKnown === undefined ? [] : [`not known: ${notKnown}`]),
    ].join('; ') || 'no rows written since'
  );
}
