import { WebAPIHTTPError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { expect, test } from 'vitest';
import { inWorkspace, startSocketApp } from './bolt-app.ts';
import { clientOf, codeOf } from './web-client.ts';

test('a rate limit hits only its channel, says how long, and ends after its number of calls', () =>
  inWorkspace({}, async (slack) => {
    const { chat } = clientOf(slack);
    const channel = slack.channel('#incidents').id;
    slack.faults.inject({
      kind: 'rate-limited',
      retryAfterSec: 30,
      method: 'chat.postMessage',
      channel: '#incidents',
      times: 1,
    });

    await chat.postMessage({ channel: slack.channel('#general').id, text: 'unharmed' });
    const limited = await chat.postMessage({ channel, text: 'x' }).catch((error: unknown) => error);
    await chat.postMessage({ channel, text: 'again' });

    expect(limited).toBeInstanceOf(WebAPIRateLimitedError);
    expect(limited).toMatchObject({ retryAfter: 30 });
    expect(slack.messages('#incidents').map((m) => m.text)).toEqual(['again']);
  }));

test('a lost reply leaves the message posted and the caller without an answer', () =>
  inWorkspace({}, async (slack) => {
    const { chat } = clientOf(slack);
    slack.faults.inject({ kind: 'lost-reply', method: 'chat.postMessage', times: 1 });

    const lost = await chat
      .postMessage({ channel: slack.channel('#incidents').id, text: 'once' })
      .catch((error: unknown) => error);

    expect(lost).toBeInstanceOf(WebAPIRequestError);
    expect(slack.messages('#incidents').map((m) => m.text)).toEqual(['once']);
  }));

test('a reply can be late, a server error, or any refusal of Slack', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const startedAt = performance.now();

    slack.faults.inject({ kind: 'delay', ms: 80, method: 'auth.test' });
    await client.auth.test();
    const mend = slack.faults.inject({ kind: 'http-500' });
    const broken = await client.auth.test().catch((error: unknown) => error);
    mend();
    slack.faults.inject({ kind: 'error', error: 'restricted_action', method: 'conversations.create' });

    expect(performance.now() - startedAt).toBeGreaterThan(79);
    expect(broken).toBeInstanceOf(WebAPIHTTPError);
    expect(await codeOf(client.conversations.create({ name: 'inc-1' }))).toBe('restricted_action');
    slack.faults.clear();
    expect(await codeOf(client.conversations.create({ name: 'inc-1' }))).toBe('ok');
  }));

test('in an outage nothing answers and nobody can press anything; afterwards all is as before', () =>
  inWorkspace({}, async (slack) => {
    const { chat } = clientOf(slack);
    const channel = slack.channel('#incidents').id;

    const end = slack.faults.outage();
    const out = await chat.postMessage({ channel, text: 'x' }).catch((error: unknown) => error);
    const person = slack.person('ana').command('#incidents', '/dr');
    await expect(person).rejects.toThrow('Slack is out');
    end();

    expect(out).toBeInstanceOf(WebAPIRequestError);
    expect(slack.messages('#incidents')).toEqual([]);
    await chat.postMessage({ channel, text: 'back' });
    expect(slack.messages('#incidents').map((m) => m.text)).toEqual(['back']);
  }));

test('with rate limits on, the 21st tier 2 call in a minute and the second post in a second must wait', () =>
  inWorkspace({ rateLimits: true }, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;
    const waits = (call: Promise<unknown>) =>
      call.then(
        () => 0,
        (error: unknown) => (error instanceof WebAPIRateLimitedError ? error.retryAfter : -1),
      );

    for (let call = 1; call <= 20; call += 1) await client.usergroups.list();
    expect(await waits(client.usergroups.list())).toBeGreaterThan(50);
    expect(await waits(client.chat.postMessage({ channel, text: '1' }))).toBe(0);
    expect(await waits(client.chat.postMessage({ channel, text: '2' }))).toBe(1);
    expect(await waits(client.chat.postMessage({ channel: slack.channel('#general').id, text: '3' }))).toBe(
      0,
    );
  }));

test('each envelope can be delivered again with retry_attempt, and only the first ack is shown', () =>
  inWorkspace({}, async (slack, stopLater) => {
    let heard = 0;
    const app = await startSocketApp(slack, (bolt) =>
      bolt.command('/dr', async ({ ack }) => {
        heard += 1;
        await ack(`answer ${heard}`);
      }),
    );
    stopLater(app);
    const ana = slack.person('ana');
    slack.faults.redeliver(2);

    await ana.command('#incidents', '/dr help');
    await slack.settled();

    expect(heard).toBe(3);
    expect(slack.deliveries().map((d) => d.attempt)).toEqual([0, 1, 2]);
    expect(ana.sees('#incidents').map((m) => m.text)).toEqual(['answer 1']);
  }));
