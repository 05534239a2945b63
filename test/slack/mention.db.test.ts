import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { EVENTS } from '../../src/slack/events.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

let bot: SlackBot;
let room: string;

beforeAll(async () => {
  bot = await startSlackBot();
  ({ room } = await bot.ask());
});

afterAll(async () => {
  await bot.stop();
});

/** What the bot answers in the thread of a message, once something stands there. */
async function asked(who: string, channel: string, text: string): Promise<string> {
  const { ts } = await bot.slack.person(who).says(channel, text);
  const [answer] = await bot.slack.waitFor(
    () => {
      const replies = bot.slack.thread(channel, ts);
      return replies.length > 0 ? replies : undefined;
    },
    { timeoutMs: 8_000, what: `an answer to "${text}"` },
  );
  return answer === undefined ? '' : bot.slack.textOf(answer);
}

test.each([
  ['@dr-bot list', 'INC-2026-001 · demo · SEV1'],
  ['@dr-bot status', 'Sign-in fails for most'],
  ['@dr-bot', 'INC-2026-001 · Demo'],
  ['@dr-bot declar', 'Did you mean /dr declare?'],
  ['@dr-bot note', 'needs words'],
  ['@dr-bot run recover --yes', 'nothing has been changed by this preview'],
])('%s answers in its thread as the command does', async (typed, answer) => {
  expect(await asked('ana', room, typed)).toContain(answer);
});

test('the status leads to the card that waits for people', async () => {
  expect(await asked('ben', room, '@dr-bot status')).toContain('→ Open card');
});

test('an approval cannot be given by a mention', async () => {
  const says = await asked('ben', room, '@dr-bot approve');

  expect(says).toContain('Approvals need the card or `dr approve`. Nothing was recorded.');
  expect((await bot.approval('APR-1')).votes).toEqual([]);
});

test('in a thread the answer goes to that thread, and a change is recorded once however often Slack tells of it', async () => {
  const { ts } = await bot.slack.person('ana').says('#general', 'What do we know?');
  bot.slack.faults.redeliver(2);

  await bot.slack.person('ana').says('#general', '@dr-bot note “40 tickets so far”', { threadTs: ts });
  await bot.slack.waitFor(() => bot.slack.thread('#general', ts).length === 2, { what: 'the answer' });
  await bot.slack.settled();
  bot.slack.faults.redeliver(0);
  // Events are acknowledged before they are handled.
  await sleep(300);

  expect(bot.slack.thread('#general', ts)).toHaveLength(2);
  expect(await bot.count('incident.note-added')).toBe(1);
});

test('in the thread that an incident lives in, that incident is meant', async () => {
  const refused = { kind: 'error', error: 'restricted_action', method: 'conversations.create' } as const;
  const mend = bot.slack.faults.inject(refused);
  const { id } = await bot.declare('The demo is slow as well');
  mend();
  const [announcement] = bot.slack
    .messages('#incidents')
    .filter((message) => bot.slack.textOf(message).includes(`${id} ·`));
  const threadTs = announcement?.ts ?? '';

  await bot.slack.person('ana').says('#incidents', '@dr-bot', { threadTs });

  const answer = (text: string) => text.includes('All commands') && text.includes(id);
  await bot.slack.waitForMessage('#incidents', answer, {
    timeoutMs: 8_000,
    what: 'the menu of that incident',
  });
});

test('a guest is refused', async () => {
  bot.slack.join('eli', '#general');

  expect(await asked('eli', '#general', '@dr-bot note I was here')).toContain('members of the workspace');
  expect(await bot.count('incident.note-added')).toBe(1);
});

test('another bot is not answered, or two bots would talk for ever', async () => {
  const { id: channel } = bot.slack.channel('#general');
  const posts = bot.slack.calls('chat.postMessage').length;
  const message = { user: 'U0OTHERBOT', channel, ts: '1.0', text: `<@${bot.slack.botUserId}> list` };

  const event = { type: 'app_mention', bot_id: 'B0OTHERBOT', ...message };
  await EVENTS.app_mention?.(bot.deps, event, async () => true);

  expect(bot.slack.calls('chat.postMessage')).toHaveLength(posts);
});

test('a mention that could not be remembered is not carried out, and its writer is told', async () => {
  const { id: channel } = bot.slack.channel(room);
  const { ts } = await bot.slack.person('ana').says(room, 'a message to answer');
  const text = `<@${bot.slack.botUserId}> note Never written`;
  const away = new AppError('database-unreachable', 'The database does not answer.', { retry: 'later' });

  const event = { type: 'app_mention', user: bot.slack.person('ana').user.id, channel, ts, text };
  await EVENTS.app_mention?.(bot.deps, event, () => Promise.reject(away));

  expect(bot.slack.thread(room, ts).map((message) => bot.slack.textOf(message))).toEqual([
    expect.stringContaining('Your command may not have been carried out; /dr status shows what is recorded.'),
  ]);
  expect(await bot.count('incident.note-added')).toBe(1);
});

test('where another organisation reads along nothing is said of incidents', async () => {
  bot.slack.createChannel('with-a-vendor', { members: ['bot', 'ana'] });
  bot.slack.share('#with-a-vendor');

  const says = await asked('ana', '#with-a-vendor', '@dr-bot status');

  expect(says).toContain('shared with another organisation');
  expect(says).not.toContain('INC-');
});
