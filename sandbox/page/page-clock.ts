import { setTimeout as sleep } from 'node:timers/promises';
import type { Bot } from '../bot.ts';
import type { World } from '../world.ts';

const MINUTE_MS = 60_000;
const LEAP_MS = 4 * MINUTE_MS;

export type PageClock = ReturnType<typeof createPageClock>;

/** The one time of the sandbox: that of the bot, which Slack and the cluster follow when it is moved. */
export function createPageClock({ world, bot }: { world: World; bot: Bot }) {
  let aheadMs = 0;
  let movedAt: Date | undefined;
  let looking: Promise<void> | undefined;

  const shown = () => new Date(Date.now() + aheadMs);

  async function look(): Promise<void> {
    looking ??= bot.clock
      .now()
      .then((now) => {
        aheadMs = now.getTime() - Date.now();
      })
      // The bot's database may be away: then time goes on as it did.
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
      });
    await looking;
  }

  return {
    shown,
    look,
    /** When it was moved by hand first. */
    movedAt: () => movedAt,

    async now(): Promise<Date> {
      await look();
      return shown();
    },

    /**
     * In leaps, so that what happens in between happens: a watch looks now and then, and the bot's own deadlines are in minutes.
     */
    async letPass(ms: number): Promise<string> {
      movedAt ??= world.slack.store.now();
      for (let left = ms; left > 0; left -= LEAP_MS) {
        const leap = Math.min(left, LEAP_MS);
        const now = await bot.clock.advance(leap);
        aheadMs = now.getTime() - Date.now();
        world.slack.advance(leap);
        world.kubernetes.control.advance(leap);
        if (left > LEAP_MS) await sleep(250);
      }
      return `Moved the clock by ${ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS} min` : `${ms / 1000} s`}.`;
    },
  };
}
