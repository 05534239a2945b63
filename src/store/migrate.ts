import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

/**
 * Brings the tables up to date as their owner and gives the runtime role what it needs and no more: it may append to
 * the log and never change it. Safe to run at once from several places; the second waits.
 */
export async function migrateTables(
  ownerUrl: string,
  runtimeRole: string,
  log: (message: string) => void = () => {},
): Promise<void> {
  await runner({
    databaseUrl: ownerUrl,
    dir: MIGRATIONS,
    direction: 'up',
    migrationsTable: 'dr_migrations',
    singleTransaction: true,
    advisoryLockMode: 'wait',
    log,
  });
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const role = client.escapeIdentifier(runtimeRole);
    await client.query(`grant usage on schema public to ${role}`);
    await client.query(`grant select, insert on events, documents, reports to ${role}`);
    await client.query(`grant select, update on chain_head to ${role}`);
    await client.query(`grant select on dr_migrations to ${role}`);
    await client.query(
      `grant select, insert, update on incidents, runs, approvals, alerts, alert_pictures, counters, documents_in_force, accounts, deliveries, watch_rounds, restore_tests to ${role}`,
    );
    await client.query(
      `grant select, insert, update, delete on inbox, group_members, observations, watch_state, backup_samples to ${role}`,
    );
    await client.query(`grant select, insert, delete on heartbeats, commits to ${role}`);
    await client.query(`revoke update, delete, truncate on events from ${role}`);
  } finally {
    await client.end();
  }
}
