import type { Wal } from '../domain/inventory.ts';
import type { LocationOf } from '../domain/plan-backup.ts';
import type { Look, Sources } from './look.ts';

/** The number of a segment of `size` bytes, from its name. */
const segmentOf = (name: string) =>
  `(('x' || substr(${name}, 9, 8))::bit(32)::bigint * (4294967296 / size) + ('x' || substr(${name}, 17, 8))::bit(32)::bigint)`;

/**
 * pg_monitor may read all of it, but which segments wait. The slot is the one that holds most back. An idle server archives
 * nothing: where the last segment before the present one is archived and archive_timeout ends those in which something was written,
 * all that is older than that time is in the archive.
 */
const ARCHIVER = `
  select case when settled then greatest(last_archived_time, now() - timeout) else last_archived_time end as "lastArchivedAt",
         last_failed_time as "lastFailedAt", failed_count::int as "failedCount",
         ('x' || left(last_archived_wal, 8))::bit(32)::int as "archiveTimeline",
         case when pg_is_in_recovery() then (select timeline_id from pg_control_checkpoint())
              else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end as timeline,
         slot.bytes as "slotBytes", slot.active as "slotActive",
         has_function_privilege('pg_ls_archive_statusdir()', 'execute') as "mayCount"
    from pg_stat_archiver
   cross join (select (max(setting) filter (where name = 'archive_timeout'))::int * interval '1 second' as timeout,
                      (max(setting) filter (where name = 'wal_segment_size'))::bigint as size from pg_settings) setting
   cross join lateral (
      select case when pg_is_in_recovery() or timeout = '0' or last_archived_wal !~ '^[0-9A-F]{24}$' then false
                  else ${segmentOf('pg_walfile_name(pg_current_wal_lsn())')} - ${segmentOf('last_archived_wal')} <= 1 end as settled) archive
    left join lateral (
      select pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                                  else pg_current_wal_lsn() end, restart_lsn)::float8 as bytes, active
        from pg_replication_slots
       where restart_lsn is not null and not temporary
       order by 1 desc limit 1) slot on true`;

const READY = `select count(*)::int as ready from pg_ls_archive_statusdir() where name like '%.ready'`;

const TIME_LIMIT_MS = 5_000;

type Row = Omit<Wal, 'ready' | 'gap'> & { readonly mayCount: boolean };

/** What the server itself says of its archiving. Whether the archive has holes it cannot know. */
export function readArchiver(
  { clients }: Sources,
  { connection }: LocationOf<'pg-archiver'>,
  { signal }: Look,
): Promise<Wal> {
  return clients.postgres.withClient(
    connection,
    'postgres',
    async (session): Promise<Wal> => {
      const { mayCount, ...wal } = await session.row<Row & Record<string, unknown>>(ARCHIVER);
      const ready = mayCount ? (await session.row<{ ready: number }>(READY)).ready : null;
      return { ...wal, ready, gap: null };
    },
    { signal, timeoutMs: TIME_LIMIT_MS },
  );
}
