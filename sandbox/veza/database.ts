import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresCluster } from '../postgres.ts';
import { database, historyMs, sizes } from './numbers.ts';

const loginRoles = ['veza_user', 'veza_replicator', 'dr_failover'] as const;
type LoginRole = (typeof loginRoles)[number];

/** Creates the roles, the database and its rows on the primary. The bot's role comes from deploy/, as in production. */
export async function createVezaDatabase(primary: PostgresCluster, now: Date) {
  const passwords = Object.fromEntries(loginRoles.map((role) => [role, randomBytes(12).toString('hex')]));
  const passwordOf = (role: LoginRole) => passwords[role] ?? '';

  await primary.psql(
    'postgres',
    `create role veza_owner nologin;
     create role veza_user login password '${passwordOf('veza_user')}';
     create role veza_replicator login replication password '${passwordOf('veza_replicator')}';
     create database ${database} owner veza_owner template template0;
     revoke all on database ${database} from public;
     grant connect on database ${database} to veza_user;`,
  );
  const [schema, seed] = await Promise.all(['schema.sql', 'seed.sql'].map(readSql));
  await primary.psql(
    database,
    `set role veza_owner;\n${schema}\n${filled(seed ?? '', now)}\nreset role; analyze;`,
  );
  await primary.psql(
    'postgres',
    `\\set failover_password '${passwordOf('dr_failover')}'
     \\set database ${database}
     \\set replicator veza_replicator
     ${await readSql('../../deploy/postgres/failover-role.sql')}`,
  );
  await onlyReplicatorReplicates(primary);

  return {
    url: (server: PostgresCluster, role: LoginRole) => server.url(database, role, passwordOf(role)),
    replicator: { name: 'veza_replicator', password: passwordOf('veza_replicator') },
  };
}

/** The bot's role has the attribute REPLICATION for slots; copying the server is not for it. */
async function onlyReplicatorReplicates(server: PostgresCluster): Promise<void> {
  const file = join(server.dataFolder, 'pg_hba.conf');
  const lines = await readFile(file, 'utf8');
  await writeFile(file, lines.replace(/^(\w+\s+replication\s+)all(?=\s)/gm, '$1veza_replicator'));
  await server.query('postgres', 'select pg_reload_conf()');
}

function filled(sql: string, now: Date): string {
  const values: Record<string, string> = {
    ...Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, String(size)])),
    start: `'${new Date(now.getTime() - historyMs).toISOString()}'`,
    end: `'${now.toISOString()}'`,
  };
  return sql.replace(/\$([a-z]+)/g, (name, key: string) => values[key] ?? name);
}

const readSql = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');
