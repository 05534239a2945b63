import { type Heartbeat, runsOfHeartbeats } from '../domain/heartbeat.ts';
import type { JobRun } from '../domain/inventory.ts';
import type { Database, Tx } from './database.ts';

type Reader = Pick<Database, 'query'> | Tx;

/** A start, and at most two ends. */
const WORDS_OF_A_RUN = 3;

/** Remembers a heartbeat. Another one of the same run and state changes nothing and is told to be repeated. */
export async function recordHeartbeat(db: Reader, heartbeat: Heartbeat): Promise<'new' | 'repeated'> {
  const { system, backup, from, run, state, at, bytes, durationMs, reason } = heartbeat;
  const { rowCount } = await db.query(
    `insert into heartbeats (system, backup, source, run, state, at, bytes, duration_ms, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    [system, backup, from, run, state, at, bytes, durationMs, reason],
  );
  return rowCount === 0 ? 'repeated' : 'new';
}

/** The runs of a backup as its producer tells them, newest first, at most `limit`. */
export async function jobRunsOf(
  db: Reader,
  system: string,
  backup: string,
  limit: number,
): Promise<readonly JobRun[]> {
  // A run that is spoken of lately is read whole, also when its start is long ago.
  const { rows } = await db.query<Heartbeat>(
    `select system, backup, source as "from", run, state, at, bytes, duration_ms as "durationMs", reason from heartbeats
     where system = $1 and backup = $2 and (source, run) in (
       select source, run from (
         select source, run from heartbeats where system = $1 and backup = $2 order by at desc limit $3
       ) newest
     )`,
    [system, backup, limit * WORDS_OF_A_RUN],
  );
  return runsOfHeartbeats(rows).slice(0, limit);
}

/** Heartbeats older than 90 days tell nothing that the backups themselves do not. */
export async function pruneHeartbeats(db: Reader): Promise<void> {
  await db.query("delete from heartbeats where at < dr_now() - interval '90 days'");
}
