import { expect, test } from 'vitest';
import { startSlack } from '../../sandbox/slack/index.ts';
import { createSlack } from '../../src/clients/slack.ts';
import { findPosted } from '../../src/jobs/deliver-slack.ts';

test('what was posted is found again however long its thread is', async () => {
  const workspace = await startSlack();
  const slack = createSlack({ token: workspace.botToken, apiUrl: workspace.apiUrl, log: () => {} });
  const channel = workspace.channel('#incidents').id;
  const say = (text: string, more: Record<string, unknown> = {}) =>
    slack.call('delivery', 'chat.postMessage', { channel, text, ...more });
  const thread = String((await say('the card')).ts);
  for (let number = 0; number < 210; number++) await say(`reply ${number}`, { thread_ts: thread });
  const metadata = { event_type: 'dr_bot', event_payload: { mark: 'INC-1/post/7' } };
  const { ts } = await say('the one', { thread_ts: thread, metadata });

  expect(await findPosted(slack, { channel, thread }, 'INC-1/post/7')).toBe(ts);
  expect(await findPosted(slack, { channel, thread }, 'INC-1/post/8')).toBeUndefined();

  await workspace.stop();
});
