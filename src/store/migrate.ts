import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { AppError } from '../errors.ts';

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
  await requireRoles(ownerUrl, runtimeRole);
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

interface Roles {
  readonly me: string;
  readonly owner: string | null;
  readonly owns: boolean | null;
  readonly known: boolean;
}

/** The two settings are easily swapped or misspelt, and what PostgreSQL says of that in the middle names neither. */
async function requireRoles(ownerUrl: string, runtimeRole: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Roles>(
      `select current_user as me, tableowner as owner, pg_has_role(tableowner, 'usage') as owns,
              exists (select from pg_roles where rolname = $1) as known
         from (select) one left join pg_tables on schemaname = 'public' and tablename = 'dr_migrations'`,
      [runtimeRole],
    );
    const { me, owner, owns, known } = rows[0] ?? { me: '', owner: null, owns: null, known: true };
    if (!known)
      throw new AppError(
        'config-invalid',
        `There is no role "${runtimeRole}". DR_DATABASE_ROLE names the role that the bot logs in as.`,
      );
    if (owns === false)
      throw new AppError(
        'config-invalid',
        `DR_DATABASE_OWNER_URL logs in as ${me}, which does not own the tables: ${owner} does.`,
      );
  } finally {
    await client.end();
  }
}
