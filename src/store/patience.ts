import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { Database, Tx } from './database.ts';

/** PostgreSQL is back within seconds after a crash or a fail-over; it refuses at once until then. */
const PAUSE_MS = 200;

/**
 * The same database for somebody who would rather wait than be told that it is away: what was interrupted is done again
 * until it is back, or until the time is over. A transaction whose commit got no answer is looked up by its number first,
 * so that none is recorded twice; the number says nothing on another timeline, where a fail-over may have given it to
 * somebody else, and then it is as good as lost. Only for queries that may be repeated.
 */
export function patient(db: Database, withinMs: number): Database {
  async function again<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (const deadline = performance.now() + withinMs; ; await sleep(PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (!isAway(error) || performance.now() + PAUSE_MS > deadline) throw error;
      }
    }
  }

  async function transact<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    let ended: { readonly in: Place; readonly result: Result } | undefined;
    return again(async () => {
      if (ended !== undefined) {
        if (await wasCommitted(db, ended.in)) return ended.result;
        ended = undefined;
      }
      return db.transact(async (tx) => {
        const result = await work(tx);
        const place = await placeOf(tx);
        if (place.number !== null) ended = { in: place, result };
        return result;
      });
    });
  }

  return { ...db, transact, query: (text, values) => again(() => db.query(text, values)) };
}

function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'database-unreachable';
}

/** Of a transaction; its number is null while it has changed nothing. */
interface Place {
  readonly number: string | null;
  readonly timeline: string;
}

const TIMELINE = 'left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) as timeline';

async function placeOf(tx: Tx): Promise<Place> {
  const { rows } = await tx.query<Place>(
    `select pg_current_xact_id_if_assigned()::text as number, ${TIMELINE}`,
  );
  const [place = { number: null, timeline: '' }] = rows;
  return place;
}

async function wasCommitted(db: Database, { number, timeline }: Place): Promise<boolean> {
  const { rows: places } = await db.query<{ timeline: string }>(`select ${TIMELINE}`);
  if (places[0]?.timeline !== timeline)
    throw new AppError(
      'database-unreachable',
      'PostgreSQL failed over in the middle of it; whether it was recorded is not known.',
      { retry: 'later' },
    );
  const { rows } = await db.query<{ status: string }>('select pg_xact_status($1::text::xid8) as status', [
    number,
  ]);
  const status = rows[0]?.status;
  if (status !== 'in progress') return status === 'committed';
  throw new AppError('database-unreachable', 'Its last transaction is still ending.', { retry: 'later' });
}
