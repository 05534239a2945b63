import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { createSandboxFolder } from '../../sandbox/folder.ts';
import { type PostgresCluster, startPostgres } from '../../sandbox/postgres.ts';
import { createHome, createServer } from '../../sandbox/postgres-server.ts';
import { replicationSettings, startStandby, untilCaughtUp } from '../../sandbox/postgres-standby.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import type { ActionContext } from '../../src/actions/action.ts';
import { type Clients, createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { PrimarySeen } from '../../src/domain/primary.ts';
import { shopPlan, testContext } from './pg-setup.ts';

const PASSWORD = 'correct-horse';
const SLOT = 'shop_standby';
const ROLES = new URL('../../deploy/postgres/failover-role.sql', import.meta.url);

export type Pair = Awaited<ReturnType<typeof startPair>>;

/** A primary with the database `shop` and a standby that streams from it, and the role of failover-role.sql on both. */
export async function startPair() {
  const folder = await createSandboxFolder('dr-pair-test-');
  const programs = await ensurePrograms();
  const primary = await startPostgres({ folder, programs, name: 'db-1', settings: replicationSettings });
  process.env.DR_FAILOVER_PASSWORD = PASSWORD;
  await primary.psql(
    'postgres',
    `create role shop_owner nologin;
    create role shop_app login password '${PASSWORD}';
    create role replicator login replication password '${PASSWORD}';
    create role watcher login password '${PASSWORD}';
    grant pg_monitor to watcher;
    create database shop owner shop_owner;`,
  );
  await primary.psql(
    'shop',
    `set role shop_owner;
    create table writes (id bigint primary key);
    grant select, insert on writes to shop_app;`,
  );
  await primary.psql(
    'postgres',
    `\\set database shop\n\\set replicator replicator\n\\set owner shop_owner\n${await readFile(ROLES, 'utf8')}`,
  );
  const standby = await startStandby({
    folder,
    programs,
    name: 'db-2',
    of: primary,
    slot: SLOT,
    role: { name: 'replicator', password: PASSWORD },
  });
  const all: PostgresCluster[] = [primary, standby];

  const loginTo = (server: PostgresCluster, role = 'dr_failover', database = 'postgres') =>
    server.url(database, role, PASSWORD);

  /** The connection `db-2` of the bot leads there from now on; `db-1` always to the primary. */
  function standbyIs(server: PostgresCluster, role?: string): void {
    process.env.PAIR_STANDBY = loginTo(server, role);
  }
  process.env.PAIR_PRIMARY = loginTo(primary);
  process.env.PAIR_APP = loginTo(primary, 'shop_app', 'shop');
  standbyIs(standby);

  /** A server on a copy of a stopped one's data: a promoted standby is spent, and a new one takes seconds. */
  async function copyOf(server: PostgresCluster, name: string): Promise<PostgresCluster> {
    const home = await createHome(folder, name);
    await home.keepPassword('replicator', PASSWORD);
    await promisify(execFile)('cp', ['-a', server.dataFolder, home.dataFolder]);
    const { password, settings } = server;
    const copy = createServer({ folder, programs, name, home, password, settings });
    await copy.start();
    all.push(copy);
    return copy;
  }

  /** Where the primary is now, as the watch would remember it. */
  async function look(server = primary): Promise<PrimarySeen> {
    const [row] = await server.query(
      'postgres',
      `select system_identifier::text as "systemIdentifier", timeline_id as timeline, pg_current_wal_lsn()::text as lsn
         from pg_control_system(), pg_control_checkpoint()`,
    );
    return {
      at: new Date(),
      systemIdentifier: String(row?.systemIdentifier),
      timeline: Number(row?.timeline),
      lsn: String(row?.lsn),
    };
  }

  let written = 0;
  return {
    folder,
    programs,
    primary,
    standby,
    loginTo,
    standbyIs,
    copyOf,
    look,
    caughtUp: () => untilCaughtUp(primary, 'db-2'),
    /** Acknowledged commits of the application, one row each. Returns how many there are by now. */
    async write(rows: number): Promise<number> {
      for (let row = 0; row < rows; row += 1)
        await primary.query('shop', 'insert into writes values ($1)', [++written]);
      return written;
    },
    context: (seen: PrimarySeen | undefined, options: PairOptions = {}) => pairContext(seen, options),
    async stop() {
      for (const server of all) if (server.isRunning()) await server.stop('immediate');
      await folder.remove();
    },
  };
}

export interface PairOptions extends Partial<Omit<ActionContext, 'run' | 'step' | 'plan'>> {
  readonly run?: string;
  readonly step?: string;
  readonly attempt?: number;
  readonly plan?: Plan;
}

export function pairContext(
  seen: PrimarySeen | undefined,
  { plan = pairPlan(), ...options }: PairOptions = {},
): ActionContext {
  return testContext(options.clients ?? pairClients(), 'shop', {
    plan,
    primarySeen: async () => seen,
    ...options,
  });
}

/** The clients of the running pair; a process started by a test finds them in its environment. */
export function pairClients(kubernetes: Record<string, unknown> = {}): Clients {
  return createClients(
    Connections.parse({
      postgres: {
        'db-1': { url: 'env:PAIR_PRIMARY', roleUrls: { shop_app: 'env:PAIR_APP' } },
        'db-2': { url: 'env:PAIR_STANDBY' },
      },
      kubernetes,
    }),
  );
}

const SERVER = { cluster: 'janua', namespace: 'shop', statefulSet: 'db-1' };

/** `server: true`: the primary runs as the StatefulSet `db-1`. */
export function pairPlan({
  maxLag = { bytes: 1_000_000, time: '1h' },
  slot = SLOT,
  server = false,
} = {}): Plan {
  return shopPlan('shop', {
    connection: 'db-1',
    appRoles: ['shop_app'],
    standby: { connection: 'db-2', slot, maxLag },
    ...(server && { server: SERVER }),
  });
}

/**
 * Asks both servers every 50 ms, as an application that could reach them would, whether they take writes. Returns the
 * number of looks at which both did.
 */
export function watchBoth(urls: () => readonly string[]) {
  const stop = new AbortController();
  let both = 0;
  let looks = 0;
  const writable = async (url: string) => {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    // The servers are stopped under it all the time.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query('select where not pg_is_in_recovery()')).rowCount === 1;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const watching = (async () => {
    while (!stop.signal.aborted) {
      const found = await Promise.all(urls().map(writable));
      looks += 1;
      if (found.filter(Boolean).length > 1) both += 1;
      await sleep(50, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stop.abort();
    await watching;
    return { both, looks };
  };
}
