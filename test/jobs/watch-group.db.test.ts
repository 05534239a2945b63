import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallPlan } from '../helpers/bot.ts';
import { assertStateEqualsLog } from '../helpers/replay.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';
import { watch, watchedBackup } from '../helpers/watched.ts';

const IDS = ['one', 'two', 'three', 'four', 'five'];

let bot: SlackBot;
let watched: Awaited<ReturnType<typeof watch>>;

beforeAll(async () => {
  bot = await startSlackBot({
    plan: smallPlan({
      backups: IDS.map((id) => ({ ...watchedBackup, id })),
      watch: { escalate: [{ after: '1m', to: 'ana' }] },
    }),
  });
  watched = await watch(bot);
});

afterAll(async () => {
  await assertStateEqualsLog(bot.db);
  await bot.stop();
});

/** Messages that hold the words, replies under the card among them. */
const saying = (words: string) =>
  bot.slack
    .messages('#incidents')
    .map((message) => bot.slack.textOf(message))
    .filter((text) => text.includes(words));
const settled = async () =>
  bot.slack.waitFor(
    async () => (await bot.db.query('select 1 from deliveries where wanted > done')).rows.length === 0,
    { timeoutMs: 20_000, what: 'everything to be told' },
  );

test('five that fire together are one card; people are called once for all, and the end is told once', async () => {
  await watched.round();
  watched.sources.hours = [30, 54, 78, 102, 126];
  await watched.round();
  await bot.slack.waitForMessage('#incidents', (text) => text.includes('5 backup alerts'), {
    timeoutMs: 15_000,
    what: 'the card of all five',
  });

  await bot.advance(2 * 60_000);
  await bot.slack.waitFor(
    async () => {
      const { rows } = await bot.db.query<{ told: boolean }>(
        "select state->'escalatedTo' = '[\"ana\"]' as told from alerts",
      );
      return rows.length === IDS.length && rows.every(({ told }) => told);
    },
    { timeoutMs: 15_000, what: 'every alert to have called' },
  );
  await settled();
  expect(saying('Nobody has answered')).toHaveLength(1);

  watched.sources.hours = [1, 30, 54, 78, 102];
  await watched.round();
  await settled();

  expect(saying('Alert lasted')).toHaveLength(1);
});
