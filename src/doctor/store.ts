import { readdir, readFile } from 'node:fs/promises';
import type { App } from '../app.ts';
import { quoteName } from '../clients/postgres.ts';
import { AppError, messageOf } from '../errors.ts';
import { createDatabase, type Database } from '../store/database.ts';
import { bad, type Check, type Finding, ok, runChecks, skipped, warned } from './finding.ts';

const SKEW_LIMIT_MS = 2_000;
const CHAIN_LIMIT_MS = 60_000;

/** The bot's own database. Without it, or without its tables, nothing else there is asked. */
export function storeChecks(app: App): readonly Check[] {
  const { db, config } = app;
  const look = async () => {
    const role = await roleOf(db);
    const missing = await missingTables(db, role);
    if (missing !== null) return [missing];
    return runChecks([
      { what: 'migrations', look: () => migrations(db, role) },
      { what: 'the log', look: () => logRights(db, role) },
      { what: 'the queue', look: () => queue(db, role) },
      { what: 'sessions', look: () => ownSessions(config.DR_DATABASE_URL) },
      { what: 'clock', look: () => clock(app) },
      { what: 'the chain of the log', limitMs: CHAIN_LIMIT_MS, look: () => chain(app) },
    ]);
  };
  return [{ what: "the bot's database", limitMs: CHAIN_LIMIT_MS + 15_000, look }];
}

async function roleOf(db: Database): Promise<string> {
  try {
    return (await one<{ role: string }>(db, 'select current_user as role')).role;
  } catch (error) {
    const reason = error instanceof AppError && error.cause !== undefined ? error.cause : error;
    throw new AppError(
      'database-unreachable',
      `It does not let the bot in (${messageOf(reason)}). Check DR_DATABASE_URL and that the server runs.`,
      { cause: error },
    );
  }
}

const migrate = (role: string) => `Type: DR_DATABASE_OWNER_URL=… DR_DATABASE_ROLE=${role} dr migrate`;
const MIGRATIONS = new URL('../store/migrations/', import.meta.url);

async function missingTables(db: Database, role: string): Promise<Finding | null> {
  const files = await Promise.all(
    (await migrationFiles()).map((name) => readFile(new URL(name, MIGRATIONS), 'utf8')),
  );
  const tables = files.flatMap((sql) =>
    [...sql.matchAll(/^create table (\w+)/gim)].map((match) => match[1] ?? ''),
  );
  const { rows } = await db.query<{ name: string }>(
    `select name from unnest($1::text[]) name
      where coalesce(not has_table_privilege(to_regclass(name), 'select'), true)`,
    [tables],
  );
  if (rows.length === 0) return null;
  const names = rows.map(({ name }) => name).join(', ');
  return bad("the bot's database", `${role} finds no table ${names}, or may not read it. ${migrate(role)}`);
}

