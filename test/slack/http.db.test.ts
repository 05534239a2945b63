import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

let bot: SlackBot;

beforeEach(async () => {
  bot = await startSlackBot({ mode: 'http' });
});

afterEach(async () => {
  await bot.stop();
});

const declared = () => bot.count('incident.declared');

/** A slash command as Slack signs and sends it, with what a test wants to be wrong. */
async function send(change: { skewSeconds?: number; secret?: string; padding?: string } = {}) {
  const body = new URLSearchParams({
    command: '/dr',
    text: 'declare demo sev1 The demo is broken',
    user_id: 'U0000000ANA',
    team_id: bot.slack.teamId,
    channel_id: bot.slack.channel('#incidents').id,
    trigger_id: `trigger.${Math.random()}`,
    response_url: 'http://127.0.0.1:1/none',
    padding: change.padding ?? '',
  }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000) + (change.skewSeconds ?? 0));
  const hash = createHmac('sha256', change.secret ?? bot.slack.signingSecret)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${hash}`,
  };
  const post = () => fetch(bot.requestUrl, { method: 'POST', headers, body }).then(({ status }) => status);
  return { post };
}

test('a signed command is carried out once, however often the same bytes arrive', async () => {
  const request = await send();

  expect(await request.post()).toBe(200);
  for (let again = 0; again < 5; again++) await request.post();
  await new Promise((resolve) => setTimeout(resolve, 500));

  expect(await declared()).toBe(1);
});

test.each([
  ['a wrong signature', { secret: 'somebody-elses-secret' }, 401],
  ['a time six minutes ago', { skewSeconds: -360 }, 401],
  ['a body over 256 kB', { padding: 'x'.repeat(300_000) }, 413],
])('%s is refused', async (_, change, status) => {
  const request = await send(change);

  expect(await request.post()).toBe(status);
  expect(await declared()).toBe(0);
});

test('a time in the future, which Bolt takes, has no effect', async () => {
  const request = await send({ skewSeconds: 3_600 });

  await request.post().catch(() => 0);
  await new Promise((resolve) => setTimeout(resolve, 300));

  expect(await declared()).toBe(0);
});
