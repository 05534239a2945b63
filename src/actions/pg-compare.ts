import { quoteName, type Session } from '../clients/postgres.ts';
import type { Table } from './pg-tables.ts';

/** How one table differs between the live database and the copy. Times are seconds since 1970. */
export interface Difference {
  /** Rows only in live: a swap loses them. */
  readonly lost: number;
  /** In both with other contents: a swap turns them back. */
  readonly changed: number;
  /** Only in the copy: live lost them, a swap brings them back. */
  readonly destroyed: number;
  readonly newest: number | null;
}

export type Comparison = Difference | { readonly notKnown: string };

interface Column {
  readonly name: string;
  readonly type: string;
  /** Its place in the primary key, from 1; null outside of it. */
  readonly key: number | null;
  /** Tells when a row was written, as far as its name or default says so. */
  readonly writtenAt: boolean;
}

/** Rows a server hands over at once. Memory is two pages a side, whatever the table's size. */
const PAGE = 5_000;

/** Both sides must print equal values equally, whatever their database's settings say. */
export async function prepareComparison(session: Session): Promise<void> {
  const settings = {
    timezone: 'UTC',
    datestyle: 'ISO',
    intervalstyle: 'postgres',
    bytea_output: 'hex',
    extra_float_digits: '1',
    search_path: '',
    row_security: 'off',
    max_parallel_workers_per_gather: '0',
  };
  for (const [name, value] of Object.entries(settings))
    await session.rows('select set_config($1, $2, false)', [name, value]);
}

/** Compares a table row by row, merging two sorted streams. */
export async function compareTable(
  live: Session,
  copy: Session,
  inLive: Table,
  inCopy: Table,
  signal: AbortSignal,
): Promise<Comparison> {
  const [liveColumns, copyColumns] = await Promise.all([columnsOf(live, inLive), columnsOf(copy, inCopy)]);
  const key = keyOf(liveColumns);
  if (key.length === 0) return { notKnown: 'it has no primary key' };
  const same = (a: readonly Column[], b: readonly Column[]) =>
    a.map(({ name, type }) => `${name} ${type}`).join() ===
    b.map(({ name, type }) => `${name} ${type}`).join();
  if (!same(key, keyOf(copyColumns))) return { notKnown: 'its primary key changed since the backup' };
  // A column added since the backup does not make every row a changed one.
  const shared = liveColumns.filter(({ name }) => copyColumns.some((column) => column.name === name));
  const orders = key.map(({ type }) => orderOf(type));
  const stream = (session: Session, table: Table, clock: readonly Column[]) =>
    openRows(session, rowsOf(table, key, shared, clock), key.length);
  const [left, right] = await Promise.all([
    stream(
      live,
      inLive,
      liveColumns.filter(({ writtenAt }) => writtenAt),
    ),
    stream(copy, inCopy, []),
  ]);

  let [lost, changed, destroyed] = [0, 0, 0];
  let newest: number | null = null;
  let [a, b] = [await left.next(), await right.next()];
  while (a !== undefined || b !== undefined) {
    signal.throwIfAborted();
    const order = a === undefined ? 1 : b === undefined ? -1 : compareKeys(a.key, b.key, orders);
    if (a !== undefined && order <= 0 && a.at !== null)
      newest = newest === null || a.at > newest ? a.at : newest;
    if (order < 0) lost += 1;
    else if (order > 0) destroyed += 1;
    else if (a?.hash !== b?.hash) changed += 1;
    // Awaiting only at a page's end keeps the loop fast.
    if (order <= 0) a = left.take() ?? (await left.next());
    if (order >= 0) b = right.take() ?? (await right.next());
  }
  return { lost, changed, destroyed, newest };
}

const keyOf = (columns: readonly Column[]) =>
  columns.filter(({ key }) => key !== null).sort((a, b) => (a.key ?? 0) - (b.key ?? 0));

