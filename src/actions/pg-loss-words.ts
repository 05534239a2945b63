import type { Fact } from '../domain/step.ts';
import { instant } from './backup-source.ts';
import type { Difference } from './pg-compare.ts';
import { clock, count, named, plural } from './pg-words.ts';

/** What a swap would take away, in words. */

export const LIVE_UNREADABLE = 'the live database cannot be read';

export type Kind = keyof Omit<Difference, 'newest'>;

/** What the comparison of two databases told, table by table. */
export interface Results {
  readonly known: readonly (Difference & { readonly table: string })[];
  readonly unknown: readonly { readonly table: string; readonly why: string }[];
  readonly fault?: string | undefined;
}

/** What the approval card says under "Data lost". */
export function sentenceOf(results: Results, lastWrite: string | null, takenAt: string | null): string {
  const { known, unknown } = results;
  const since = takenAt === null ? '' : ` At most everything after ${instant(new Date(takenAt))}.`;
  if (nothingKnown(results)) return `Not known: ${whyUnknown(results)}.${since}`;
  const rest = unknown.length === 0 ? '' : ` Not known: ${named(unknown.map(({ table }) => table))}.${since}`;
  const [lost, changed] = [rowsIn(known, 'lost'), rowsIn(known, 'changed')];
  const turned = total(changed);
  const back = `${plural(turned, 'row')} changed since the backup ${turned === 1 ? 'is' : 'are'} turned back: ${listed(changed, 3)}.`;
  if (lost.length === 0 && changed.length === 0) {
    const before = lastWrite !== null && takenAt !== null && lastWrite < takenAt;
    return `None found${before ? `: the last write in the live database (${clock(lastWrite)}) is before the backup` : ''}.${rest}`;
  }
  if (lost.length === 0) return `None lost; ${back}${rest}`;
  const span =
    takenAt === null || lastWrite === null || lastWrite < takenAt
      ? ''
      : ` written ${instant(new Date(takenAt))} to ${clock(lastWrite)}`;
  return `${plural(total(lost), 'row')}${span}: ${listed(lost)}.${turned === 0 ? '' : ` ${back}`}${rest}`;
}

interface TableRows {
  readonly table: string;
  readonly rows: number;
}

/** The tables with any such rows, those with the most first. */
export const rowsIn = (known: Results['known'], kind: Kind): readonly TableRows[] =>
  known
    .map((result) => ({ table: result.table, rows: result[kind] }))
    .filter(({ rows }) => rows > 0)
    .sort((a, b) => b.rows - a.rows);

export const total = (tables: readonly TableRows[]) => tables.reduce((sum, { rows }) => sum + rows, 0);

/** `sessions` 102, `audit_log` 16 */
function listed(tables: readonly TableRows[], most = 6): string {
  const list = tables.slice(0, most).map(({ table, rows }) => `\`${table}\` ${count(rows)}`);
  return `${list.join(', ')}${tables.length > most ? ` and ${tables.length - most} more tables` : ''}`;
}

/** `118 rows in 2 tables: `sessions` 102, `audit_log` 16` */
export const inTables = (tables: readonly TableRows[]) =>
  tables.length === 0
    ? 'none found'
    : `${plural(total(tables), 'row')} in ${plural(tables.length, 'table')}: ${listed(tables)}`;

export const nothingKnown = ({ known, unknown, fault }: Results) =>
  fault !== undefined || (known.length === 0 && unknown.length > 0);

const whyUnknown = ({ unknown, fault }: Results) =>
  fault === undefined
    ? byReason(unknown)
        .map(([why, tables]) => `${why}: ${named(tables)}`)
        .join('; ')
    : LIVE_UNREADABLE;

const byReason = (unknown: Results['unknown']) =>
  [...Map.groupBy(unknown, ({ why }) => why)].map(
    ([why, tables]) => [why, tables.map(({ table }) => table)] as const,
  );

export const unknownFacts = (unknown: Results['unknown']): readonly Fact[] =>
  byReason(unknown).map(([why, tables]) => ({
    name: 'not known',
    value: `${why}: ${named(tables, tables.length)}`,
  }));

export function summaryOf(results: Results): string {
  if (nothingKnown(results)) return `not known: ${whyUnknown(results)}`;
  const of = (kind: Kind) => total(rowsIn(results.known, kind));
  const [lost, turned, back] = [of('lost'), of('changed'), of('destroyed')];
  const { length } = results.unknown;
  return [
    `${lost === 0 ? 'no rows' : plural(lost, 'row')} lost by a swap`,
    ...(turned === 0 ? [] : [`${plural(turned, 'row')} turned back`]),
    ...(back === 0 ? [] : [`${plural(back, 'row')} brought back`]),
    ...(length === 0 ? [] : [`${plural(length, 'table')} not known`]),
  ].join(', ');
}
