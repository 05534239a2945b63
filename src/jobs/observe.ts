import { countRows, total } from '../actions/pg-tables.ts';
import { messageOf } from '../errors.ts';
import { databaseNow, listIncidents } from '../store/aggregates.ts';
import { plansInForce } from '../store/documents.ts';
import { newestObservation, observe } from '../store/surroundings.ts';
import type { World } from './world.ts';

const EVERY_MS = 15 * 60_000;

/**
 * Records the row counts of every database a plan names, so that a restore has a measure. Not while an incident of the
 * system is open: the damage must not become the measure. A database that cannot be read is said and left for later.
 */
export async function observeDatabases(world: World): Promise<void> {
  const { db } = world;
  for (const { plan } of await plansInForce(db)) {
    if ((await listIncidents(db, { open: true, system: plan.system, limit: 1 })).length > 0) continue;
    for (const component of plan.components) {
      const { connection, database } = component;
      if (component.kind !== 'postgres' || connection === undefined || database === undefined) continue;
      const newest = await newestObservation(db, plan.system, component.id, 'row-counts', null);
      if (newest !== undefined && newest.at.getTime() > (await databaseNow(db)).getTime() - EVERY_MS)
        continue;
      try {
        const counts = await world.clients.postgres.withClient(
          connection,
          database,
          (session) => countRows(session),
          { readOnly: true, signal: world.shutdown },
        );
        await observe(db, plan.system, component.id, 'row-counts', counts);
        world.log(
          { system: plan.system, component: component.id, rows: total(counts) },
          'row counts observed',
        );
      } catch (error) {
        world.log(
          { system: plan.system, component: component.id, reason: messageOf(error) },
          'row counts could not be observed',
        );
      }
    }
  }
}
