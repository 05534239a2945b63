import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Bot, startBot } from '../sandbox/bot.ts';
import { totalRows } from '../sandbox/janua/janua.ts';
import { connectionEnv } from '../sandbox/postgres.ts';
import { startWorld, type World } from '../sandbox/world.ts';
import type { Run } from '../src/domain/run.ts';
import { createHands, type Hands } from './hands.ts';
import { damageJanua, dropOthers, growJanua, type LargeJanua } from './janua-large.ts';
import { median } from './median.ts';

const run = promisify(execFile);

const PAIRS = 3;
/** Every pod is as quick as the next: both sides wait the same for the cluster, and it hides little of what is compared. */
const PODS = { podStartMs: [300, 300], podStopMs: [100, 100] } as const;
const MINUTE = 60_000;
const EVIDENCE = 'compared: 0';

/** What the numbers are of, in the output too. */
const counted = {
  seed: "the plan's own script (J-82 to J-90): download, janua-api to 0, gunzip | psql on the live database, one count, janua-api to 3. It refuses no bad backup, looks at nothing else, and there is no way back",
  bot: 'the shipped runbook restore-postgres with all its checks: found, fetched, known by its SHA-256, restored beside, compared with the live database, approved, swapped, started again',
  totalMs: 'from the start command until the application answers 200 from the restored rows',
  downtimeMs: 'of these, how long the application did not answer 200, asked every 20 ms',
  formats:
    'one moment of one database, the script in its own format (plain, gzip), the bot in custom format with two jobs, as the shipped plan allows',
  withoutChecks:
    'the bot without the steps that have nothing beside them in the script: the backup found and known whole, its copy compared with the live database row by row, integrity, erasures, sessions and keys',
  watched:
    'the watch has read the backup from its first to its last byte before, as it does when one is new; the restore relies on that where the SHA-256 is the same',
  leftOut:
    'people: votes and evidence are given the moment they are asked for, and the script is told which backup to take',
};

/** Steps of the runbook before the application answers again that do what the script leaves undone. */
const CHECKS = new Set([
  'find',
  'verify',
  'assess',
  'integrity',
  'loss',
  'erasures',
  'sessions',
  'signing-keys',
  'encryption-key',
]);

export interface Side {
  readonly totalMs: number;
  readonly downtimeMs: number;
}

/** The bot's restore beside the script of the plan it came from, on the same database and in turn. */
export async function restore() {
  const world = await startWorld({ kubernetes: PODS });
  try {
    const large = await growJanua(world);
    await watchNewBackup(world, large.custom.key);
    const bot = await startBot(world);
    try {
      const hands = await createHands(world);
      const measured = await measure(world, bot, hands, large).finally(hands.stop);
      const { databaseBytes, plain, custom } = large;
      return {
        bench: 'restore',
        ...measured,
        counted,
        sizes: { databaseBytes, plainGzBytes: plain.bytes, customBytes: custom.bytes },
      };
    } finally {
      await bot.stop();
    }
  } finally {
    await world.stop();
  }
}

/**
 * The night before: the watch reads the new backup whole. It is off while the sides are measured, or alerts about a backup
 * that grew so fast would be drawn beside them.
 */
async function watchNewBackup(world: World, key: string): Promise<void> {
  const bot = await startBot(world, { slack: 'off', watch: 'on' });
  try {
    const hands = await createHands(world);
    await bot.clock.advance(5 * MINUTE);
    await hands.untilRead('janua', 'pg-daily', key).finally(hands.stop);
  } finally {
    await bot.stop();
  }
}

async function measure(world: World, bot: Bot, hands: Hands, large: LargeJanua) {
  const pairs: { seed: Side; bot: Side & { stepsMs: Readonly<Record<string, number>> } }[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const seed = await afterDamage(world, large, () => playScript(world, large.plain.key));
    const byBot = await afterDamage(world, large, () => playBot(world, bot, hands));
    pairs.push({ seed, bot: byBot });
  }
  const medians = (side: 'seed' | 'bot'): Side => ({
    totalMs: median(pairs.map((pair) => pair[side].totalMs)),
    downtimeMs: median(pairs.map((pair) => pair[side].downtimeMs)),
  });
  const [seed, byBot] = [medians('seed'), medians('bot')];
  const withoutChecks = median(
    pairs.map(({ seed, bot }) => (bot.totalMs - checksMs(bot.stepsMs)) / seed.totalMs),
  );
  return {
    rowsVerified: large.rows,
    seed,
    bot: byBot,
    ...ratiosOf(seed, byBot),
    ratioWithoutChecks: Number(withoutChecks.toFixed(3)),
    pairs,
  };
}

