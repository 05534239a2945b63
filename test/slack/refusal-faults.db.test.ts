import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOT } from '../../src/domain/events.ts';
import { stuckDeliveries } from '../../src/store/deliveries.ts';
import { until } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

/** Slack answers, and refuses: one channel for a while, or the token of the bot. */
const DIALOGS = 50;
let bot: SlackBot;

beforeAll(async () => {
  bot = await startSlackBot();
});

afterAll(async () => {
  await bot.stop();
});

async function update(id: string, changed: string): Promise<void> {
  const words = { impact: 'Nobody can sign in', changed, next: 'On', expectedBack: null };
  await bot.incidents.publish(BOT, id, { status: 'investigating', ...words }, { automatic: false });
}

const settled = () =>
  until(async () => {
    const { rows } = await bot.db.query('select 1 from deliveries where wanted > done');
    return rows.length === 0;
  }, 'everything to be told');

/** What the updates say that stand in a room, in the order people read them. */
const told = (room: string) =>
  bot.slack
    .messages(room)
    .map((message) => bot.slack.textOf(message).match(/Note \d+/)?.[0])
    .filter((note) => note !== undefined);

test('Slack asks one channel to wait for 30 s: dialogs open at once and other channels are told', async () => {
  const slow = await bot.declare('The first demo is broken');
  const other = await bot.declare('The second demo is broken');
  await settled();
  const mend = bot.slack.faults.inject({ kind: 'rate-limited', retryAfterSec: 30, channel: slow.room });
  const asked = () => bot.slack.calls().filter(({ answer }) => answer.error === 'ratelimited').length;
  for (const number of [1, 2, 3]) await update(slow.id, `Note ${number}`);

  const ana = bot.slack.person('ana');
  const opened: number[] = [];
  for (let dialog = 1; dialog <= DIALOGS; dialog++) {
    if (dialog % 10 === 0) await update(other.id, `Note ${dialog}`);
    const pressed = performance.now();
    await ana.command('#incidents', '/dr declare');
    await bot.slack.waitFor(() => ana.viewText() !== '', { what: 'the dialog' });
    opened.push(performance.now() - pressed);
    await ana.closeView();
  }
  const everyTenth = Array.from({ length: DIALOGS / 10 }, (_, index) => `Note ${10 * (index + 1)}`);
  await bot.slack.waitFor(() => told(other.room).length === everyTenth.length, { what: 'the other channel' });
  const throttled = { told: told(slow.room), asked: asked() };
  mend();
  await bot.advance(31_000);
  await settled();

  // On a machine that is busy with other things one or two may be slow; a dialog that waits for Slack takes 30 s.
  expect(opened.toSorted((a, b) => a - b).at(Math.floor(DIALOGS * 0.95))).toBeLessThan(500);
  expect(Math.max(...opened)).toBeLessThan(2_500);
  expect(told(other.room)).toEqual(everyTenth);
  // Slack is hardly asked before it said it may be: once for the posts, once for what a card is looked up by.
  expect(throttled.told).toEqual([]);
  expect(throttled.asked).toBeLessThanOrEqual(2);
  expect(told(slow.room)).toEqual(['Note 1', 'Note 2', 'Note 3']);
});

test('Slack takes the token no longer: it is said why, and what happened is told in order with a new one', async () => {
  const { id, room } = await bot.declare('The third demo is broken');
  await settled();
  const mend = bot.slack.faults.inject({ kind: 'error', error: 'token_revoked' });

  for (const number of [1, 2, 3]) await update(id, `Note ${number}`);
  await until(async () => bot.client.refusal() !== '', 'the refusal');
  const reason = bot.client.refusal();
  mend();
  const minutes = setInterval(() => void bot.advance(20_000), 200);
  await settled();
  clearInterval(minutes);

  expect(reason).toContain('does not take the bot token (token_revoked). Install the app again');
  expect(told(room)).toEqual(['Note 1', 'Note 2', 'Note 3']);
  expect(bot.client.refusal()).toBe('');
});

test('a message that fails by a bug is told of as stuck, and what is newer is told without it', async () => {
  const { id, room } = await bot.declare('The fourth demo is broken');
  await settled();
  const { call } = bot.client;
  bot.client.call = (road, method, args) =>
    JSON.stringify(args ?? {}).includes('Note 2')
      ? Promise.reject(new TypeError('nobody thought of that'))
      : call(road, method, args);

  for (const number of [1, 2, 3]) await update(id, `Note ${number}`);
  const minutes = setInterval(() => void bot.advance(2_000), 100);
  await bot.slack.waitFor(() => told(room).includes('Note 3'), {
    timeoutMs: 20_000,
    what: 'the newest note',
  });
  const stuck = await stuckDeliveries(bot.db);
  const without = told(room);
  bot.client.call = call;
  clearInterval(minutes);
  await bot.advance(300_000);
  await settled();

  expect(without).toEqual(['Note 1', 'Note 3']);
  expect(stuck).toContainEqual(expect.stringMatching(`^post \\d+ of ${id}: nobody thought of that`));
  expect(told(room)).toEqual(['Note 1', 'Note 3', 'Note 2']);
  expect(await stuckDeliveries(bot.db)).toEqual([]);
});