async function migrationFiles(): Promise<readonly string[]> {
  return (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
}

async function migrations(db: Database, role: string): Promise<readonly Finding[]> {
  const known = (await migrationFiles()).map((name) => name.replace(/\.sql$/, ''));
  const what = `migrations up to ${known.at(-1)}`;
  const readable = await one<{ yes: boolean | null }>(
    db,
    `select has_table_privilege(to_regclass('dr_migrations'), 'select') as yes`,
  );
  if (readable.yes !== true)
    return [skipped(what, 'All tables are there; the list of migrations itself is the owner’s.')];
  const { rows } = await db.query<{ name: string }>('select name from dr_migrations');
  const done = rows.map(({ name }) => name);
  const missing = known.filter((name) => !done.includes(name));
  if (missing.length > 0) return [bad('migrations', `Not run yet: ${missing.join(', ')}. ${migrate(role)}`)];
  const newer = done.filter((name) => !known.includes(name));
  return [
    newer.length === 0
      ? ok(what)
      : warned(what, `The database is newer than this program: ${newer.join(', ')}.`),
  ];
}

interface LogRights extends Record<string, unknown> {
  superuser: boolean;
  owner: string;
  owns: boolean;
  appends: boolean;
  changes: string[];
  triggers: number;
}

/** The promise that a stolen bot cannot rewrite its own log. */
async function logRights(db: Database, role: string): Promise<readonly Finding[]> {
  const log = await one<LogRights>(
    db,
    `select r.rolsuper as superuser, pg_get_userbyid(c.relowner) as owner, pg_has_role(c.relowner, 'member') as owns,
            has_table_privilege(c.oid, 'insert') as appends,
            array_remove(array[
              case when has_any_column_privilege(c.oid, 'update') then 'update' end,
              case when has_table_privilege(c.oid, 'delete') then 'delete' end,
              case when has_table_privilege(c.oid, 'truncate') then 'truncate' end], null) as changes,
            (select count(*)::int from pg_trigger t
              where t.tgrelid = c.oid and t.tgfoid = 'refuse_change'::regproc and t.tgenabled <> 'D') as triggers
       from pg_class c, pg_roles r where c.oid = 'events'::regclass and r.rolname = current_user`,
  );
  const fault = (say: string) => [bad('the log', `${say} ${migrate(role)}`)];
  if (log.superuser)
    return [
      bad(
        'the log',
        `${role} is a superuser and could rewrite the log. As an administrator: alter role ${quoteName(role)} nosuperuser;`,
      ),
    ];
  if (log.owns)
    return [
      bad(
        'the log',
        `${role} acts for ${log.owner}, who owns the log and could rewrite it. Run the bot as a role of its own (deploy/postgres/bot-roles.sql).`,
      ),
    ];
  if (log.changes.length > 0)
    return fault(`${role} may ${log.changes.join(', ')} events; it must only append.`);
  if (!log.appends) return fault(`${role} may not append events.`);
  if (log.triggers < 2)
    return fault(
      'A trigger that refuses changes of events is missing or switched off. Enable it as the owner.',
    );
  return [ok(`the log: ${role} may append and read, not change`)];
}

const QUEUES = ['deliver', 'restore-test', 'run', 'watch'];

async function queue(db: Database, role: string): Promise<readonly Finding[]> {
  const fault = [bad('the queue', `${role} cannot use the schema pgboss as it should. ${migrate(role)}`)];
  const schema = await one<{ usable: boolean }>(
    db,
    `select coalesce(bool_and(has_schema_privilege(oid, 'usage')), false) as usable from pg_namespace where nspname = 'pgboss'`,
  );
  if (!schema.usable) return fault;
  const { usable } = await one<{ usable: boolean }>(
    db,
    `select bool_and(has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')
              and has_table_privilege(oid, 'update') and has_table_privilege(oid, 'delete')) as usable
       from pg_class where relnamespace = 'pgboss'::regnamespace and relkind in ('r', 'p')`,
  );
  if (!usable) return fault;
  const { rows } = await db.query('select name from pgboss.queue where name = any($1)', [QUEUES]);
  return rows.length === QUEUES.length ? [ok('the queue')] : fault;
}

/**
 * Two open connections never share a server process, but behind a pooler in transaction mode they do. There LISTEN, advisory
 * locks and session settings are lost without a word.
 */
export async function ownSessions(url: string): Promise<readonly Finding[]> {
  const [first, second] = [createDatabase(url, { max: 1 }), createDatabase(url, { max: 1 })];
  const pid = async (db: Database) => (await one<{ pid: number }>(db, 'select pg_backend_pid() as pid')).pid;
  try {
    const seen = [await pid(first), await pid(second), await pid(first), await pid(second)];
    const own = seen[0] === seen[2] && seen[1] === seen[3] && seen[0] !== seen[1];
    return own
      ? [ok('sessions are the bot’s own')]
      : [
          bad(
            'sessions',
            'DR_DATABASE_URL leads through a pooler in transaction mode, where notifications are lost. Point it at PostgreSQL itself, or set pool_mode = session.',
          ),
        ];
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
}

async function clock({ db, config }: App): Promise<readonly Finding[]> {
  const asked = Date.now();
  const { server, ours } = await one<{ server: Date; ours: Date }>(
    db,
    'select clock_timestamp() as server, dr_now() as ours',
  );
  const skewMs = server.getTime() - (asked + Date.now()) / 2;
  const shiftMs = ours.getTime() - server.getTime();
  const sandbox = new URL(config.DR_SLACK_API_URL ?? 'https://slack.com').hostname === '127.0.0.1';
  if (Math.abs(skewMs) > SKEW_LIMIT_MS)
    return [
      bad(
        'clock',
        `The clocks of this machine and of the bot's database are ${seconds(skewMs)} apart. Type on both: timedatectl set-ntp true`,
      ),
    ];
  if (Math.abs(shiftMs) < SKEW_LIMIT_MS)
    return [ok(`clock within ${seconds(SKEW_LIMIT_MS)} of the database's`)];
  return sandbox
    ? [ok('clock', `The sandbox's clock is ${seconds(shiftMs)} ahead.`)]
    : [
        bad(
          'clock',
          `dr_now() is ${seconds(shiftMs)} off the server's own clock: somebody replaced it. As the owner: create or replace function dr_now() returns timestamptz language sql volatile as 'select clock_timestamp()';`,
        ),
      ];
}

function seconds(ms: number): string {
  return `${Math.round(Math.abs(ms) / 1000)} s`;
}

async function chain(app: App): Promise<readonly Finding[]> {
  const audit = await app.queries.verify();
  return audit.ok
    ? [ok(`the chain of the log, ${audit.events} events`)]
    : [
        bad(
          'the chain of the log',
          `${audit.what} ${audit.reason}. Keep the database as it is and tell the security owner.`,
        ),
      ];
}

async function one<Row extends Record<string, unknown>>(db: Database, sql: string): Promise<Row> {
  const { rows } = await db.query<Row>(sql);
  if (rows[0] === undefined) throw new Error(`no row: ${sql}`);
  return rows[0];
}
