import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectionEnv, type PostgresCluster, queryOnce } from '../../sandbox/postgres.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import { startTestVeza, type TestVeza } from '../sandbox/veza/test-veza.ts';

const SCRIPT = fileURLToPath(new URL('../../deploy/postgres/failover-role.sql', import.meta.url));
const INSUFFICIENT_PRIVILEGE = '42501';

let world: TestVeza;
beforeAll(async () => {
  world = await startTestVeza();
});
afterAll(() => world.stop());

const onPrimary = (sql: string) => asBot(world.veza.primary, sql);
const onStandby = (sql: string) => asBot(world.veza.standby, sql);

function asBot(server: PostgresCluster, sql: string) {
  return queryOnce(world.veza.url(server, 'dr_failover'), sql);
}

describe('what the role may not do', () => {
  test.each([
    'select body from messages limit 1',
    'select handle from members limit 1',
    'update messages set author = null',
    'insert into channels (name) values (1)',
    'delete from outbox',
    'truncate messages',
    'create table notes (id int)',
    'set role veza_owner',
    'set role veza_user',
    'alter role dr_failover superuser',
    'alter database veza_db connection limit 0',
    'alter system set default_transaction_read_only = on',
    'select pg_reload_conf()',
    `select pg_read_file('postgresql.conf')`,
    `select pg_read_binary_file('postgresql.conf')`,
    `select pg_ls_dir('.')`,
    `select * from pg_authid`,
    `copy channels (id) to program 'true'`,
  ])('%s', async (sql) => {
    await expect(onPrimary(sql)).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
  });

  test('end a session of the application', async () => {
    const ending = onPrimary(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'veza_user' limit 1`,
    );

    await expect(ending).rejects.toThrow(/permission denied|must be a member/);
  });

  test('decode what is written, through a slot of its own', async () => {
    const decoding = onPrimary(`select pg_create_logical_replication_slot('own', 'test_decoding')`);

    await expect(decoding).rejects.toThrow('wal_level');
  });

  test('copy the server', async () => {
    const { primary, url } = world.veza;
    await primary.keepPassword('dr_failover', new URL(url(primary, 'dr_failover')).password);

    const copying = primary.shell(
      `pg_basebackup -h 127.0.0.1 -p ${primary.port} -U dr_failover -D "$HOME/copy" --no-password`,
    );

    await expect(copying).rejects.toThrow('no pg_hba.conf entry for replication connection');
  });
});

test('it counts rows and sees who streams from whom, on both servers', async () => {
  const [counted] = await onStandby('select count(*)::int as n from messages');
  const [receiver] = await onStandby(
    `select status, slot_name, current_setting('primary_conninfo') as source from pg_stat_wal_receiver`,
  );
  const [sender] = await onPrimary('select application_name, state from pg_stat_replication');

  expect(counted?.n).toBeGreaterThanOrEqual(18_000);
  expect(receiver).toMatchObject({ status: 'streaming', slot_name: 'veza_standby' });
  expect(receiver?.source).toContain('user=veza_replicator');
  expect(receiver?.source).not.toContain('password');
  expect(sender).toEqual({ application_name: 'veza-db-2', state: 'streaming' });
});

test('run again it covers new tables, and for the owner it gives what fencing in place takes', async () => {
  const { primary, url } = world.veza;
  await primary.psql(
    'veza_db',
    'set role veza_owner; create table reactions (id int primary key, emoji text);',
  );
  const env = {
    ...process.env,
    ...connectionEnv(primary.superuserUrl('postgres')),
    DR_FAILOVER_PASSWORD: new URL(url(primary, 'dr_failover')).password,
  };
  const variables = ['database=veza_db', 'replicator=veza_replicator', 'owner=veza_owner'];
  const { psql } = await ensurePrograms();

  await promisify(execFile)(psql, ['-X', ...variables.flatMap((each) => ['-v', each]), '-f', SCRIPT], {
    env,
  });

  expect(await onPrimary('select count(*)::int as n from reactions')).toEqual([{ n: 0 }]);
  await onPrimary('alter system set default_transaction_read_only = on');
  await onPrimary('alter system reset default_transaction_read_only');
  const maintenance = new URL(url(primary, 'dr_failover'));
  maintenance.pathname = '/postgres';
  await queryOnce(maintenance.href, 'select pg_reload_conf()');
  await onPrimary('alter database veza_db connection limit -1');
  await expect(onPrimary('alter system set fsync = on')).rejects.toMatchObject({
    code: INSUFFICIENT_PRIVILEGE,
  });
});

test('it promotes, and with its checkpoint and slot the replicator rewinds the old primary', async () => {
  const { primary, standby, damage } = world.veza;
  await damage.losePrimary({ unreplicated: 3 });

  await onStandby('select pg_promote(true, 30)');
  await onStandby('checkpoint');
  await onStandby(`select pg_create_physical_replication_slot('veza_standby', true)`);
  const [written] = await onStandby(`select pg_logical_emit_message(true, 'dr-bot', 'write test') as lsn`);
  const source = `host=127.0.0.1 port=${standby.port} user=veza_replicator`;
  await primary.shell(`
    pg_rewind --target-pgdata "$PGDATA" --source-server "${source} dbname=postgres"
    touch "$PGDATA/standby.signal"
    echo "primary_conninfo = '${source}'" >> "$PGDATA/postgresql.auto.conf"
    echo "primary_slot_name = 'veza_standby'" >> "$PGDATA/postgresql.auto.conf"
    pg_ctl start --wait --log "$HOME/log"
  `);

  expect(written?.lsn).toMatch(/^0\//);
  await expect
    .poll(() =>
      onStandby(`select application_name as name from pg_stat_replication where state = 'streaming'`),
    )
    .toEqual([{ name: 'veza-db-1' }]);
});
