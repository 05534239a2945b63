import { afterEach, expect, test } from 'vitest';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

/** Calls to approve are direct messages, drawn on until nothing is asked any more. */

const APPROVERS = ['ana', 'ben', 'mina'];

let bot: SlackBot;
let moving: NodeJS.Timeout | undefined;

afterEach(async () => {
  clearInterval(moving);
  await bot.stop();
});

const callsOf = (who: string) =>
  bot.slack
    .person(who)
    .dms()
    .map((message) => bot.slack.textOf(message));

const stillCalled = () =>
  APPROVERS.filter((who) => callsOf(who).some((text) => text.includes('Your approval may be needed')));

/** A run whose gate has called all three. */
async function called() {
  const asked = await bot.ask();
  await bot.slack.waitFor(() => stillCalled().length === APPROVERS.length, {
    timeoutMs: 10_000,
    what: 'the calls',
  });
  return asked;
}

/** The conversation of the first call that would be redrawn. */
async function firstConversation(): Promise<string> {
  const { rows } = await bot.db.query<{ channel: string }>(
    "select channel from deliveries where surface = 'dm' and shown_hash is not null limit 1",
  );
  return rows[0]?.channel ?? '';
}

test('each reads in the end that it is over', async () => {
  bot = await startSlackBot();
  const { room, card, approval } = await called();

  await bot.approve('ana', room, card.ts);
  await bot.approve('ben', room, card.ts);

  await bot.slack.waitFor(() => stillCalled().length === 0, { timeoutMs: 10_000, what: 'the end of it' });
  for (const who of APPROVERS)
    expect(callsOf(who).at(-1)).toContain(
      `*${approval}: approved by Ana and Ben.* Nothing is left for you to do.`,
    );
});

test('a redraw that Slack fails is made up for, and what is newer is shown behind it', async () => {
  bot = await startSlackBot();
  const { room, card } = await called();
  await bot.approve('ana', room, card.ts);
  const channel = await firstConversation();
  bot.slack.faults.inject({ kind: 'http-500', method: 'chat.update', channel, times: 3 });
  // Each fault makes the surface wait some seconds: they are moved, not slept.
  moving = setInterval(() => void bot.advance(2_000).catch(() => {}), 200);

  await bot.approve('ben', room, card.ts);

  await bot.slack.waitFor(() => stillCalled().length === 0, { timeoutMs: 20_000, what: 'the end of it' });
  await bot.slack.waitForMessage(
    room,
    (text) => text.includes('RUN-1') && text.includes('done and verified'),
    {
      timeoutMs: 20_000,
      what: 'the run card at its end',
    },
  );
});

test('one that Slack refuses for good keeps up neither the others nor the cards', async () => {
  bot = await startSlackBot();
  const { room, card } = await called();
  await bot.approve('ana', room, card.ts);
  const channel = await firstConversation();
  bot.slack.faults.inject({ kind: 'error', error: 'channel_not_found', method: 'chat.update', channel });

  await bot.approve('ben', room, card.ts);

  await bot.slack.waitFor(() => stillCalled().length === 1, {
    timeoutMs: 10_000,
    what: 'the end of the others',
  });
  const { rows } = await bot.db.query(
    "select 1 from deliveries where surface = 'incident-card' and error is not null",
  );
  expect(rows).toEqual([]);
});
