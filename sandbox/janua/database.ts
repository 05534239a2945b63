import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import type { PostgresCluster } from '../postgres.ts';
import { historyMs, password, type Rows } from './numbers.ts';

export const database = 'janua';

const loginRoles = ['janua_app', 'janua_worker', 'janua_reader', 'dr_restore'] as const;
type LoginRole = (typeof loginRoles)[number];

export type JanuaDatabase = Awaited<ReturnType<typeof createJanuaDatabase>>;

/**
 * Creates the roles and the empty database. `dr_restore` can do what a restore needs and no more: create databases for the
 * owner, rename them, end sessions. It is no superuser.
 */
export async function createJanuaDatabase(cluster: PostgresCluster) {
  const passwords = new Map(loginRoles.map((role) => [role, randomBytes(12).toString('hex')]));
  const login = (role: LoginRole) => `create role ${role} login password '${passwords.get(role)}'`;

  await cluster.psql(
    'postgres',
    `create role janua_owner nologin;
     ${login('janua_app')};
     ${login('janua_worker')};
     ${login('janua_reader')};
     ${login('dr_restore')} createdb;
     grant pg_read_all_data to janua_reader;
     grant janua_owner, pg_signal_backend, pg_monitor to dr_restore;
     create database ${database} owner janua_owner template template0 connection limit 80;
     alter database ${database} set statement_timeout = '30s';
     alter database ${database} set search_path = public;
     revoke all on database ${database} from public;
     grant connect on database ${database} to janua_app, janua_worker, janua_reader;`,
  );
  await cluster.psql(database, `set role janua_owner;\n${await readFile(sqlFile('schema'), 'utf8')}`);
  return {
    url: (role: LoginRole) => cluster.url(database, role, passwords.get(role) ?? ''),
    query: (sql: string, values?: readonly unknown[]) => cluster.query(database, sql, values),
  };
}

/** The world's present, when its backups were taken, oldest first, and how many rows there are. */
export type History = { readonly now: Date; readonly takenAt: readonly Date[]; readonly rows: Rows };

/**
 * Fills in what is older than every backup. `now` is the world's present. Foreign keys are right by construction, so their
 * triggers are switched off while seeding: half the time.
 */
export async function seedHistory(
  cluster: PostgresCluster,
  { now, rows }: Pick<History, 'now' | 'rows'>,
): Promise<void> {
  const start = new Date(now.getTime() - historyMs);
  const values: Record<string, string> = {
    start: `'${start.toISOString()}'`,
    password: `'${password}'`,
    organizations: String(rows.organizations),
    accounts: String(rows.accounts),
    oauthClients: String(rows.oauthClients),
    jwkKeys: String(rows.jwkKeys),
    keptAccounts: String(rows.keptAccounts),
    lostClients: String(rows.lostClients),
  };
  const sql = await readFile(sqlFile('seed'), 'utf8');
  const filled = sql.replace(/\$([a-zA-Z]+)/g, (name, key: string) => values[key] ?? name);
  await cluster.psql(database, `set session_replication_role = replica;\n${filled}`);
}

/** Sessions and audit rows between two backups, evenly over the time between them. */
export async function seedUntil(
  cluster: PostgresCluster,
  { now, takenAt, rows }: History,
  index: number,
): Promise<void> {
  const [before, until] = [rows.byBackup[index - 1], rows.byBackup[index]];
  const to = takenAt[index];
  if (until === undefined || to === undefined) throw new Error(`There is no backup number ${index}.`);
  const from = takenAt[index - 1] ?? new Date(now.getTime() - historyMs);
  await cluster.psql(
    database,
    `set session_replication_role = replica;
     ${insertSessions({ first: (before?.sessions ?? 0) + 1, last: until.sessions, from, to, among: rows.accounts })};
     set session_replication_role = origin;
     ${insertAudit({ count: until.auditRows - (before?.auditRows ?? 0), from, to, actor: 'janua-api' })};`,
  );
}

/** The rows since the newest good backup, written as the application and the worker would write them. */
export async function writeNewest(
  janua: JanuaDatabase,
  cluster: PostgresCluster,
  { now, takenAt, rows }: History,
): Promise<void> {
  const { newest, keptAccounts } = rows;
  const [last, from] = [rows.byBackup.at(-1), takenAt.at(-1)];
  if (last === undefined || from === undefined) throw new Error('There is no backup to follow.');
  const middle = last.sessions + newest.appSessions;
  const sessions = { from, to: now, among: keptAccounts };
  const audit = { from, to: now, count: newest.auditRows, actor: 'janua-api' };
  await runAs(
    janua.url('janua_app'),
    insertSessions({ ...sessions, first: last.sessions + 1, last: middle }),
    insertAudit(audit),
  );
  await runAs(
    janua.url('janua_worker'),
    insertSessions({ ...sessions, first: middle + 1, last: middle + newest.workerSessions }),
  );
  await cluster.query(database, 'analyze');
}

/** Writes $1 sessions for the oldest account, which every accident spares. */
export const writeSessions = `insert into sessions (account_id)
  select a.id from (select id from accounts order by id limit 1) a, generate_series(1, $1)`;

type Span = { from: Date; to: Date };

/** Session n belongs to account n * 7919 mod `among`: spread over all of them, and the same on every run. */
function insertSessions({
  first,
  last,
  from,
  to,
  among,
}: Span & { first: number; last: number; among: number }) {
  const at = momentOf({ from, to }, `(n - ${first} + 1) / ${last - first + 1}.0`);
  return `insert into sessions (account_id, token_hash, created_at, expires_at)
    select 1 + n * 7919 % ${among}, sha256(n::text::bytea), at, at + interval '12 hours'
      from generate_series(${first}::bigint, ${last}) n, lateral (select ${at} as at) moment
     order by n`;
}

function insertAudit({ from, to, count, actor }: Span & { count: number; actor: string }): string {
  return `insert into audit_log (occurred_at, actor, action, detail)
    select ${momentOf({ from, to }, `n / ${count}.0`)}, '${actor}',
           (array['session.created', 'client.updated', 'account.login'])[1 + n % 3], 'request ' || md5(n::text)
      from generate_series(1, ${count}) n
     order by n`;
}

function momentOf({ from, to }: Span, share: string): string {
  const start = `timestamptz '${from.toISOString()}'`;
  return `${start} + (${share}) * (timestamptz '${to.toISOString()}' - ${start})`;
}

async function runAs(url: string, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const sqlFile = (name: string) => new URL(`${name}.sql`, import.meta.url);
