import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { startBot } from '../sandbox/bot.ts';
import { queryOnce } from '../sandbox/postgres.ts';
import { startWorld, type World } from '../sandbox/world.ts';
import { type Child, startChild } from './child.ts';
import { median } from './median.ts';
import { sendCommand } from './slash-command.ts';

const PAIRS = 5;
const IDLE_AFTER_MS = 3_000;
const WATCH_EVERY_MS = 5 * 60_000;
const PATIENCE_MS = 60_000;

/** What the numbers are of, in the output too. */
const counted = {
  bot: 'the whole worker as `npm start` starts it, in HTTP mode on a migrated database: plans read, queue and clock started, the watch on',
  bolt: 'HTTPReceiver with one listener that only acknowledges',
  firstAckMs: 'from the start of the process until its first signed command is acknowledged',
  idleMb: `resident memory ${IDLE_AFTER_MS / 1_000} s later, before the next round of the watch`,
  watchedMb: `resident memory ${IDLE_AFTER_MS / 1_000} s after a round over one plan, which loads the clients of S3, Kubernetes and Redis`,
};

/** What a bot that does nothing holds, and how soon a new one answers, beside bare Bolt started the same way. */
export async function memory() {
  const world = await startWorld();
  try {
    const { signingSecret } = world.slack;
    const env = { ...world.env, DR_SLACK_MODE: 'http', DR_LOG_LEVEL: 'info' };
    const nodeArgs = await startArgs();
    const nextRound = await beginWatch(world);
    const pairs: { bot: Start & { watchedMb: number }; bolt: Start }[] = [];
    for (let pair = 0; pair < PAIRS; pair++)
      pairs.push({
        bot: await startOne('../src/main.ts', { env, signingSecret, nodeArgs }, async (child) => {
          await nextRound();
          return { watchedMb: await megabytesSoon(child) };
        }),
        bolt: await startOne('./servers/bolt.ts', { env, signingSecret, nodeArgs: [] }, async () => ({})),
      });
    const medianOf = <Side extends 'bot' | 'bolt'>(side: Side, of: keyof Start) =>
      median(pairs.map((pair) => pair[side][of]));
    const bot = { firstAckMs: medianOf('bot', 'firstAckMs'), idleMb: medianOf('bot', 'idleMb') };
    const bolt = { firstAckMs: medianOf('bolt', 'firstAckMs'), idleMb: medianOf('bolt', 'idleMb') };
    const beside = (of: keyof Start) => Number((bot[of] / bolt[of]).toFixed(2));
    return {
      bench: 'memory',
      bot: { ...bot, watchedMb: median(pairs.map((pair) => pair.bot.watchedMb)) },
      bolt,
      firstAckRatio: beside('firstAckMs'),
      idleRatio: beside('idleMb'),
      counted,
      pairs,
    };
  } finally {
    await world.stop();
  }
}

interface Start {
  readonly firstAckMs: number;
  readonly idleMb: number;
}

const Package = z.object({ scripts: z.object({ start: z.string() }) });

/** What `npm start` hands to Node before the file. */
async function startArgs(): Promise<readonly string[]> {
  const { scripts } = Package.parse(
    JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')),
  );
  return scripts.start.split(' ').slice(1, -1);
}

/**
 * Migrates, puts the plans in force and lets a first round pass, so that none is due when a process starts. The result makes
 * one due and resolves when it is recorded.
 */
async function beginWatch(world: World): Promise<() => Promise<void>> {
  const bot = await startBot(world, { slack: 'off', watch: 'on' });
  const rounds = async () => {
    const [row] = await queryOnce(world.bot.superuserUrl, 'select max(slot) as slot from watch_rounds');
    return row?.slot instanceof Date ? row.slot.getTime() : 0;
  };
  const after = async (slot: number) => {
    for (const deadline = Date.now() + PATIENCE_MS; (await rounds()) <= slot; await sleep(100))
      if (Date.now() > deadline) throw new Error('The watch made no round.');
  };
  await after(0).finally(bot.stop);
  return async () => {
    const last = await rounds();
    await bot.clock.advance(WATCH_EVERY_MS);
    await after(last);
  };
}

async function startOne<More extends object>(
  path: string,
  given: { env: NodeJS.ProcessEnv; signingSecret: string; nodeArgs: readonly string[] },
  later: (child: Child) => Promise<More>,
): Promise<Start & More> {
  const began = performance.now();
  const child = await startChild(path, given.env, given.nodeArgs);
  try {
    const status = await sendCommand({ port: child.port, signingSecret: given.signingSecret }, 'help');
    if (status !== 200) throw new Error(`The first command was answered with ${status}.`);
    const firstAckMs = Math.round(performance.now() - began);
    const idleMb = await megabytesSoon(child);
    return { firstAckMs, idleMb, ...(await later(child)) };
  } finally {
    await child.stop();
  }
}

async function megabytesSoon(child: Child): Promise<number> {
  await sleep(IDLE_AFTER_MS);
  const { rssBytes } = await child.usage();
  return Math.round(rssBytes / 1_000_000);
}
