import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { createDatabase, type Database } from '../src/store/database.ts';
import { type Child, startChild } from './child.ts';
import { median, percentile } from './median.ts';
import { type Store, startStore } from './store.ts';
import { writePlans } from './watch-plans.ts';

const run = promisify(execFile);

const SYSTEMS = 100;
const BACKUPS = 100;
/** What plans have by default. */
const EVERY_MS = 5 * 60_000;
const PAIRS = 5;
const KEYS = 100_000;
const MANY_KEYS = 1_000_000;

/** What the numbers are of, in the output too. */
const counted = {
  sets:
    `${SYSTEMS} plans of ${BACKUPS} backups, 30 objects each, in the whole worker (src/main.ts) with its queue and PostgreSQL; ` +
    'first: every system due at once, each newest object opened; then one interval with each system at its own time',
  cpuShare:
    'processor time of the worker in one interval, of one core; PostgreSQL and the store are not in it',
  lagMs: 'from the slot until its verdicts are recorded',
  listing: `${KEYS} keys; bare: ListObjectsV2 with the same client settings, each side in a process of its own; first page left out`,
  store: 'pages are made up by a server in a process of its own, so that the time is that of its reader',
};

/** What watching costs: 10,000 backup sets every five minutes, and one large bucket beside a bare loop over the same keys. */
export async function watch() {
  const s3 = await startChild('./servers/s3-pages.ts', {});
  const endpoint = `http://127.0.0.1:${s3.port}`;
  try {
    const listing = await measureListing(endpoint);
    return { bench: 'watch', ...listing, sets: await measureSets(endpoint), counted };
  } finally {
    await s3.stop();
  }
}

const Listing = z.object({ ms: z.number(), cpuMs: z.number(), beganMb: z.number(), peakMb: z.number() });
type Listing = z.infer<typeof Listing>;

async function measureListing(endpoint: string) {
  const list = (side: 'bare' | 'watch', keys = KEYS) => listBy(side, endpoint, keys);
  const pairs: { bare: Listing; watch: Listing }[] = [];
  for (let pair = 0; pair < PAIRS; pair++)
    pairs.push({ bare: await list('bare'), watch: await list('watch') });
  const medianOf = (side: 'bare' | 'watch', of: keyof Listing) => median(pairs.map((pair) => pair[side][of]));
  const ratio = (of: 'ms' | 'cpuMs') => Number((medianOf('watch', of) / medianOf('bare', of)).toFixed(2));
  return {
    ratio: ratio('ms'),
    cpuRatio: ratio('cpuMs'),
    moreMb: medianOf('watch', 'peakMb') - medianOf('bare', 'peakMb'),
    pairs,
    million: await list('watch', MANY_KEYS),
  };
}

async function listBy(side: string, endpoint: string, keys: number): Promise<Listing> {
  const file = fileURLToPath(new URL('./listing.ts', import.meta.url));
  const env = { ...process.env, BENCH_S3: endpoint, BENCH_KEYS: String(keys) };
  const { stdout } = await run(process.execPath, [file, side], { env });
  return Listing.parse(JSON.parse(stdout));
}

async function measureSets(endpoint: string) {
  const store = await startStore();
  const db = createDatabase(store.url(), { max: 1 });
  const folder = join(store.folder.path, 'config');
  await writePlans(folder, { systems: SYSTEMS, backups: BACKUPS, endpoint });
  const bot = await startChild('../src/main.ts', environment(store, folder));
  try {
    const first = await firstRound(bot, db);
    const steady = await interval(bot, db);
    const [alerts] = (await db.query<{ count: number }>('select count(*)::int as count from alerts')).rows;
    return { backups: SYSTEMS * BACKUPS, first, steady, alerts: alerts?.count };
  } finally {
    await bot.stop();
    await db.close();
    await store.stop();
  }
}

function environment(store: Store, folder: string): NodeJS.ProcessEnv {
  return {
    BENCH_S3_KEY: 'bench-key',
    DR_DATABASE_URL: store.url(),
    DR_CONFIG: folder,
    DR_WORK_DIR: join(store.folder.path, 'work'),
    DR_HTTP_HOST: '127.0.0.1',
    DR_HTTP_PORT: '0',
    DR_SLACK_MODE: 'off',
    DR_WATCH: 'on',
    DR_LOG_LEVEL: 'info',
  };
}

/** Every system at once, as after a long absence. */
async function firstRound(bot: Child, db: Database) {
  const began = performance.now();
  const before = await bot.usage();
  let peakBytes = before.rssBytes;
  while ((await roundsIn(db)).length < SYSTEMS) {
    if (performance.now() - began > EVERY_MS)
      throw new Error('The first round does not end: are the plans in force?');
    await sleep(250);
    peakBytes = Math.max(peakBytes, (await bot.usage()).rssBytes);
  }
  const wallMs = Math.round(performance.now() - began);
  const { cpuUs } = await bot.usage();
  return {
    wallMs,
    cpuMs: Math.round((cpuUs - before.cpuUs) / 1_000),
    peakMb: Math.round(peakBytes / 2 ** 20),
  };
}

/** One interval, in which each system is looked at once at its own time: after what the first round made late. */
async function interval(bot: Child, db: Database) {
  while ((await roundsIn(db)).some(({ due }) => due)) await sleep(1_000);
  const lags = new Map<string, number>();
  const known = new Set((await roundsIn(db)).map(({ id }) => id));
  const before = await bot.usage();
  let peakBytes = before.rssBytes;
  const end = performance.now() + EVERY_MS;
  while (performance.now() < end) {
    await sleep(500);
    peakBytes = Math.max(peakBytes, (await bot.usage()).rssBytes);
    for (const { id, lagMs } of await roundsIn(db)) if (!known.has(id)) lags.set(id, lagMs);
  }
  const { cpuUs } = await bot.usage();
  const all = [...lags.values()];
  return {
    rounds: all.length,
    cpuMs: Math.round((cpuUs - before.cpuUs) / 1_000),
    cpuShare: Number(((cpuUs - before.cpuUs) / 1_000 / EVERY_MS).toFixed(3)),
    peakMb: Math.round(peakBytes / 2 ** 20),
    lagMs: { p50: percentile(all, 50), p99: percentile(all, 99), max: Math.max(...all) },
  };
}

/** The newest round of each system, by its system and slot. */
async function roundsIn(
  db: Database,
): Promise<readonly { readonly id: string; readonly lagMs: number; readonly due: boolean }[]> {
  const { rows } = await db.query<{ id: string; lagMs: number; due: boolean }>(
    `select system || ' ' || slot as id, (extract(epoch from finished_at - slot) * 1000)::int as "lagMs",
            slot + $1 * interval '1 millisecond' <= now() as due from watch_rounds`,
    [EVERY_MS],
  );
  return rows;
}
