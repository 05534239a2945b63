import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOT } from '../../src/domain/events.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { person, until } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

/** Each update is posted in the incident's channel and copied under its announcement: a thousand posts. */
const INCIDENTS = 20;
const UPDATES = 25;
let bot: SlackBot;

beforeAll(async () => {
  bot = await startSlackBot();
});

afterAll(async () => {
  await bot.stop();
});

test('the answers to a thousand posts are lost, and each message stands there once and in order', async () => {
  const ids = await Promise.all(Array.from({ length: INCIDENTS }, () => declare()));
  await told();
  const posts = () => bot.slack.calls('chat.postMessage').length;
  const before = posts();
  const mend = bot.slack.faults.inject({ kind: 'lost-reply', method: 'chat.postMessage' });

  await Promise.all(
    ids.map(async (id) => {
      for (let number = 1; number <= UPDATES; number++) await publish(id, `Step ${number}`);
    }),
  );
  await told();
  mend();

  const all = Array.from({ length: UPDATES }, (_, index) => index + 1);
  for (const id of ids) {
    const room = (await bot.views.incident(id))?.incident.channel?.id ?? '';
    expect(numbers(room, id)).toEqual(all);
    expect(numbers('#incidents', id)).toEqual(all);
  }
  expect(posts() - before).toBe(2 * INCIDENTS * UPDATES);
}, 120_000);

async function declare(): Promise<string> {
  const declared = await bot.incidents.declare(person('ana'), 'demo', {
    title: 'Sign-in fails',
    severity: 'SEV1',
    impact: null,
    occurredAt: null,
    detectedAt: null,
  });
  if (isRefusal(declared)) throw new Error(declared.code);
  return declared.incident;
}

async function publish(id: string, changed: string): Promise<void> {
  const words = {
    status: 'investigating',
    impact: 'Nobody can sign in',
    changed,
    next: 'On',
    expectedBack: null,
  } as const;
  await bot.incidents.publish(BOT, id, words, { automatic: false });
}

const told = () =>
  until(
    async () => (await bot.db.query('select 1 from deliveries where wanted > done')).rows.length === 0,
    'everything to be told',
    100_000,
  );

/** The numbered updates of an incident that stand in a channel, in the order people read them. */
function numbers(channel: string, id: string): readonly number[] {
  return bot.slack
    .messages(channel)
    .map((message) => bot.slack.textOf(message).match(new RegExp(`Update (\\d+) · ${id}`))?.[1])
    .filter((number) => number !== undefined)
    .map(Number);
}
