import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PostgresCluster, PostgresOptions } from './postgres.ts';
import { connectionEnv } from './postgres-client.ts';
import { createHome, createServer, type Settings } from './postgres-server.ts';

const run = promisify(execFile);

/** What a primary and its standby need for streaming, for pg_rewind afterwards, and to find each other again quickly. */
export const replicationSettings: Settings = {
  wal_level: 'replica',
  max_wal_senders: '10',
  max_replication_slots: '10',
  wal_keep_size: '256MB',
  // Data checksums alone would do for pg_rewind; a cluster made without them needs this.
  wal_log_hints: 'on',
  // pg_rewind copies single pages, and refuses a source that does not log them whole.
  full_page_writes: 'on',
  hot_standby_feedback: 'off',
  wal_receiver_status_interval: '1s',
  wal_retrieve_retry_interval: '200ms',
};

export type StandbyOptions = Pick<PostgresOptions, 'folder' | 'programs' | 'name'> & {
  /** The running primary, started with `replicationSettings`. */
  of: PostgresCluster;
  /** Physical replication slot on the primary; made where it is missing. */
  slot: string;
  /** Login with REPLICATION; the superuser unless told. */
  role?: { name: string; password: string };
};

/**
 * Copies a running primary and starts the copy as its hot standby; when this returns, it streams by the slot. Both servers
 * keep the password of the replication role, so that each can become the standby of the other.
 */
export async function startStandby({ folder, programs, name, of, slot, role }: StandbyOptions) {
  const login = role ?? { name: 'postgres', password: of.password };
  const home = await createHome(folder, name);
  await Promise.all([home, of].map(({ keepPassword }) => keepPassword(login.name, login.password)));
  await of.query(
    'postgres',
    `select pg_create_physical_replication_slot($1, true)
      where not exists (select from pg_replication_slots where slot_name = $1)`,
    [slot],
  );
  // The password is only in pgpass: what pg_basebackup is told of it, it writes into primary_conninfo.
  const { PGPASSWORD: _password, ...source } = connectionEnv(of.url('postgres', login.name, ''));
  await run(
    programs.pg_basebackup,
    ['-D', home.dataFolder, '-S', slot, '-R', '--checkpoint=fast', '--no-sync', '--no-password'],
    { cwd: home.path, env: { ...process.env, ...source, ...home.env }, ...home.user },
  );
  const server = createServer({ folder, programs, name, home, password: of.password, settings: of.settings });
  try {
    await server.start();
    await untilCaughtUp(of, name);
  } catch (error) {
    await server.stop('immediate');
    throw error;
  }
  return server;
}

/** Returns when the standby streams from the primary and has replayed everything committed there so far. */
export async function untilCaughtUp(
  of: PostgresCluster,
  standby: string,
  patienceMs = 10_000,
): Promise<void> {
  // What is flushed on a server at rest may end in the middle of a record, which no standby can replay: a commit ends it.
  await of.query('postgres', `select pg_logical_emit_message(true, 'sandbox', 'until here')`);
  const [now] = await of.query('postgres', 'select pg_current_wal_flush_lsn() as lsn');
  for (const deadline = Date.now() + patienceMs; ; await sleep(20)) {
    const [found] = await of.query(
      'postgres',
      `select from pg_stat_replication
        where application_name = $1 and state = 'streaming' and replay_lsn >= $2`,
      [standby, now?.lsn],
    );
    if (found !== undefined) return;
    if (Date.now() > deadline)
      throw new Error(`${standby} has not caught up with ${of.name} in ${patienceMs} ms.`);
  }
}
