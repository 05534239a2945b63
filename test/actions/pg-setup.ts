import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createSandboxFolder } from '../../sandbox/folder.ts';
import { connectionEnv, startPostgres } from '../../sandbox/postgres.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import type { ActionContext } from '../../src/actions/action.ts';
import { type Clients, createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { Plan } from '../../src/domain/plan.ts';

const run = promisify(execFile);

export type PgWorld = Awaited<ReturnType<typeof startPgWorld>>;

const PASSWORD = 'correct-horse';
const ROLES = ['shop_app', 'shop_worker', 'stranger', 'dr_restore'] as const;

/** A cluster of its own with the roles of a small shop and the restoring role, which is no superuser. */
export async function startPgWorld() {
  const folder = await createSandboxFolder('dr-pg-test-');
  const programs = await ensurePrograms();
  const cluster = await startPostgres({
    folder,
    programs,
    name: 'shop',
    settings: { max_prepared_transactions: '5', wal_level: 'logical', autovacuum: 'off' },
  });
  const login = (role: string) => `create role ${role} login password '${PASSWORD}';`;
  await cluster.psql(
    'postgres',
    `
    create role shop_owner nologin;
    ${ROLES.map(login).join('\n')}
    alter role dr_restore createdb;
    grant shop_owner, pg_signal_backend, pg_monitor to dr_restore;`,
  );
  const work = join(folder.path, 'work');
  await mkdir(work);

  /** The shop's live database: a chain, a foreign key, sequences, two extensions, grants, settings, and no access for everybody. */
  async function createShop(name: string, customers = 200, owner = 'shop_owner'): Promise<void> {
    await cluster.psql(
      'postgres',
      `
      create database "${name}" owner "${owner}" template template0 connection limit 40;
      comment on database "${name}" is 'The shop. Ask Ana.';
      revoke all on database "${name}" from public;
      grant connect on database "${name}" to shop_app, shop_worker;
      grant temporary on database "${name}" to shop_app with grant option;
      alter database "${name}" set statement_timeout = '30s';
      alter database "${name}" set search_path = "$user", public;
      alter role shop_app in database "${name}" set work_mem = '8MB';`,
    );
    await cluster.psql(
      name,
      `set role "${owner}";\n${await readFile(new URL('pg-shop.sql', import.meta.url), 'utf8')}`,
    );
    await cluster.psql(
      name,
      `set role "${owner}";
      insert into customers (email) select 'c' || n || '@shop.example' from generate_series(1, ${customers}) n;
      insert into orders (customer_id, total) select 1 + n % ${customers}, n from generate_series(1, ${customers * 5}) n;
      insert into audit (detail) select 'order ' || n from generate_series(1, 50) n;`,
    );
  }

  async function dump(
    name: string,
    format: 'plain' | 'plain.gz' | 'custom',
    args: readonly string[] = [],
  ): Promise<Buffer> {
    const kind = format === 'custom' ? 'custom' : 'plain';
    const { stdout } = await run(programs.pg_dump, [`--format=${kind}`, ...args], {
      env: { ...process.env, ...connectionEnv(cluster.superuserUrl(name)) },
      encoding: 'buffer',
      maxBuffer: 256 * 1024 * 1024,
    });
    return format === 'plain.gz' ? gzipSync(stdout) : stdout;
  }

  /** A fetched backup as the steps before a restore leave it. */
  async function fetched(content: Buffer | string) {
    const path = join(await mkdtemp(join(work, 'fetch-')), 'backup');
    await writeFile(path, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return {
      path,
      sha256,
      key: 'daily/shop_20261121_020004.dump',
      etag: 'e1',
      takenAt: '2026-11-21T02:00:04.000Z',
    };
  }

  process.env.PG_TEST_RESTORE = cluster.url('postgres', 'dr_restore', PASSWORD);
  process.env.PG_TEST_APP = cluster.url('postgres', 'shop_app', PASSWORD);
  process.env.PG_TEST_WORKER = cluster.url('postgres', 'shop_worker', PASSWORD);
  process.env.PG_TEST_ADMIN = cluster.superuserUrl('postgres');
  process.env.PG_TEST_WORK = work;
  const clients = testClients();
  const context = (database: string, options: ContextOptions = {}) => testContext(clients, database, options);

  /** Runs SQL in a session of its own as one of the roles. */
  const asRole = (role: (typeof ROLES)[number], database: string) => cluster.url(database, role, PASSWORD);

  return {
    cluster,
    clients,
    programs,
    createShop,
    dump,
    fetched,
    context,
    asRole,
    async stop() {
      await cluster.stop('immediate');
      await folder.remove();
    },
  };
}

/** The clients of the running world; a process started by a test finds it in its environment. */
export function testClients() {
  const shop = {
    url: 'env:PG_TEST_RESTORE',
    roleUrls: { shop_app: 'env:PG_TEST_APP', shop_worker: 'env:PG_TEST_WORKER' },
  };
  return createClients(
    Connections.parse({ postgres: { shop, 'shop-admin': { ...shop, adminUrl: 'env:PG_TEST_ADMIN' } } }),
  );
}

interface ContextOptions extends Partial<Omit<ActionContext, 'run' | 'step' | 'plan'>> {
  run?: string;
  step?: string;
  attempt?: number;
  plan?: Plan;
}

export function testContext(clients: Clients, database: string, options: ContextOptions = {}): ActionContext {
  const { run: id = 'RUN-31', step = 'restore', attempt = 1, plan = shopPlan(database), ...rest } = options;
  const [component] = plan.components;
  if (component === undefined) throw new Error('The plan has no component.');
  return {
    run: { id, incident: 'INC-2026-001', mode: 'live', startedAt: new Date('2026-11-21T02:14:40Z') },
    step: { id: step, attempt },
    plan,
    component,
    outputs: {},
    memory: null,
    key: `${id}/${step}/${attempt}`,
    signal: AbortSignal.timeout(60_000),
    now: new Date('2026-11-21T02:15:00Z'),
    clients,
    workDir: process.env.PG_TEST_WORK ?? '',
    phase: 'gate',
    baseline: async () => undefined,
    lastReading: async () => undefined,
    primarySeen: async () => undefined,
    ownStore: { systemIdentifier: '1', databaseOid: '1' },
    progress: () => undefined,
    ...rest,
  };
}

type ComponentInput = Record<string, unknown>;

export function shopPlan(database: string, component: ComponentInput = {}): Plan {
  return Plan.parse({
    system: 'shop',
    name: 'Shop',
    owner: 'Platform',
    objectives: { rto: '1h', rpo: '5m' },
    components: [
      {
        id: 'db',
        name: 'Shop database',
        kind: 'postgres',
        connection: 'shop',
        database,
        owner: 'shop_owner',
        appRoles: ['shop_app', 'shop_worker'],
        auditChain: {
          table: 'audit',
          order: 'id',
          prev: 'prev_hash',
          hash: 'hash',
          canon: 'detail',
        },
        restore: { into: 'shop', freeBytes: 10_000_000_000 },
        ...component,
      },
    ],
    backups: [
      {
        id: 'daily',
        component: 'db',
        kind: 'logical',
        locations: [
          {
            id: 'bucket',
            role: 'primary',
            failureDomain: 'eu',
            source: 's3',
            connection: 'shop-backups',
            prefix: 'daily/',
          },
        ],
        namePattern: 'shop_{YYYYmmdd_HHMMSS}.{*}',
      },
    ],
    approvals: { approvers: ['ana', 'ben'] },
    runbooks: {
      restore: { title: 'Restore', component: 'db', steps: [{ id: 'look', title: 'Look', uses: 'manual' }] },
    },
  });
}
