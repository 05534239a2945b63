import { setTimeout as sleep } from 'node:timers/promises';
import { startBot } from '../sandbox/bot.ts';
import { startWorld } from '../sandbox/world.ts';
import { startChild } from './child.ts';
import { median } from './median.ts';
import { sendCommand } from './slash-command.ts';

const PAIRS = 5;
const IDLE_AFTER_MS = 3_000;

/** What the numbers are of, in the output too. */
const counted = {
  bot: 'the whole worker in HTTP mode on a migrated database: plans read, queue and clock started',
  bolt: 'HTTPReceiver with one listener that only acknowledges',
  firstAckMs: 'from the start of the process until its first signed command is acknowledged',
  idleMb: `resident memory ${IDLE_AFTER_MS / 1_000} s later`,
};

/** What a bot that does nothing holds, and how soon a new one answers, beside bare Bolt started the same way. */
export async function memory() {
  const world = await startWorld();
  try {
    // Migrates, and puts the plans in force.
    await (await startBot(world, { slack: 'off' })).stop();
    const env = { ...world.env, DR_SLACK_MODE: 'http', DR_LOG_LEVEL: 'info' };
    const { signingSecret } = world.slack;
    const pairs: { bot: Start; bolt: Start }[] = [];
    for (let pair = 0; pair < PAIRS; pair++)
      pairs.push({
        bot: await startOne('../src/main.ts', env, signingSecret),
        bolt: await startOne('./servers/bolt.ts', env, signingSecret),
      });
    const medians = (kind: 'bot' | 'bolt') => ({
      firstAckMs: median(pairs.map((pair) => pair[kind].firstAckMs)),
      idleMb: median(pairs.map((pair) => pair[kind].idleMb)),
    });
    const [bot, bolt] = [medians('bot'), medians('bolt')];
    const beside = (of: 'firstAckMs' | 'idleMb') => Number((bot[of] / bolt[of]).toFixed(2));
    return {
      bench: 'memory',
      bot,
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

async function startOne(path: string, env: NodeJS.ProcessEnv, signingSecret: string): Promise<Start> {
  const began = performance.now();
  const child = await startChild(path, env);
  try {
    const status = await sendCommand({ port: child.port, signingSecret }, 'help');
    if (status !== 200) throw new Error(`The first command was answered with ${status}.`);
    const firstAckMs = Math.round(performance.now() - began);
    await sleep(IDLE_AFTER_MS);
    const { rssBytes } = await child.usage();
    return { firstAckMs, idleMb: Math.round(rssBytes / 1_000_000) };
  } finally {
    await child.stop();
  }
}
