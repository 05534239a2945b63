import { afterEach, beforeEach, expect, test } from 'vitest';
import { smallPlan } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';
import { watch, watchedBackup } from '../helpers/watched.ts';

const DAY = 86_400_000;

let bot: SlackBot;
let watched: Awaited<ReturnType<typeof watch>>;

beforeEach(async () => {
  bot = await startSlackBot({
    plan: smallPlan({
      backups: [watchedBackup],
      watch: { digest: { cron: '0 8 * * 1', timeZone: 'UTC' } },
    }),
  });
  watched = await watch(bot);
});

afterEach(() => bot.stop());

/** Texts of the digests that stand in #incidents. */
const digests = () =>
  bot.slack
    .person('ana')
    .sees('#incidents')
    .map((message) => bot.slack.textOf(message))
    .filter((text) => text.includes('Backups · '));

test('a week of backups is told once, from whichever replica looks first', async () => {
  await watched.round();
  watched.sources.hours = [30, 54];
  await watched.round();
  await bot.advance(7 * DAY);
  await watched.round();

  await Promise.all([bot.digests.note(), bot.digests.note()]);
  await bot.digests.note();
  await bot.slack.waitForMessage('#incidents', (text) => text.includes('Backups · '), {
    timeoutMs: 15_000,
    what: 'the digest',
  });
  await bot.advance(60_000);
  await bot.digests.note();

  const [digest = '', ...more] = digests();
  expect(more).toEqual([]);
  expect(digest).toContain('Backups (1)');
  expect(digest).toMatch(/\d alerts? fired|\d fired/);
  expect(digest).toContain('app-daily');
  expect(digest).toContain('Watch last ran');
});

test('a slot from before the plan came into force is not told', async () => {
  await bot.digests.note();

  const { rows } = await bot.db.query("select from deliveries where surface = 'digest'");
  expect(rows).toEqual([]);
});
