import type { Session } from '../clients/postgres.ts';
import type { Table } from './pg-tables.ts';

/** Rows only in live, in both with other contents, and only in the copy. */
export interface Counts {
  lost: number;
  changed: number;
  destroyed: number;
}

/** A table that is read by a whole-number key: `key` and `hash` (a bigint) are expressions over `t`. */
export interface PagedTable {
  readonly session: Session;
  readonly table: Table;
  readonly key: string;
  readonly hash: string;
}

/** Keys a page spans. A server packs a page into one value, four bytes of key and eight of hash a row. */
const SPAN = 8_192;
const ROW_BYTES = 12;
/** Pages a server hands over at once: memory is 3 MB a side, whatever the table's size. */
const AT_ONCE = 16;
/** Keys that lie so far apart that most pages are empty are better read row by row. */
const MOST_PAGES = 200_000;

/**
 * Compares two tables page by page. Equal pages are told by their bytes alone, and no row becomes an object, which is most of
 * the work of a comparison. Undefined when the keys lie too far apart.
 */
export async function comparePages(
  live: PagedTable,
  copy: PagedTable,
  signal: AbortSignal,
): Promise<Counts | undefined> {
  const bounds = await Promise.all([boundsOf(live), boundsOf(copy)]);
  const known = bounds.flat().filter((bound) => bound !== null);
  const [from, to] = [Math.min(...known), Math.max(...known)];
  const counts = { lost: 0, changed: 0, destroyed: 0 };
  if (known.length === 0) return counts;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to + SPAN)) return undefined;
  if ((to - from) / SPAN > MOST_PAGES) return undefined;
  const [left, right] = [openPages(live, from, to), openPages(copy, from, to)];
  for (;;) {
    signal.throwIfAborted();
    const [inLive, inCopy] = await Promise.all([left.next(), right.next()]);
    if (inLive.done || inCopy.done) return counts;
    for (const [index, rows] of inLive.value.entries()) count(rows, inCopy.value[index] ?? NOTHING, counts);
  }
}

const NOTHING = Buffer.alloc(0);

async function boundsOf({ session, table, key }: PagedTable): Promise<readonly (number | null)[]> {
  const { least, most } = await session.row<{ least: number | null; most: number | null }>(
    `select min(${key})::float8 as least, max(${key})::float8 as most from ${table.sql} t`,
  );
  return [least, most];
}

/** Pages in the order of the key, the same number for either table; the next ones travel while these are read. */
async function* openPages({ session, table, key, hash }: PagedTable, from: number, to: number) {
  await session.rows(
    `declare pages no scroll cursor for
     select coalesce((select string_agg(int4send((t.${KEY} - first)::int4) || int8send(t.${HASH}), '' order by t.${KEY})
                        from (select ${key} as ${KEY}, ${hash} as ${HASH} from ${table.sql} t
                               where ${key} >= first and ${key} < first + ${SPAN}) t), '') as page
       from generate_series(${from}::bigint, ${to}::bigint, ${SPAN}) first`,
  );
  const fetch = () => session.rows<{ page: Buffer }>(`fetch ${AT_ONCE} from pages`);
  let coming = fetch();
  for (;;) {
    const pages = await coming;
    if (pages.length === AT_ONCE) {
      coming = fetch();
      coming.catch(() => undefined);
    }
    if (pages.length > 0) yield pages.map(({ page }) => page);
    if (pages.length < AT_ONCE) break;
  }
  await session.rows('close pages');
}

const [KEY, HASH] = ['page_key', 'page_hash'];

function count(live: Buffer, copy: Buffer, counts: Counts): void {
  if (live.equals(copy)) return;
  let [left, right] = [0, 0];
  while (left < live.length || right < copy.length) {
    const a = left < live.length ? live.readUInt32BE(left) : SPAN;
    const b = right < copy.length ? copy.readUInt32BE(right) : SPAN;
    if (a < b) counts.lost += 1;
    else if (a > b) counts.destroyed += 1;
    else if (live.compare(copy, right + 4, right + ROW_BYTES, left + 4, left + ROW_BYTES) !== 0)
      counts.changed += 1;
    if (a <= b) left += ROW_BYTES;
    if (b <= a) right += ROW_BYTES;
  }
}
