import { z } from 'zod';
import type { Bot } from '../bot.ts';
import { totalRows } from '../janua/janua.ts';
import { queryOnce } from '../postgres.ts';
import type { World } from '../world.ts';

export type Tell = (line: string) => void;

const MINUTE = 60_000;

/** Rows that the recovery brought back: what the application wrote since is left out. */
export async function countBefore(world: World, opening: Date): Promise<number> {
  const counts = await world.janua.countRows();
  const [row] = await world.janua.query(
    'select count(*)::int as fresh from sessions where created_at >= $1',
    [opening.toISOString()],
  );
  return totalRows(counts) - Number(row?.fresh ?? 0);
}

/** The card for the team, and below it the filled template of templates/status. */
const UPDATE_WITH_PUBLIC_WORDS =
  /^\*?Update \d+ · INC-.*For the status page.*Janua: .*Expected back: .*Next update by/s;

/** Moves the bot's clock past the due times one by one and looks into the channel after each. */
export async function letUpdatesFallDue(world: World, bot: Bot, room: string, tell: Tell) {
  const posted = () =>
    world.slack
      .messages(room)
      .filter((message) => UPDATE_WITH_PUBLIC_WORDS.test(world.slack.textOf(message)));
  let due = 0;
  let onTime = 0;
  for (let round = 0; round < 3; round++) {
    const [row] = await queryOnce(
      world.bot.superuserUrl,
      "select (state->'updates'->>'nextAt')::timestamptz as due from public.incidents",
    );
    const dueAt = z.date().parse(row?.due);
    const early = dueAt.getTime() - (await bot.clock.now()).getTime() - 5 * MINUTE + 1000;
    if (early > 0) await bot.clock.advance(early);
    await world.slack.waitFor(
      () =>
        world.slack
          .person('ana')
          .dms()
          .some((message) => /is due/.test(world.slack.textOf(message))),
      { timeoutMs: 15_000, what: 'the draft before the update' },
    );
    await bot.clock.advance(Math.max(0, dueAt.getTime() - (await bot.clock.now()).getTime()));
    due++;
    const wanted = due;
    const crossed = Date.now();
    await world.slack.waitFor(() => posted().length >= wanted, { timeoutMs: 20_000, what: `update ${due}` });
    if (Date.now() - crossed <= 10_000) onTime++;
    tell(`30 minutes pass. Update ${due} appears by itself.`);
  }
  return { due, posted: posted().length, onTime };
}

const Asked = z.object({
  approvals: z.array(
    z.object({ requestedAt: z.coerce.date(), votes: z.array(z.object({ at: z.coerce.date() })) }),
  ),
});

/** How long a run rested at its gates until the second person had voted. */
export function waitedForPeopleMs(state: unknown): number {
  return Asked.parse(state).approvals.reduce((sum, { requestedAt, votes }) => {
    const last = Math.max(requestedAt.getTime(), ...votes.map(({ at }) => at.getTime()));
    return sum + last - requestedAt.getTime();
  }, 0);
}
