import type { Session } from '../clients/postgres.ts';
import type { PrimarySeen } from '../domain/primary.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import type { Pair } from './pg-standby-pair.ts';
import { MAINTENANCE } from './pg-target.ts';

/** What the standby, or the primary it has become, says of itself. Positions are like `0/3000148`. */
export interface StandbyLook extends Record<string, unknown> {
  readonly inRecovery: boolean;
  readonly systemIdentifier: string;
  readonly timeline: number;
  /** How far it has come: everything up to here is there after a promotion. Once promoted, where it left its primary. */
  readonly receivedLsn: string | null;
  readonly replayedLsn: string | null;
  /** When the last commit it has was made, by the clock of the primary that made it. */
  readonly lastReplayedAt: Date | null;
  /** `primary_slot_name`; empty where none is set. */
  readonly slot: string;
  /** The server it receives WAL from at this moment, as `host:port`. */
  readonly streamsFrom: string | null;
  readonly heardAt: Date | null;
  readonly paused: boolean;
  /** Nothing keeps it from waiting for more WAL. A standby that was told to become a primary waits no more. */
  readonly waits: boolean;
  /** When it left its former primary's timeline, as its newest timeline history says. */
  readonly promotedAt: Date | null;
  /** `synchronous_standby_names`; empty where commits wait for nobody. */
  readonly synchronous: string;
  /** The login of `primary_conninfo`, with which it streams; null where none can be read. */
  readonly replicator: string | null;
  readonly sslmode: string | null;
  readonly slots: readonly string[];
  readonly sessions: number;
}

/**
 * The timeline of a standby is written in the name of the WAL file that holds the last byte it received; the control file
 * tells the one of its last restart point, which may be minutes old. pg_monitor may read all of it. primary_conninfo may hold a
 * password, so it is taken apart over there.
 */
const LOOK = String.raw`
  select pg_is_in_recovery() as "inRecovery",
         (select system_identifier::text from pg_control_system()) as "systemIdentifier",
         case when pg_is_in_recovery() then coalesce(
           (select max(('x' || left(name, 8))::bit(32)::int) from pg_ls_waldir()
             where name ~ '^[0-9A-F]{24}$' and right(name, 16) = segment),
           (select timeline_id from pg_control_checkpoint()))
         else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end as timeline,
         received::text as "receivedLsn", pg_last_wal_replay_lsn()::text as "replayedLsn",
         pg_last_xact_replay_timestamp() as "lastReplayedAt",
         current_setting('primary_slot_name') as slot,
         (select sender_host || ':' || sender_port from pg_stat_wal_receiver where status = 'streaming') as "streamsFrom",
         (select last_msg_receipt_time from pg_stat_wal_receiver where status = 'streaming') as "heardAt",
         case when pg_is_in_recovery() then pg_get_wal_replay_pause_state() <> 'not paused' else false end as paused,
         exists (select from pg_stat_activity where backend_type = 'startup' and wait_event in
           ('RecoveryWalStream', 'RecoveryRetrieveRetryInterval', 'RecoveryApplyDelay', 'RecoveryPause')) as waits,
         (select max(modification) from pg_ls_waldir() where name ~ '^[0-9A-F]{8}\.history$') as "promotedAt",
         current_setting('synchronous_standby_names') as synchronous,
         substring(current_setting('primary_conninfo') from $re$\muser\s*=\s*'?([\w.-]+)$re$) as replicator,
         substring(current_setting('primary_conninfo') from $re$\msslmode\s*=\s*'?([a-z-]+)$re$) as sslmode,
         array(select slot_name::text from pg_replication_slots order by 1) as slots,
         (select count(*)::int from pg_stat_activity
           where backend_type = 'client backend' and usename <> session_user) as sessions
    from (select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) as received) at,
 lateral (select received - '0/0'::pg_lsn - 1 as byte, pg_size_bytes(current_setting('wal_segment_size')) as bytes) last,
 lateral (select upper(lpad(to_hex(div(byte, 4294967296)::bigint), 8, '0') ||
                       lpad(to_hex(div(mod(byte, 4294967296), bytes)::bigint), 8, '0')) as segment) file`;

const LOOK_TIMEOUT_MS = 5_000;

export const readStandby = (session: Session) => session.row<StandbyLook>(LOOK);

/** Throws when it does not answer, in words that say so. */
export function lookAtStandby(context: ActionContext, { standby }: Pair): Promise<StandbyLook> {
  const { signal, clients } = context;
  return clients.postgres.withClient(standby, MAINTENANCE, readStandby, {
    signal,
    timeoutMs: LOOK_TIMEOUT_MS,
  });
}

/** What it says of itself, or the reason why it cannot take over. */
export async function lookOrReason(context: ActionContext, pair: Pair): Promise<StandbyLook | string> {
  try {
    return await lookAtStandby(context, pair);
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('outside-')) throw error;
    const next =
      error.code === 'outside-unreachable'
        ? `Without it nothing can take over: start \`${pair.standby}\`, or recover from a backup.`
        : `On the primary, run deploy/postgres/failover-role.sql before the day it is needed.`;
    return `${error.message} ${next}`;
  }
}

/**
 * Whether this is the standby after its promotion. The mark of a promotion is its timeline: every one begins a new one. So a
 * connection that leads to the old primary itself is never taken for it.
 */
export function isPromoted(look: StandbyLook, seen: PrimarySeen | undefined): boolean {
  if (look.inRecovery || seen === undefined) return false;
  return look.systemIdentifier === seen.systemIdentifier && look.timeline > seen.timeline;
}
