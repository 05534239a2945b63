import { setTimeout as sleep } from 'node:timers/promises';
import { App } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Slack, startSlack } from '../../sandbox/slack/index.ts';
import { frameFault, type SupervisedSocket, superviseSocket } from '../../src/slack/socket.ts';

describe('frameFault', () => {
  test.each([
    ['null', 'null'],
    ['text that is no JSON', '{'],
    ['a frame without a type', '{"payload":{}}'],
    [
      'app_rate_limited, which has no inner event',
      '{"type":"events_api","payload":{"type":"app_rate_limited"}}',
    ],
    ['an event that is null', '{"type":"events_api","payload":{"event":null}}'],
  ])('%s is dropped', (_, frame) => {
    expect(frameFault(frame)).not.toBeNull();
  });

  test.each([
    ['hello', '{"type":"hello"}'],
    ['a slash command', '{"type":"slash_commands","payload":{}}'],
    ['a whole event', '{"type":"events_api","payload":{"event":{"type":"user_change"}}}'],
  ])('%s passes', (_, frame) => {
    expect(frameFault(frame)).toBeNull();
  });
});

describe('a supervised socket', () => {
  let slack: Slack;
  let socket: SupervisedSocket;
  let running: Promise<void>;
  const unhandled: unknown[] = [];
  const remember = (reason: unknown) => unhandled.push(reason);

  beforeEach(async () => {
    process.on('unhandledRejection', remember);
    slack = await startSlack();
    socket = superviseSocket({ appToken: slack.appToken, apiUrl: slack.apiUrl, log: () => {} });
    const app = new App({
      receiver: socket.receiver,
      authorize: async () => ({ botToken: slack.botToken }),
      convoStore: false,
    });
    app.command(/.*/, async ({ ack }) => ack());
    running = socket.run();
    await connected();
  });

  afterEach(async () => {
    await socket.stop();
    await slack.stop();
    await running;
    process.off('unhandledRejection', remember);
    expect(unhandled.splice(0)).toEqual([]);
  });

  async function connected(withinMs = 15_000) {
    await slack.waitFor(() => socket.isConnected() && slack.sockets.count() === 1, {
      timeoutMs: withinMs,
      what: 'the connection',
    });
  }

  const types = () => slack.person('ana').command('#incidents', '/dr help');

  test('lives through frames that would end the process, and hears the next command', async () => {
    slack.sockets.sendRaw(null);
    slack.sockets.sendRaw({
      type: 'events_api',
      envelope_id: '1',
      payload: { type: 'app_rate_limited', minute_rate_limited: 1 },
    });
    await sleep(50);

    expect(await types()).toMatchObject({ acked: true });
  });

  test('is back within 1.5 s after Slack asked to reconnect', async () => {
    const asked = Date.now();
    slack.sockets.disconnect('refresh_requested');
    await slack.waitFor(() => slack.sockets.count() === 0, {
      timeoutMs: 5_000,
      what: 'the end of the old connection',
    });
    await connected();

    expect(Date.now() - asked).toBeLessThan(1_500);
    expect(await types()).toMatchObject({ acked: true });
  });

  test('tries for ever while apps.connections.open fails with HTTP 500', async () => {
    const mend = slack.faults.inject({ kind: 'http-500', method: 'apps.connections.open' });
    slack.sockets.drop();
    await slack.waitFor(() => !socket.isConnected() && socket.reason() !== '', {
      timeoutMs: 5_000,
      what: 'the loss',
    });
    await sleep(600);
    mend();
    await connected();

    expect(await types()).toMatchObject({ acked: true });
  });

  test('comes back after an outage in which everything is refused', async () => {
    const end = slack.faults.outage();
    await slack.waitFor(() => !socket.isConnected(), { timeoutMs: 5_000, what: 'the loss' });
    await sleep(500);
    end();
    await connected();

    expect(await types()).toMatchObject({ acked: true });
  });
});
