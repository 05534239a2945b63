import { setTimeout as sleep } from 'node:timers/promises';
import type { Bot } from '../bot.ts';
import { queryOnce } from '../postgres.ts';
import type { World } from '../world.ts';

const MINUTE_MS = 60_000;
const LEAP_MS = 4 * MINUTE_MS;
/** The bot looks every second what is due; one that is away will not. */
const PATIENCE_MS = 4_000;

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

  /** When the next update of an open incident is due. */
  async function nextDue(): Promise<number | undefined> {
    const [row] = await queryOnce(
      world.bot.superuserUrl,
      "select min((state->'updates'->>'nextAt')::timestamptz) as due from public.incidents where state->>'status' <> 'resolved'",
    );
    return row?.due instanceof Date ? row.due.getTime() : undefined;
  }

  /** The bot comes last: once it knows the time, it looks for what was made until then, and nothing may hang just then. */
  async function leap(ms: number): Promise<void> {
    await world.nights?.advance(ms);
    world.kubernetes.control.advance(ms);
    const now = await bot.clock.advance(ms);
    aheadMs = now.getTime() - Date.now();
    world.slack.advance(ms);
  }

  async function untilNoLongerDue(due: number): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end && (await nextDue()) === due; )
      await sleep(100);
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

    /** In one leap, past everything in between. */
    async leapTo(at: Date): Promise<void> {
      movedAt ??= world.slack.store.now();
      const ms = at.getTime() - (await bot.clock.now()).getTime();
      if (ms > 0) await leap(ms);
    },

    /**
     * In leaps, so that what happens in between happens: an update is posted when it is due, a watch looks now and then, and
     * the bot's own deadlines are in minutes.
     */
    async letPass(ms: number): Promise<string> {
      movedAt ??= world.slack.store.now();
      for (let left = ms; left > 0; ) {
        const due = await nextDue();
        const untilDue = due === undefined ? 0 : due - (await bot.clock.now()).getTime();
        const isDue = due !== undefined && untilDue > 0 && untilDue <= Math.min(left, LEAP_MS);
        const step = isDue ? untilDue : Math.min(left, LEAP_MS);
        await leap(step);
        left -= step;
        if (isDue) await untilNoLongerDue(due);
        else if (left > 0) await sleep(250);
      }
      return `Moved the clock by ${ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS} min` : `${ms / 1000} s`}.`;
    },
  };
}
