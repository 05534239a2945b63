import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { Database, Tx } from './database.ts';

/** PostgreSQL is back within seconds after a crash or a fail-over; it refuses at once until then. */
const PAUSE_MS = 200;

/**
 * The same database for somebody who would rather wait than be told that it is away: what was interrupted is done again
 * until it is back, or until the time is over. A transaction leaves a mark of its own, and whoever comes again for it finds
 * the mark or not. Its number would not do: PostgreSQL gives it to another one when a crash comes before it was written down.
 * Only for queries that may be repeated.
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
    const id = randomUUID();
    let ended: { readonly result: Result } | undefined;
    return again(() =>
      db.transact(async (tx) => {
        if (ended !== undefined && !(await mark(tx, id))) return ended.result;
        const result = await work(tx);
        const marked = ended !== undefined || ((await hasChanges(tx)) && (await mark(tx, id)));
        if (marked) ended = { result };
        return result;
      }),
    );
  }

  return { ...db, transact, query: (text, values) => again(() => db.query(text, values)) };
}

/** Marks older than a day are of workers that have given up long ago. */
export async function pruneCommits(db: Pick<Database, 'query'>): Promise<void> {
  await db.query("delete from commits where at < dr_now() - interval '1 day'");
}

/** False where an earlier attempt was committed. Waits for one that is still ending. */
async function mark(tx: Tx, id: string): Promise<boolean> {
  const { rowCount } = await tx.query('insert into commits (id) values ($1) on conflict do nothing', [id]);
  return rowCount === 1;
}

/** What has only read so far may be done again. */
async function hasChanges(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query<{ changes: boolean }>(
    'select pg_current_xact_id_if_assigned() is not null as changes',
  );
  return rows[0]?.changes === true;
}

function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'database-unreachable';
}
