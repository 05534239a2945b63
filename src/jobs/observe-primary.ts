import { PrimaryPosition, type PrimarySeen } from '../domain/primary.ts';
import { AppError } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { plansInForce } from '../store/documents.ts';
import { newestObservation, observe, pruneObservations } from '../store/surroundings.ts';
import type { World } from './world.ts';

const KIND = 'primary';

/** No row from a server that is a standby itself: its position says nothing about what its primary committed. */
const LOOK = `
  select (select system_identifier::text from pg_control_system()) as "systemIdentifier",
         ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as timeline,
         pg_current_wal_lsn()::text as lsn
   where not pg_is_in_recovery()`;

/**
 * Remembers how far every primary with a standby has come, because a dead one cannot be asked. One that does not answer is
 * left for the next look: telling people about it is the watch's work, not this one's.
 */
export async function observePrimaries(world: World): Promise<void> {
  const { db, clients, shutdown } = world;
  for (const { plan } of await plansInForce(db)) {
    for (const { id, connection, database, standby } of plan.components) {
      if (standby === undefined || connection === undefined || database === undefined) continue;
      try {
        const [row] = await clients.postgres.query(connection, database, LOOK, [], {
          signal: shutdown,
          timeoutMs: 5_000,
        });
        if (row !== undefined) await observe(db, plan.system, id, KIND, PrimaryPosition.parse(row));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }
  }
  await pruneObservations(db, KIND);
}

export async function primarySeen(
  db: Database,
  system: string,
  component: string,
): Promise<PrimarySeen | undefined> {
  const found = await newestObservation(db, system, component, KIND, null);
  return found && { at: found.at, ...PrimaryPosition.parse(found.body) };
}