function columnsOf(session: Session, table: Table): Promise<Column[]> {
  return session.rows<Column & Record<string, unknown>>(
    `select a.attname as name, t.typname as type, array_position(i.indkey::int[], a.attnum::int) as key,
            t.typname in ('timestamptz', 'timestamp')
              and (a.attname ~* '^(created|updated|modified|changed|inserted|occurred|written|logged)(_?(at|on|time))?$|^(at|ts|timestamp|time)$'
                   or pg_get_expr(d.adbin, d.adrelid) ~* '^(now\\(\\)|CURRENT_TIMESTAMP|LOCALTIMESTAMP|(pg_catalog\\.)?(clock|statement|transaction)_timestamp\\(\\))$') as "writtenAt"
       from pg_attribute a join pg_type t on t.oid = a.atttypid
       left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
       left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [table.oid],
  );
}

type Order = 'number' | 'bytes';

/** Whole numbers are read in the order of their index; everything else as bytes, which both servers and we sort alike. */
const orderOf = (type: string): Order =>
  ['int2', 'int4', 'int8', 'oid'].includes(type) ? 'number' : 'bytes';

function rowsOf(
  table: Table,
  key: readonly Column[],
  shared: readonly Column[],
  clock: readonly Column[],
): string {
  const name = (column: Column) => `t.${quoteName(column.name)}`;
  const keys = key.map((column, index) => `${name(column)}::text as k${index}`);
  const order = key.map((column) =>
    orderOf(column.type) === 'number' || column.type === 'uuid'
      ? name(column)
      : `${name(column)}::text collate "C"`,
  );
  // A date in the future is an expiry, not a write.
  const times = clock.map(
    (column) => `case when ${name(column)}::timestamptz <= now() then ${name(column)}::timestamptz end`,
  );
  const at =
    times.length === 0 ? 'null::float8' : `extract(epoch from greatest(${times.join(', ')}))::float8`;
  return `select ${keys.join(', ')}, md5(row(${shared.map(name).join(', ')})::text) as hash, ${at} as at from ${table.sql} t order by ${order.join(', ')}`;
}

interface Row {
  readonly key: readonly string[];
  readonly hash: string;
  readonly at: number | null;
}

/** Rows of a query, a page at a time; the next page travels while this one is read. */
async function openRows(session: Session, query: string, keys: number) {
  await session.rows(`declare rows no scroll cursor for ${query}`);
  const fetchPage = () =>
    session.rows<Record<string, string> & { hash: string; at: number | null }>(`fetch ${PAGE} from rows`);
  const columns = Array.from({ length: keys }, (_, index) => `k${index}`);
  let page: Awaited<ReturnType<typeof fetchPage>> = [];
  let at = 0;
  let coming: ReturnType<typeof fetchPage> | undefined = fetchPage();
  coming.catch(() => undefined);

  /** The next row of this page; undefined at its end. */
  function take(): Row | undefined {
    const row = page[at];
    if (row === undefined) return undefined;
    at += 1;
    const key: string[] = [];
    for (const column of columns) key.push(row[column] ?? '');
    return { key, hash: row.hash, at: row.at };
  }

  /** The next row of all; undefined after the last one. */
  async function next(): Promise<Row | undefined> {
    const row = take();
    if (row !== undefined || coming === undefined) return row;
    page = await coming;
    at = 0;
    const last = page.length < PAGE;
    if (last) await session.rows('close rows');
    coming = last ? undefined : fetchPage();
    coming?.catch(() => undefined);
    return take();
  }

  return { take, next };
}

function compareKeys(a: readonly string[], b: readonly string[], orders: readonly Order[]): number {
  for (const [index, order] of orders.entries()) {
    const [left = '', right = ''] = [a[index], b[index]];
    if (left === right) continue;
    return order === 'number'
      ? Number(BigInt(left) > BigInt(right)) * 2 - 1
      : Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  return 0;
}
