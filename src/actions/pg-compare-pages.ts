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

/** Keys a page spans. A server packs a page into one value, eight bytes a row: 50 bits of hash, a one, 13 bits of key. */
const SPAN = 8_192;
const ROW_BYTES = 8;
/** Pages a server hands over at once: memory is 2 MB a side, whatever the table's size. */
const AT_ONCE = 16;
/** Keys that lie so far apart that most pages are empty are better read row by row. */
const MOST_PAGES = 200_000;

/**
 * Both answers, or a fault once both have come to an end: only then does neither session get another statement of this work.
 */
export async function both<Answer>(one: Promise<Answer>, other: Promise<Answer>): Promise<[Answer, Answer]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

/**
 * Compares two tables page by page. Equal pages are told by their bytes alone, and no row becomes an object, which is most of
 * the work of a comparison. Undefined when the keys lie too far apart.
 */
export async function comparePages(
  live: PagedTable,
  copy: PagedTable,
  signal: AbortSignal,
): Promise<Counts | undefined> {
  const bounds = await both(boundsOf(live), boundsOf(copy));
  const known = bounds.flat().filter((bound) => bound !== null);
  const [from, to] = [Math.min(...known), Math.max(...known)];
  const counts = { lost: 0, changed: 0, destroyed: 0 };
  if (known.length === 0) return counts;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to + SPAN)) return undefined;
  if ((to - from) / SPAN > MOST_PAGES) return undefined;
  const [left, right] = [openPages(live, from, to), openPages(copy, from, to)];
  for (;;) {
    signal.throwIfAborted();
    const [inLive, inCopy] = await both(left.next(), right.next());
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
     select coalesce((select string_agg(int8send(${hash} << 14 | ${SPAN} | ${key} - first), '')
                        from ${table.sql} t where ${key} >= first and ${key} < first + ${SPAN}), '') as page
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

function count(live: Buffer, copy: Buffer, counts: Counts): void {
  if (live.equals(copy)) return;
  const [left, right] = [placesOf(live), placesOf(copy)];
  for (let at = 0; at < left.length; at += 2) {
    if (left[at] === 0 && right[at] === 0) continue;
    if (right[at] === 0) counts.lost += 1;
    else if (left[at] === 0) counts.destroyed += 1;
    else if (left[at] !== right[at] || left[at + 1] !== right[at + 1]) counts.changed += 1;
  }
}

/** The rows of a page, each at the place of its key: a server hands them over in any order. Two zeros where there is none. */
function placesOf(page: Buffer): Uint32Array {
  const places = new Uint32Array(SPAN * 2);
  for (let at = 0; at < page.length; at += ROW_BYTES) {
    const low = page.readUInt32BE(at + 4);
    const place = (low % SPAN) * 2;
    places[place] = low;
    places[place + 1] = page.readUInt32BE(at);
  }
  return places;
}
