import { startWatchBot } from '../watch/bot.ts';
import { createPlatform } from '../watch/platform.ts';
import { startWorld } from '../world.ts';
import { playBackups } from './backups.ts';
import { insist } from './check.ts';
import type { Tell } from './watch.ts';

/** In earnest it is 5 minutes; a month of those would take an hour of work. */
const EVERY = '3h';
const INTERVAL_MS = 3 * 3_600_000;
const HEALTHY_DAYS = 30;
/** Any Monday does. The minute is not near to the slots of any system, nor between a slot and its grace. */
const BEGINS_AT = new Date('2027-01-04T00:25:00Z');

/** Thirty healthy days of all four platforms, then every rule broken once and mended, on the bot's real store and queue. */
export async function playWatch(options: { readonly yes: boolean }, tell: Tell) {
  const world = await startWorld({ ...options, platforms: [] });
  try {
    const bot = await startWatchBot(world, EVERY);
    try {
      const platforms = bot.plans.map((plan) => createPlatform(plan, BEGINS_AT));
      const backups = bot.plans.reduce((sum, plan) => sum + plan.backups.length, 0);
      tell(
        `Four simulated platforms with ${backups} backups, looked at every ${EVERY}, are up: ${bot.plans.map(({ name }) => name).join(', ')}.`,
      );
      await bot.begin(BEGINS_AT, platforms);
      const played = await playBackups(
        bot.watched,
        { platforms, beginsAt: BEGINS_AT, intervalMs: INTERVAL_MS, healthyDays: HEALTHY_DAYS },
        tell,
      );
      const published = await bot.takePublished();
      insist(published.length > 0, "Janua's critical alerts on its SNS topic");
      tell(`${published.length} critical alerts of Janua were published to its SNS topic too.`);
      return played;
    } finally {
      await bot.stop();
    }
  } finally {
    await world.stop();
  }
}