function checksMs(stepsMs: Readonly<Record<string, number>>): number {
  return Object.entries(stepsMs).reduce((sum, [step, ms]) => sum + (CHECKS.has(step) ? ms : 0), 0);
}

/** The bot beside the script: below 1 the bot is the faster one. */
export function ratiosOf(seed: Side, bot: Side) {
  const beside = (of: keyof Side) => Number((bot[of] / seed[of]).toFixed(3));
  return { totalRatio: beside('totalMs'), downtimeRatio: beside('downtimeMs') };
}

/** Plays one side on the same broken database, and counts afterwards that every row of the backup is back. */
async function afterDamage<Result>(
  world: World,
  large: LargeJanua,
  play: () => Promise<Result>,
): Promise<Result> {
  await dropOthers(world);
  await damageJanua(world);
  const result = await play();
  const rows = totalRows(await world.janua.countRows());
  // The sign-in of the bot's own check is the one session more.
  if (rows < large.rows || rows > large.rows + 1)
    throw new Error(`The restored database has ${rows} rows, the backup has ${large.rows}.`);
  return result;
}

/** The commands of the script, by the same means as a shell has: nothing is waited for that the script does not wait for. */
async function playScript(world: World, key: string): Promise<Side> {
  const { kubernetes, janua, programs, folder, aws } = world;
  const { endpoint, region, credentials, bucket } = aws;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const file = join(folder.path, 'restore.sql.gz');
  const env = {
    ...process.env,
    ...connectionEnv(janua.url('dr_restore')),
    PGOPTIONS: '-c role=janua_owner -c statement_timeout=0',
  };
  const scale = (replicas: number) =>
    kubernetes.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas } });

  return timed(world, async () => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (!(Body instanceof Readable)) throw new Error(`s3://${bucket}/${key} has no content.`);
    await pipeline(Body, createWriteStream(file));
    scale(0);
    await run('/bin/sh', ['-c', `gunzip -c '${file}' | '${programs.psql}' -X -q`], {
      env,
      maxBuffer: 2 ** 26,
    });
    await run(programs.psql, ['-X', '-c', 'select count(*) from accounts'], { env });
    scale(3);
    await rm(file);
    s3.destroy();
    return servingAgain(world);
  });
}

async function playBot(world: World, bot: Bot, hands: Hands) {
  const incident = await hands.declare('janua', 'Sessions are gone');
  let id = '';
  const side = await timed(world, async () => {
    id = await hands.start(incident, 'restore-postgres');
    await hands.serve(id, EVIDENCE, ({ steps }) => steps.swap?.status.is === 'done');
    return servingAgain(world);
  });
  const watched = await hands.serve(id, EVIDENCE, ({ steps }) => steps.soak?.status.is === 'waiting');
  for (let minutes = 0; minutes < 16; minutes += 4) await bot.clock.advance(4 * MINUTE);
  await hands.serve(id, EVIDENCE, ({ outcome }) => outcome === 'done');
  return { ...side, stepsMs: stepsOf(watched) };
}

/** How long each step took, beginning and end as the run's row has them. */
function stepsOf({ steps }: Run): Readonly<Record<string, number>> {
  const spans = Object.entries(steps).flatMap(([id, { status, firstStartedAt }]) =>
    status.is === 'done' && firstStartedAt !== null
      ? [[id, Date.parse(status.at) - Date.parse(firstStartedAt)] as const]
      : [],
  );
  return Object.fromEntries(spans);
}

/** `work` tells when it was over. */
async function timed({ prober }: World, work: () => Promise<Date>): Promise<Side> {
  const from = new Date();
  const to = await work();
  return {
    totalMs: to.getTime() - from.getTime(),
    downtimeMs: Math.round(prober.downtimeBetween(from, to)),
  };
}

/** When the application, which is away now, answered 200 again. */
async function servingAgain({ prober }: World): Promise<Date> {
  for (const deadline = Date.now() + 60_000; ; await sleep(5)) {
    const back = prober.outages().at(-1)?.to;
    if (back !== undefined) return back;
    if (Date.now() > deadline) throw new Error('The application did not come back within a minute.');
  }
}
