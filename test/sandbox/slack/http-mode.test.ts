import { expect, test } from 'vitest';
import { inWorkspace, startHttpApp } from './bolt-app.ts';
import { button, buttons } from './web-client.ts';

test('commands, clicks and events reach a real HTTPReceiver as signed requests', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const heard: string[] = [];
    const app = await startHttpApp(slack, (bolt) => {
      bolt.command('/dr', async ({ ack, command }) => {
        heard.push(`command ${command.text}`);
        await ack({ text: 'noted' });
      });
      bolt.action('go', async ({ ack, respond }) => {
        await ack();
        await respond({ text: 'pressed', replace_original: false });
      });
      bolt.event('app_mention', async ({ event }) => {
        heard.push(`mention ${event.text}`);
      });
    });
    stopLater(app);
    const ana = slack.person('ana');
    const { ts = '' } = await app.client.chat.postMessage({
      channel: slack.channel('#incidents').id,
      text: 'card',
      blocks: [buttons(button('Go', 'go'))],
    });

    await ana.command('#incidents', '/dr help');
    await ana.press('#incidents', ts, 'Go');
    await ana.says('#incidents', '@dr-bot are you there');
    await slack.settled();

    await slack.waitFor(() => ana.sees('#incidents').some((m) => m.text === 'pressed'), {
      what: 'the answer',
    });
    expect(heard).toEqual(['command help', `mention <@${slack.botUserId}> are you there`]);
    expect(ana.reads('#incidents')).toContain('noted');
    expect(slack.deliveries().every((d) => d.via === 'http' && d.receipt?.acked)).toBe(true);
  }));

test('a wrong signature or an old timestamp is turned away by the receiver, and a replay is not', () =>
  inWorkspace({}, async (slack, stopLater) => {
    let heard = 0;
    const app = await startHttpApp(slack, (bolt) =>
      bolt.command('/dr', async ({ ack }) => {
        heard += 1;
        await ack();
      }),
    );
    stopLater(app);
    const ana = slack.person('ana');

    slack.faults.tamper({ secret: 'guessed' });
    const forged = await ana.command('#incidents', '/dr help');
    slack.faults.tamper({ skewSec: -600 });
    const stale = await ana.command('#incidents', '/dr help');
    slack.faults.clear();
    await ana.command('#incidents', '/dr help');
    const status = await slack.replay();

    expect(forged).toMatchObject({ acked: false, detail: 'HTTP 401' });
    expect(stale).toMatchObject({ acked: false, detail: 'HTTP 401' });
    expect(status).toBe(200);
    expect(heard).toBe(2);
  }));

test('an event that is not answered is sent again with the retry headers', () =>
  inWorkspace({ limits: { eventRetryMs: [0, 10] } }, async (slack, stopLater) => {
    const retries: (number | undefined)[] = [];
    const app = await startHttpApp(slack, (bolt) =>
      bolt.event('app_mention', async ({ context }) => {
        retries.push(context.retryNum);
      }),
    );
    stopLater(app);

    slack.faults.tamper({ secret: 'guessed' });
    await slack.person('ana').says('#incidents', '@dr-bot hello');
    await slack.settled();
    slack.faults.clear();
    await slack.waitFor(() => retries.length > 0, { what: 'a retry' });

    expect(slack.deliveries().map((d) => d.attempt)).toEqual(expect.arrayContaining([0, 1]));
    expect(retries[0]).toBeGreaterThan(0);
  }));

test('a request URL that does not answer the challenge is not used', () =>
  inWorkspace({}, async (slack) => {
    await expect(slack.setRequestUrl(`${slack.url}/nowhere`)).rejects.toThrow(
      'did not answer the challenge: HTTP 404',
    );
  }));
