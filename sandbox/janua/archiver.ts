import type { PostgresCluster } from '../postgres.ts';

/** A server archives only where it was started with this. The archive itself is pretended: nobody restores from it. */
export const archiving = { archive_mode: 'on', archive_command: 'true' } as const;

const EVERY_MS = 45_000;

/**
 * Janua's users write all the time, so that a segment of the write-ahead log is archived every minute or so; here a pulse does.
 * The bot's role sees the archiver by the pretend clock: a view of the same name comes first in its search path.
 */
export async function startArchiver(cluster: PostgresCluster, role: string) {
  await cluster.psql(
    'postgres',
    `create schema pretend;
     create table pretend.clock (ahead interval not null);
     insert into pretend.clock values ('0');
     create view pretend.pg_stat_archiver as
       select archived_count, last_archived_wal, last_archived_time + ahead as last_archived_time,
              failed_count, last_failed_wal, last_failed_time + ahead as last_failed_time, stats_reset
         from pg_catalog.pg_stat_archiver, pretend.clock;
     grant usage on schema pretend to ${role};
     grant select on pretend.pg_stat_archiver to ${role};
     alter role ${role} in database postgres set search_path = pretend, pg_catalog;`,
  );
  const pulse = async () => {
    await cluster.query('postgres', "select pg_logical_emit_message(false, 'sandbox', 'pulse')");
    await cluster.query('postgres', 'select pg_switch_wal()');
  };
  await pulse();
  // A server that is just down archives nothing, as anywhere.
  const timer = setInterval(() => void pulse().catch(() => undefined), EVERY_MS);

  return {
    async setAhead(ms: number): Promise<void> {
      await cluster.query('postgres', "update pretend.clock set ahead = $1 * interval '1 millisecond'", [ms]);
    },
    stop(): void {
      clearInterval(timer);
    },
  };
}
