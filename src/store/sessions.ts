import pg from 'pg';
import { AppError } from '../errors.ts';
import { SILENCE_MS } from './database.ts';
import { notLetIn } from './ready.ts';

const ROUNDS = 3;

/**
 * Refuses a pooler that gives out connections for one transaction: LISTEN would hear nothing, so votes and aborts would
 * wait for a poll, and a session's settings would end up in somebody else's. Two sessions that are open at once must have
 * a backend each, and keep it.
 */
export async function requireSessions(url: string): Promise<void> {
  const options = { connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: SILENCE_MS };
  const sessions = [1, 2].map(() => new pg.Client(options));
  for (const session of sessions) session.on('error', () => {});
  try {
    await Promise.all(sessions.map((session) => session.connect())).catch((error: unknown) => {
      throw notLetIn(error);
    });
    const backends = new Map<pg.Client, Set<number>>();
    for (let round = 0; round < ROUNDS; round++)
      for (const session of sessions) {
        const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
        const seen = backends.get(session) ?? new Set();
        backends.set(session, seen.add(rows[0]?.pid ?? 0));
      }
    const pids = [...backends.values()].flatMap((seen) => [...seen]);
    if (new Set(pids).size === sessions.length && pids.length === sessions.length) return;
  } finally {
    await Promise.all(sessions.map((session) => session.end().catch(() => {})));
  }
  throw new AppError(
    'config-invalid',
    'DR_DATABASE_URL leads through a pooler that shares connections between transactions (PgBouncer: pool_mode = transaction). The bot needs sessions of its own: it waits for votes and aborts by LISTEN. Nothing was started. Point it to PostgreSQL itself, or to a pool with pool_mode = session.',
  );
}
