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

interface Change {
  skewSeconds?: number;
  secret?: string;
}

/** A body as Slack signs and sends it, with what a test wants to be wrong. `post` sends the same bytes each time. */
function signed(body: string, { skewSeconds = 0, secret = bot.slack.signingSecret }: Change = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000) + skewSeconds);
  const hash = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    'content-type': body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${hash}`,
  };
  const post = () => fetch(bot.requestUrl, { method: 'POST', headers, body }).then(({ status }) => status);
  return { post };
}

function send({ padding = '', ...change }: Change & { padding?: string } = {}) {
  const command = {
    command: '/dr',
    text: 'declare demo sev1 The demo is broken',
    user_id: 'U0000000ANA',
    team_id: bot.slack.teamId,
    channel_id: bot.slack.channel('#incidents').id,
    trigger_id: `trigger.${Math.random()}`,
    response_url: 'http://127.0.0.1:1/none',
    padding,
  };
  return signed(new URLSearchParams(command).toString(), change);
}

/** What Slack sends for a press, a form or a select in the channel for incidents. */
function interaction(payload: Record<string, unknown>): string {
  const { teamId } = bot.slack;
  const whole = {
    team: { id: teamId },
    user: { id: 'U0000000ANA', team_id: teamId },
    api_app_id: 'A0',
    trigger_id: `trigger.${Math.random()}`,
    ...payload,
  };
  return new URLSearchParams({ payload: JSON.stringify(whole) }).toString();
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 500));

test('a signed command is carried out once, however often the same bytes arrive', async () => {
  const request = send();

  expect(await request.post()).toBe(200);
  for (let again = 0; again < 5; again++) await request.post();
  await pause();

  expect(await declared()).toBe(1);
});

const press = () =>
  interaction({
    type: 'block_actions',
    channel: { id: bot.slack.channel('#incidents').id },
    message: { ts: '1.1' },
    response_url: 'http://127.0.0.1:1/none',
    actions: [{ type: 'button', action_id: 'incident.list', block_id: 'b', action_ts: '1.2', value: '' }],
  });
const mention = () =>
  JSON.stringify({
    type: 'event_callback',
    team_id: bot.slack.teamId,
    api_app_id: 'A0',
    event_id: 'Ev1',
    event: {
      type: 'app_mention',
      user: 'U0000000ANA',
      text: '<@U0BOT> list',
      channel: bot.slack.channel('#incidents').id,
      ts: '1.3',
    },
  });

test.each([
  ['press', press, 'chat.postEphemeral'],
  ['mention', mention, 'chat.postMessage'],
])('a signed %s is answered once, however often the same bytes arrive', async (_, body, method) => {
  const request = signed(body());

  expect(await request.post()).toBe(200);
  await bot.slack.waitFor(() => bot.slack.calls(method).length > 0, { what: 'the answer' });
  await pause();
  const answers = bot.slack.calls(method).length;
  for (let again = 0; again < 5; again++) expect(await request.post()).toBe(200);
  await pause();

  expect(bot.slack.calls(method)).toHaveLength(answers);
});

test('a signed form is taken once, however often the same bytes arrive', async () => {
  const { id } = await bot.declare();
  const values = { note: { note: { type: 'plain_text_input', value: 'Seen once' } } };
  const view = {
    id: 'V1',
    callback_id: 'incident.add-note',
    private_metadata: `incident=${id}`,
    state: { values },
  };
  const request = signed(interaction({ type: 'view_submission', view }));

  for (let again = 0; again < 5; again++) expect(await request.post()).toBe(200);
  await pause();

  expect(await bot.count('incident.note-added')).toBe(1);
});

test('a closed form and a select that asks for its options change nothing', async () => {
  const before = bot.slack.calls().length;
  const view = { id: 'V1', callback_id: 'incident.add-note', private_metadata: '', state: { values: {} } };

  await signed(interaction({ type: 'view_closed', view })).post();
  const asking = { type: 'block_suggestion', action_id: 'a', block_id: 'b', value: '', view };
  await signed(interaction(asking)).post();
  await pause();

  expect(bot.slack.calls()).toHaveLength(before);
});

test.each([
  ['a wrong signature', { secret: 'somebody-elses-secret' }, 401],
  ['a time six minutes ago', { skewSeconds: -360 }, 401],
  ['a body over 256 kB', { padding: 'x'.repeat(300_000) }, 413],
])('%s is refused', async (_, change, status) => {
  const request = send(change);

  expect(await request.post()).toBe(status);
  expect(await declared()).toBe(0);
});

test('a time in the future, which Bolt takes, has no effect', async () => {
  const request = send({ skewSeconds: 3_600 });

  await request.post().catch(() => 0);
  await new Promise((resolve) => setTimeout(resolve, 300));

  expect(await declared()).toBe(0);
});
