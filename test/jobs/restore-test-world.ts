import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { type SandboxAws, startAws } from '../../sandbox/aws.ts';
import { createSandboxFolder } from '../../sandbox/folder.ts';
import { createJanuaDatabase } from '../../sandbox/janua/database.ts';
import { connectionEnv, startPostgres } from '../../sandbox/postgres.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import { actions } from '../../src/actions/index.ts';
import { createClients } from '../../src/clients/index.ts';
import { type Json, toJson } from '../../src/domain/canonical.ts';
import { Connections } from '../../src/domain/connections.ts';
import type { RestoreTestResult } from '../../src/domain/inventory.ts';
import type { World } from '../../src/jobs/world.ts';
import type { HeldJob } from '../../src/queue/boss.ts';
import { createRestoreTests } from '../../src/services/restore-tests.ts';
import { databaseNow } from '../../src/store/aggregates.ts';
import { startBot } from '../helpers/bot.ts';

const run = promisify(execFile);
const PREFIX = 'postgres/daily/';
const MINUTE = 60_000;

export type RestoreWorld = Awaited<ReturnType<typeof startRestoreWorld>>;

/** The plan that ships, with changes. */
export async function januaPlan(changes: Record<string, Json> = {}): Promise<Record<string, Json>> {
  const text = await readFile(new URL('../../plans/janua.yml', import.meta.url), 'utf8');
  return { ...parse(text), ...changes };
}

/** Clients as connections.yml gives them; a process started by a test finds the rest in its environment. */
export function januaClients(aws: Pick<SandboxAws, 'bucket' | 'region' | 'endpoint'>) {
  const keys = { accessKeyId: 'env:JANUA_S3_KEY', secretAccessKey: 'env:JANUA_S3_SECRET' };
  const where = { bucket: aws.bucket, region: aws.region, endpoint: aws.endpoint, ...keys };
  const roleUrls = { janua_app: 'env:JANUA_APP_PG_URL', janua_worker: 'env:JANUA_WORKER_PG_URL' };
  return createClients(
    Connections.parse({
      postgres: { 'janua-primary': { url: 'env:JANUA_PG_URL', roleUrls } },
      s3: { 'janua-backups': where },
    }),
  );
}

/** A bot with the real actions, Janua's roles and schema with a few rows on a server of its own, and its bucket. */
export async function startRestoreWorld() {
  const bot = await startBot(await januaPlan());
  const folder = await createSandboxFolder('dr-restore-test-');
  const programs = await ensurePrograms();
  const cluster = await startPostgres({ folder, programs, name: 'janua' });
  const janua = await createJanuaDatabase(cluster);
  await cluster.psql(
    'janua',
    `insert into organizations (slug, name, tier) values ('acme', 'Acme', 'team');
     insert into accounts (organization_id, email, display_name, password_hash) select 1, 'a' || n || '@acme.example', 'A ' || n, 'x' from generate_series(1, 500) n;
     insert into sessions (account_id) select 1 + n % 500 from generate_series(1, 2000) n;
     insert into jwk_keys (kid, algorithm, public_jwk, active, expires_at) values ('k1', 'ES256', '{}', true, now() + interval '90 days');
     insert into audit_log (actor, action, detail) select 'janua-api', 'account.login', 'request ' || n from generate_series(1, 60) n;`,
  );
  const aws = await startAws();
  process.env.JANUA_PG_URL = janua.url('dr_restore');
  process.env.JANUA_APP_PG_URL = janua.url('janua_app');
  process.env.JANUA_WORKER_PG_URL = janua.url('janua_worker');
  process.env.JANUA_S3_KEY = aws.credentials.accessKeyId;
  process.env.JANUA_S3_SECRET = aws.credentials.secretAccessKey;
  const world: World = { ...bot.world, clients: januaClients(aws), actions };
  const service = createRestoreTests({ db: bot.db, enqueue: bot.queue.enqueue });

  const now = () => databaseNow(bot.db);

  /** Dumps the database as it is, as the superuser would. */
  async function dump(format: 'plain' | 'custom', ...args: readonly string[]): Promise<Buffer> {
    const { stdout } = await run(programs.pg_dump, [`--format=${format}`, ...args], {
      env: { ...process.env, ...connectionEnv(cluster.superuserUrl('janua')) },
      encoding: 'buffer',
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** Stores a backup as if it had been taken so many minutes ago, by the bot's clock. */
  async function store(minutesAgo: number, body: Buffer, ending: 'dump' | 'sql.gz' = 'dump') {
    const takenAt = new Date(Math.floor((await now()).getTime() / 1000) * 1000 - minutesAgo * MINUTE);
    const stamp = takenAt.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
    const key = `${PREFIX}postgres_janua_${stamp}.${ending}`;
    await aws.put(key, ending === 'dump' ? body : gzipSync(body), takenAt);
    return { key, takenAt };
  }

  async function emptyBucket(): Promise<void> {
    for (const { key } of await aws.list(PREFIX)) await aws.remove(key);
  }

  /** Records the counts of the live database, or others, as of so many minutes ago. */
  async function observed(minutesAgo: number, changes: Readonly<Record<string, number>> = {}) {
    const counts = { organizations: 1, accounts: 500, sessions: 2000, jwk_keys: 1, audit_log: 60 };
    await bot.db.query(
      "insert into observations (system, component, kind, at, body) values ('janua', 'postgres', 'row-counts', $1, $2)",
      [
        new Date((await now()).getTime() - minutesAgo * MINUTE),
        JSON.stringify({ ...counts, oauth_clients: 0, ...changes }),
      ],
    );
  }

  const test = { id: 'pg-monthly', backup: 'pg-daily' };
  /** Notes a test and takes its job away from the queue, so that a test alone carries it out. */
  async function noted(because: string): Promise<string> {
    const id = await bot.db.transact((tx) => service.note(tx, 'janua', test, because));
    await bot.owner.query("delete from pgboss.job where name = 'restore-test'");
    return id;
  }

  const put = (body: Record<string, Json>) =>
    bot.plans.load([{ kind: 'plan', name: 'janua', body: toJson(body), source: '' }], 'test');

  return {
    bot,
    world,
    cluster,
    aws,
    service,
    now,
    dump,
    store,
    emptyBucket,
    observed,
    noted,
    put,
    resultOf: (id: string) => resultOf(bot.db, id),
    rowOf: async (id: string) =>
      (
        await bot.db.query<{ number: number; attempt: number; dueInMs: number | null; ended: boolean }>(
          `select number, attempt, extract(epoch from due_at - dr_now())::float8 * 1000 as "dueInMs", body is not null as ended from restore_tests where id = $1`,
          [id],
        )
      ).rows[0],
    /** Names of databases that restore tests made. */
    copies: async () =>
      (
        await cluster.query('postgres', "select datname from pg_database where datname like 'janua_run%'")
      ).map(({ datname }) => datname),
    async stop() {
      await bot.stop();
      await aws.stop();
      await cluster.stop('immediate');
      await folder.remove();
    },
  };
}

async function resultOf(db: World['db'], id: string): Promise<RestoreTestResult | null> {
  const { rows } = await db.query<{ body: RestoreTestResult | null }>(
    'select body from restore_tests where id = $1',
    [id],
  );
  return rows[0]?.body ?? null;
}

/** A job in nobody's queue. */
export function jobFor(key: string): HeldJob & { readonly finished: () => number } {
  let finished = 0;
  return {
    key,
    signal: new AbortController().signal,
    finish: async () => {
      finished += 1;
    },
    finished: () => finished,
  };
}
