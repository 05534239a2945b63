import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Bot, startBot } from '../../sandbox/bot.ts';
import { queryOnce } from '../../sandbox/postgres.ts';
import { startWorld, type World } from '../../sandbox/world.ts';
import { createRestoreRun } from '../helpers/restore-run.ts';

const MINUTE = 60_000;
/** By `untilOver`, perhaps just when the watch has ended: the next step did not wait for that. */
const MOVED_AT_ONCE = 4 * MINUTE;
let world: World;
let bot: Bot;

beforeAll(async () => {
  world = await startWorld({ share: 0.1 });
  bot = await startBot(world);
});

afterAll(async () => {
  await bot?.stop();
  await world?.stop();
});

const Row = z.object({ kind: z.string(), at: z.coerce.date().nullable() });

/** The run's log with the time of each event. */
async function logOf(run: string) {
  const rows = await queryOnce(
    world.bot.superuserUrl,
    `select event ->> 'kind' as kind, event ->> 'at' as at
       from public.events, lateral (select convert_from(canon, 'UTF8')::jsonb -> 'event' as event) logged
      where stream_type = 'run' and stream_id = $1 order by seq`,
    [run],
  );
  return rows.map((row) => Row.parse(row));
}

const nothingToTell = async () =>
  (await queryOnce(world.bot.superuserUrl, 'select 1 as one from public.deliveries where wanted > done'))
    .length === 0;

/** What the bot posted in each channel, oldest first, by the marks it finds its own messages with. */
function marks() {
  const { channels, messagesIn } = world.slack.store;
  return [...channels.keys()].map((id) =>
    messagesIn(id).flatMap(({ metadata }) => {
      const mark = z.object({ event_payload: z.object({ mark: z.string() }) }).safeParse(metadata);
      return mark.success ? [mark.data.event_payload.mark] : [];
    }),
  );
}

test('Slack is away for more than ten minutes of a restore: no step waits, and afterwards each message stands there once and in order', async () => {
  const restore = createRestoreRun(world, bot);
  await world.damage.deleteRows();
  const incident = await restore.declare();
  await world.slack.waitForMessage('#incidents', (text) => text.includes(`${incident} ·`), {
    timeoutMs: 15_000,
  });
  const began = await bot.clock.now();

  const end = world.slack.faults.outage();
  const run = await restore.start(incident);
  const approval = await restore.untilApproval(run);
  await Promise.all(['ana', 'ben'].map((person) => restore.people.vote(person, approval)));
  const over = await restore.untilOver(run);
  const away = (await bot.clock.now()).getTime() - began.getTime();
  const toldMeanwhile = marks().flat().length;
  end();
  await expect
    .poll(
      async () => {
        await bot.clock.advance(MINUTE / 2);
        return nothingToTell();
      },
      { timeout: 60_000, interval: 200 },
    )
    .toBe(true);

  expect(over.run.outcome).toBe('done');
  expect(away).toBeGreaterThan(10 * MINUTE);
  const log = await logOf(run);
  const pauses = log.flatMap(({ kind, at }, index) => {
    const before = log[index - 1];
    return kind === 'step.started' && before?.kind === 'step.finished' && before.at && at
      ? [(at.getTime() - before.at.getTime()) % MOVED_AT_ONCE]
      : [];
  });
  expect(pauses.length).toBeGreaterThan(5);
  expect(Math.max(...pauses)).toBeLessThan(1_000);
  expect(marks().flat().length).toBeGreaterThan(toldMeanwhile + 10);
  for (const told of marks()) {
    expect(new Set(told).size).toBe(told.length);
    const numbers = told.filter((mark) => mark.includes('/post/')).map((mark) => Number(mark.split('/')[2]));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
});
