import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandboxFolder, type SandboxFolder } from '../../sandbox/folder.ts';
import { connectionEnv, type PostgresCluster, queryOnce, startPostgres } from '../../sandbox/postgres.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import { migrate } from '../../src/migrate.ts';

const SCRIPT = fileURLToPath(new URL('../../deploy/postgres/bot-roles.sql', import.meta.url));
// Quotes and spaces, as a generated password may have them.
const OWNER_PASSWORD = "own'er pass";
const BOT_PASSWORD = 'bot"pass$1';
const INSUFFICIENT_PRIVILEGE = '42501';

let folder: SandboxFolder;
let cluster: PostgresCluster;

// A cluster of its own: the roles have the names that the other tests' cluster already has.
beforeAll(async () => {
  const programs = await ensurePrograms();
  folder = await createSandboxFolder('dr-test-');
  cluster = await startPostgres({ folder, programs, name: 'roles' });
  const connection = connectionEnv(cluster.superuserUrl('postgres'));
  const runScript = (passwords: Record<string, string>) =>
    promisify(execFile)(programs.psql, ['-X', '-f', SCRIPT], {
      env: { ...process.env, ...connection, ...passwords },
    });
  await expect(runScript({ DRBOT_OWNER_PASSWORD: 'x' })).rejects.toThrow(
    'Set DRBOT_PASSWORD to the password of drbot',
  );
  await runScript({ DRBOT_OWNER_PASSWORD: 'former', DRBOT_PASSWORD: 'former' });
  // A second time it changes the passwords, and nothing else.
  await runScript({ DRBOT_OWNER_PASSWORD: OWNER_PASSWORD, DRBOT_PASSWORD: BOT_PASSWORD });
  await migrate(urlOf('drbot_owner', OWNER_PASSWORD), 'drbot');
});

afterAll(async () => {
  await cluster.stop('immediate');
  await folder.remove();
});

test.each([
  [
    'as the bot',
    'drbot',
    BOT_PASSWORD,
    'drbot',
    'logs in as drbot, which does not own the tables: drbot_owner does.',
  ],
  [
    'for a role that is not there',
    'drbot_owner',
    OWNER_PASSWORD,
    'drbott',
    'There is no role "drbott". DR_DATABASE_ROLE',
  ],
])('migrating %s says which setting is wrong', async (_, login, password, role, said) => {
  await expect(migrate(urlOf(login, password), role)).rejects.toThrow(said);
});

test('the bot can append to its log and read it', async () => {
  const [row] = await asBot(
    "select has_table_privilege('events', 'insert') as appends, count(*)::int as rows from events",
  );

  expect(row).toEqual({ appends: true, rows: 0 });
});

test.each([
  "update events set kind = 'x'",
  'delete from events',
  'truncate events',
  'alter table events disable trigger all',
  'create table notes (id int)',
  'create schema aside',
  'create temporary table aside (id int)',
  "create or replace function dr_now() returns timestamptz language sql as 'select now()'",
  'create role twin',
  'set role drbot_owner',
])('the bot may not: %s', async (sql) => {
  await expect(asBot(sql)).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
});

test('nobody else may connect to it', async () => {
  await cluster.query('postgres', "create role stranger login password 'stranger'");

  const connecting = queryOnce(cluster.url('drbot', 'stranger', 'stranger'), 'select 1');

  await expect(connecting).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
});

function asBot(sql: string) {
  return queryOnce(urlOf('drbot', BOT_PASSWORD), sql);
}

function urlOf(role: string, password: string): string {
  return cluster.url('drbot', role, encodeURIComponent(password));
}
