import type { Session } from '../clients/postgres.ts';
import type { StandbyLag } from '../domain/inventory.ts';
import type { Component } from '../domain/plan.ts';
import { Unread } from './attempt.ts';
import type { Look, Sources } from './look.ts';

/** Seen from the primary: who streams by the slot, and how far behind it has replayed. */
const FROM_PRIMARY = `
  select coalesce(state = 'streaming', false) as receiving, active as "slotActive", bytes,
         case when bytes = 0 then 0 else extract(epoch from replay_lag) * 1000 end::float8 as ms
    from pg_replication_slots
    left join pg_stat_replication on pid = active_pid,
 lateral (select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as lsn) at,
 lateral (select pg_wal_lsn_diff(at.lsn, coalesce(replay_lsn, restart_lsn))::float8 as bytes) behind
   where slot_name = $1`;

/** While the primary cannot be asked, the standby still knows whether it receives anything. */
const FROM_STANDBY = `
  select exists (select from pg_stat_wal_receiver where status = 'streaming') as receiving,
         null::boolean as "slotActive", null::float8 as bytes, null::float8 as ms`;

const TIME_LIMIT_MS = 5_000;

/** How far a component's standby is behind its primary. What cannot be known is null, never 0. */
export async function readStandbyLag(
  { clients }: Sources,
  {
    connection = '',
    standby,
  }: Pick<Component, 'connection'> & { standby: NonNullable<Component['standby']> },
  { signal }: Look,
): Promise<StandbyLag> {
  const ask = (name: string, work: (session: Session) => Promise<StandbyLag>) =>
    clients.postgres.withClient(name, 'postgres', work, { signal, timeoutMs: TIME_LIMIT_MS });
  try {
    return await ask(connection, async (session) => {
      const [row] = await session.rows<StandbyLag & Record<string, unknown>>(FROM_PRIMARY, [standby.slot]);
      if (row !== undefined) return row;
      throw new Unread('gone', `has no replication slot ${standby.slot}`);
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unread) throw error;
    return ask(standby.connection, (session) => session.row(FROM_STANDBY));
  }
}
