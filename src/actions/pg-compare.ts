import { randomBytes } from 'node:crypto';
import { quoteName, type Session } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import { both, comparePages } from './pg-compare-pages.ts';
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
  /** What makes its bytes, where they are the same in every database: what is known by its number (types made there, names of
   * tables and roles) has other ones in each. */
  readonly send: string | null;
}

/** What stands for the contents of a row in a comparison, made of its columns. */
export interface Digest {
  readonly type: 'text' | 'bigint';
  of(columns: readonly Column[]): string;
}

/** Rows a server hands over at once. Memory is two pages a side, whatever the table's size. */
const PAGE = 5_000;

/** Both sides must print equal values equally, whatever their database's settings say. Returns the digest both know. */
export async function prepareComparison(live: Session, copy: Session): Promise<Digest> {
  const settings = {
    timezone: 'UTC',
    datestyle: 'ISO',
    intervalstyle: 'postgres',
    bytea_output: 'hex',
    extra_float_digits: '1',
    search_path: '',
    row_security: 'off',
    max_parallel_workers_per_gather: '0',
    jit: 'off',
  };
  const majors = await Promise.all(
    [live, copy].map(async (session) => {
      for (const [name, value] of Object.entries(settings))
        await session.rows('select set_config($1, $2, false)', [name, value]);
      const { major } = await session.row<{ major: number }>(
        "select current_setting('server_version_num')::int / 10000 as major",
      );
      return major;
    }),
  );
  const [one = 0, other] = majors;
  return one === other && one >= 14 ? hashed(randomBytes(6).readUIntBE(0, 6)) : digested;
}

/** Alike on every version. */
const digested: Digest = {
  type: 'text',
  of: (columns) => `md5(row(${columns.map(nameIn).join(', ')})::text)`,
};

/**
 * A quarter of the work of an md5, but servers of one version only agree on it. The seed is new each time and not known
 * beforehand, so that nobody can prepare a row that will pass for another.
 */
const hashed = (seed: number): Digest => ({
  type: 'bigint',
  of: (columns) =>
    columns.length === 0
      ? '0::bigint'
      : `hash_record_extended(row(${columns.map(exact).join(', ')}), ${seed})`,
});

/** Types whose own hash tells every two values apart. That of int8 and of times folds their halves into one. */
const HASHED_WELL = ['bool', 'int2', 'int4', 'uuid', 'bytea'];

/** A column as a value whose hash tells any two of its values apart, also those that count as equal (1.0 and 1.00). */
function exact(column: Column): string {
  const name = nameIn(column);
  if (HASHED_WELL.includes(column.type)) return name;
  if (column.send === null || column.type === 'text' || column.type === 'varchar')
    return `${name}::text collate "C"`;
  return `${column.send}(${name})`;
}

const nameIn = ({ name }: Column) => `t.${quoteName(name)}`;

/** Compares a table row by row: by pages of a whole-number key where there is one, else merging two sorted streams. */
export async function compareTable(
  live: Session,
  copy: Session,
  inLive: Table,
  inCopy: Table,
  digest: Digest,
  signal: AbortSignal,
): Promise<Comparison> {
  const [liveColumns, copyColumns] = await both(columnsOf(live, inLive), columnsOf(copy, inCopy));
  const key = keyOf(liveColumns);
  if (key.length === 0) return { notKnown: 'it has no primary key' };
  const same = (a: readonly Column[], b: readonly Column[]) =>
    a.map(({ name, type }) => `${name} ${type}`).join() ===
    b.map(({ name, type }) => `${name} ${type}`).join();
  if (!same(key, keyOf(copyColumns))) return { notKnown: 'its primary key changed since the backup' };
  // A column that was added, or got another type, since the backup does not make every row a changed one.
  const shared = liveColumns.flatMap((column) => {
    const other = copyColumns.find(({ name }) => name === column.name);
    if (other === undefined) return [];
    return [column.type === other.type ? column : { ...column, type: 'text', send: null }];
  });
  const hash = digest.of(shared.filter((column) => column.key === null));
  const newest = () => newestOf(live, inLive, liveColumns);
  const [only] = key;
  if (digest.type === 'bigint' && only !== undefined && key.length === 1 && isInteger(only)) {
    const paged = { key: nameIn(only), hash };
    const counts = await comparePages(
      { ...paged, session: live, table: inLive },
      { ...paged, session: copy, table: inCopy },
      signal,
    );
    if (counts !== undefined) return { ...counts, newest: await newest() };
  }
  const orders = key.map(({ type }) => orderOf(type));
  const stream = async (session: Session, table: Table) =>
    openRows(session, rowsOf(table, key, hash, await isUtf8(session)), key.length);
  const [left, right] = await both(stream(live, inLive), stream(copy, inCopy));

  let [lost, changed, destroyed] = [0, 0, 0];
  let [a, b] = [await left.next(), await right.next()];
  while (a !== undefined || b !== undefined) {
    signal.throwIfAborted();
    const order = a === undefined ? 1 : b === undefined ? -1 : compareKeys(a.key, b.key, orders);
    if (order < 0) lost += 1;
    else if (order > 0) destroyed += 1;
    else if (a?.hash !== b?.hash) changed += 1;
    // Awaiting only at a page's end keeps the loop fast.
    if (order <= 0) a = left.take() ?? (await left.next());
    if (order >= 0) b = right.take() ?? (await right.next());
  }
  return { lost, changed, destroyed, newest: await newest() };
}

