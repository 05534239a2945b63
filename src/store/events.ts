import { canonicalJson, toJson } from '../domain/canonical.ts';
import { CHAIN_START, type ChainCursor, type ChainFault, followLink, isFault } from '../domain/chain.ts';
import type { DomainEvent, EventOutline, LoggedEvent, Stream } from '../domain/events.ts';
import type { Database, Tx } from './database.ts';

type Reader = Pick<Database, 'query'> | Tx;

interface EventRow {
  seq: number;
  at: Date;
  /** Whether `at` says more than the millisecond that is hashed: a driver cuts that off. */
  finer: boolean;
  stream_type: Stream['type'];
  stream_id: string;
  incident_id: string | null;
  kind: string;
  canon: Buffer;
  prev: string;
  hash: string;
}

const COLUMNS =
  "seq, at, at <> date_trunc('milliseconds', at) as finer, stream_type, stream_id, incident_id, kind, canon, encode(prev, 'hex') as prev, encode(hash, 'hex') as hash";

/** All events of an incident with its runs and approvals, oldest first. */
export async function eventsOfIncident(db: Reader, incident: string): Promise<readonly LoggedEvent[]> {
  const { rows } = await db.query<EventRow>(
    `select ${COLUMNS} from events where incident_id = $1 order by seq`,
    [incident],
  );
  return rows.map(toLogged);
}

/** The same by their kinds alone: a card is drawn often, and contents are most of a log. */
export async function outlineOfIncident(db: Reader, incident: string): Promise<readonly EventOutline[]> {
  const { rows } = await db.query<{ at: Date; type: Stream['type']; id: string; kind: DomainEvent['kind'] }>(
    'select at, stream_type as type, stream_id as id, kind from events where incident_id = $1 order by seq',
    [incident],
  );
  return rows.map(({ at, type, id, kind }) => ({ at, stream: { type, id }, event: { kind } }));
}

export async function eventsOfStream(db: Reader, stream: Stream): Promise<readonly LoggedEvent[]> {
  const { rows } = await db.query<EventRow>(
    `select ${COLUMNS} from events where stream_type = $1 and stream_id = $2 order by seq`,
    [stream.type, stream.id],
  );
  return rows.map(toLogged);
}

export async function eventBySeq(db: Reader, seq: number): Promise<LoggedEvent | undefined> {
  const { rows } = await db.query<EventRow>(`select ${COLUMNS} from events where seq = $1`, [seq]);
  return rows[0] && toLogged(rows[0]);
}

export type Verification =
  | { readonly ok: true; readonly events: number; readonly first: string; readonly head: string }
  | { readonly ok: false; readonly seq: number; readonly reason: string };

const PAGE = 5_000;

/**
 * Walks the whole chain in pages of constant memory. Finds any row that was changed, removed, reordered or inserted,
 * and a tail that was cut (the head is ahead of the last row).
 */
export async function verifyChain(db: Pick<Database, 'query'>): Promise<Verification> {
  let cursor: ChainCursor = CHAIN_START;
  let first = '';
  for (;;) {
    const { rows } = await db.query<EventRow>(
      `select ${COLUMNS} from events where seq > $1 order by seq limit ${PAGE}`,
      [Number(cursor.seq)],
    );
    for (const row of rows) {
      const next = checkRow(cursor, row);
      if (isFault(next)) return { ok: false, seq: Number(next.seq), reason: next.reason };
      cursor = next;
      if (first === '') first = row.hash;
    }
    if (rows.length < PAGE) break;
  }
  const { rows } = await db.query<{ seq: number; hash: string }>(
    "select seq, encode(hash, 'hex') as hash from chain_head",
  );
  const head = rows[0];
  if (head === undefined || head.seq !== Number(cursor.seq) || head.hash !== cursor.hash) {
    return {
      ok: false,
      seq: Number(cursor.seq),
      reason: `is the last row, but the head stands at event ${head?.seq ?? 'unknown'}: the end is missing or was replaced`,
    };
  }
  return { ok: true, events: Number(cursor.seq), first, head: cursor.hash };
}

/** The columns must say what the hashed bytes say, and the bytes must fit the chain. */
function checkRow(cursor: ChainCursor, row: EventRow): ChainCursor | ChainFault {
  const seq = BigInt(row.seq);
  const next = followLink(cursor, { seq, prev: row.prev, hash: row.hash, canon: row.canon });
  if (isFault(next)) return next;
  const logged = toLogged(row);
  const columns = {
    at: row.at,
    stream: { type: row.stream_type, id: row.stream_id },
    incident: row.incident_id,
  };
  const inside = { at: logged.at, stream: logged.stream, incident: logged.incident };
  const agree =
    canonicalJson(toJson(columns)) === canonicalJson(toJson(inside)) && row.kind === logged.event.kind;
  return agree && !row.finer ? next : { seq, reason: 'has columns that differ from its hashed content' };
}

function toLogged(row: EventRow): LoggedEvent {
  return { seq: row.seq, ...loggedOf(row.canon) };
}

/** An event as its hashed bytes tell it. */
export function loggedOf(canon: Buffer): Omit<LoggedEvent, 'seq'> {
  const content: Omit<LoggedEvent, 'seq' | 'at'> & { readonly at: string } = JSON.parse(
    canon.toString('utf8'),
  );
  return { ...content, at: new Date(content.at) };
}
