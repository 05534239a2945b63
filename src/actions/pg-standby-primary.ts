import { sqlState } from '../clients/postgres-errors.ts';
import { scrub } from '../clients/secrets.ts';
import type { PrimarySeen } from '../domain/primary.ts';
import { AppError, messageOf } from '../errors.ts';
import type { ActionContext } from './action.ts';
import type { Pair } from './pg-standby-pair.ts';
import { MAINTENANCE } from './pg-target.ts';

/**
 * What is found where the primary was. `speaks`: a server is there that refuses us or only starts, so it may take writes.
 * `fenced`: it may be read, its database is closed. `said` completes "`veza-primary` …".
 */
export interface PrimaryLook {
  readonly is: 'away' | 'speaks' | 'standby' | 'fenced' | 'writable';
  readonly said: string;
  /** Where it is now, while it is a primary. */
  readonly at?: PrimarySeen;
}

interface Row extends Record<string, unknown> {
  readonly inRecovery: boolean;
  readonly readOnly: boolean;
  readonly open: boolean;
  readonly at: Date;
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly lsn: string;
}

const LOOK = `
  select pg_is_in_recovery() as "inRecovery", current_setting('default_transaction_read_only') = 'on' as "readOnly",
         exists (select from pg_database where datname = $1 and datallowconn) as open,
         clock_timestamp() as at, (select system_identifier::text from pg_control_system()) as "systemIdentifier",
         case when pg_is_in_recovery() then 0
              else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end as timeline,
         case when pg_is_in_recovery() then '' else pg_current_wal_lsn()::text end as lsn`;

const LOOK_TIMEOUT_MS = 5_000;

/** Asks the primary's connection, in a database that a fence leaves open. Only a silent server counts as away. */
export async function lookAtPrimary(context: ActionContext, pair: Pair): Promise<PrimaryLook> {
  const options = { signal: context.signal, timeoutMs: LOOK_TIMEOUT_MS };
  try {
    const [row] = await context.clients.postgres.query<Row>(
      pair.primary,
      MAINTENANCE,
      LOOK,
      [pair.database],
      options,
    );
    return row === undefined ? { is: 'speaks', said: 'answers with nothing' } : lookOf(row);
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('outside-')) throw error;
    const said = scrub(messageOf(error.cause ?? error)) || 'no connection';
    if (error.retry === 'later' && sqlState(error) === undefined)
      return { is: 'away', said: `does not answer (${said})` };
    return { is: 'speaks', said: `answers: ${said}` };
  }
}

function lookOf({ inRecovery, readOnly, open, ...at }: Row): PrimaryLook {
  if (inRecovery) return { is: 'standby', said: 'answers as a standby' };
  if (readOnly && !open) return { is: 'fenced', said: 'answers, and is fenced: read-only and closed', at };
  return { is: 'writable', said: `answers as writable (timeline ${at.timeline}, ${at.lsn})`, at };
}

/** A server that speaks without letting us in may take writes all the same. */
export function mayTakeWrites({ is }: PrimaryLook): boolean {
  return is === 'writable' || is === 'speaks';
}