/**
 * A comparison that a server refuses is not known; what was refused ended the transaction, so both sessions go back to where
 * they were before it. A server that is away ends everything.
 */
export async function unlessRefused(
  live: Session,
  copy: Session,
  compare: () => Promise<Comparison>,
): Promise<Comparison> {
  const inBoth = (statement: string) => both(live.rows(statement), copy.rows(statement));
  await inBoth('savepoint comparison');
  const comparison = await compare().catch(async (error: unknown): Promise<Comparison> => {
    if (!(error instanceof AppError) || error.code !== 'outside-refused') throw error;
    await inBoth('rollback to comparison');
    return { notKnown: error.message.replace(/\.( Hint: .*)?$/s, '') };
  });
  await inBoth('release comparison');
  return comparison;
}

const keyOf = (columns: readonly Column[]) =>
  columns.filter(({ key }) => key !== null).sort((a, b) => (a.key ?? 0) - (b.key ?? 0));

function columnsOf(session: Session, table: Table): Promise<Column[]> {
  return session.rows<Column & Record<string, unknown>>(
    `select a.attname as name, t.typname as type, array_position((i.indkey::int[])[0:i.indnkeyatts - 1], a.attnum::int) as key,
            t.typname in ('timestamptz', 'timestamp')
              and (a.attname ~* '^(created|updated|modified|changed|inserted|occurred|written|logged)(_?(at|on|time))?$|^(at|ts|timestamp|time)$'
                   or pg_get_expr(d.adbin, d.adrelid) ~* '^(now\\(\\)|CURRENT_TIMESTAMP|LOCALTIMESTAMP|(pg_catalog\\.)?(clock|statement|transaction)_timestamp\\(\\))$') as "writtenAt",
            case when t.typsend <> 0 and t.oid < 16384 and t.typname !~ '^_?(reg|aclitem)' then t.typsend::regproc::text end as send
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

const isInteger = ({ type }: Column) => ['int2', 'int4', 'int8'].includes(type);

async function isUtf8(session: Session): Promise<boolean> {
  const { utf8 } = await session.row<{ utf8: boolean }>(
    "select current_setting('server_encoding') = 'UTF8' as utf8",
  );
  return utf8;
}

/** In the order of `compareKeys`, which sees texts in UTF-8; only a database kept in it has an index in that order. */
function rowsOf(table: Table, key: readonly Column[], digest: string, utf8: boolean): string {
  const keys = key.map((column, index) => `${nameIn(column)}::text as k${index}`);
  const order = key.map((column) => {
    if (orderOf(column.type) === 'number' || column.type === 'uuid') return nameIn(column);
    return utf8 ? `${nameIn(column)}::text collate "C"` : `convert_to(${nameIn(column)}::text, 'UTF8')`;
  });
  return `select ${keys.join(', ')}, (${digest})::text as hash from ${table.sql} t order by ${order.join(', ')}`;
}

/** When a row was last written. A date in the future is an expiry, not a write. */
async function newestOf(session: Session, table: Table, columns: readonly Column[]): Promise<number | null> {
  const times = columns
    .filter(({ writtenAt }) => writtenAt)
    .map(
      (column) =>
        `max(${nameIn(column)}) filter (where ${nameIn(column)}::timestamptz <= now())::timestamptz`,
    );
  if (times.length === 0) return null;
  const { at } = await session.row<{ at: number | null }>(
    `select extract(epoch from greatest(${times.join(', ')}))::float8 as at from ${table.sql} t`,
  );
  return at;
}

interface Row {
  readonly key: readonly string[];
  readonly hash: string;
}

/** Rows of a query, a page at a time; the next page travels while this one is read. */
async function openRows(session: Session, query: string, keys: number) {
  await session.rows(`declare rows no scroll cursor for ${query}`);
  const fetchPage = () => session.rows<Record<string, string> & { hash: string }>(`fetch ${PAGE} from rows`);
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
    return { key, hash: row.hash };
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
