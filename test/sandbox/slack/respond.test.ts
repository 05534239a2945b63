import type { BlockAction, RespondFn } from '@slack/bolt';
import { expect, test } from 'vitest';
import { inWorkspace, startSocketApp } from './bolt-app.ts';
import { button, buttons, section } from './web-client.ts';

test('a response_url works five times, also where the bot is no member', () =>
  inWorkspace({ channels: [{ name: 'elsewhere', members: ['ana', 'ben'] }] }, async (slack, stopLater) => {
    let respond: RespondFn | undefined;
    const app = await startSocketApp(slack, (bolt) =>
      bolt.command('/dr', async ({ ack, respond: given }) => {
        await ack();
        respond = given;
      }),
    );
    stopLater(app);
    const ana = slack.person('ana');
    await ana.command('#elsewhere', '/dr');
    const say = await slack.waitFor(() => respond, { what: 'the command' });

    await say({ text: 'all see this', response_type: 'in_channel' });
    for (const text of ['2', '3', '4', '5']) await say(text);
    const sixth = await say('6').catch((error: unknown) => error);

    expect(ana.reads('#elsewhere').split('\n\n')).toEqual(['all see this', '2', '3', '4', '5']);
    expect(slack.person('ben').reads('#elsewhere')).toBe('all see this');
    expect(sixth).toMatchObject({ statusCode: 404 });
  }));

test('a response_url is worth nothing after thirty minutes', () => {
  let now = new Date('2026-11-21T02:12:00Z');
  return inWorkspace({ now: () => now }, async (slack, stopLater) => {
    let respond: RespondFn | undefined;
    const app = await startSocketApp(slack, (bolt) =>
      bolt.command('/dr', async ({ ack, respond: given }) => {
        await ack();
        respond = given;
      }),
    );
    stopLater(app);
    await slack.person('ana').command('#incidents', '/dr');
    const say = await slack.waitFor(() => respond, { what: 'the command' });

    now = new Date('2026-11-21T02:42:01Z');
    const late = await say('too late').catch((error: unknown) => error);

    expect(late).toMatchObject({ statusCode: 404 });
    expect(slack.person('ana').sees('#incidents')).toEqual([]);
  });
});

test('a button’s response_url replaces or removes the message it was on, an ephemeral too', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const app = await startSocketApp(slack, (bolt) => {
      bolt.action<BlockAction>('swap', async ({ ack, respond, body }) => {
        await ack();
        await respond({
          replace_original: true,
          text: `done, ${body.message ? 'with' : 'without'} the message`,
        });
      });
      bolt.action('gone', async ({ ack, respond }) => {
        await ack();
        await respond({ delete_original: true });
      });
    });
    stopLater(app);
    const channel = slack.channel('#incidents').id;
    const ana = slack.person('ana');
    const blocks = [section('question'), buttons(button('Swap', 'swap'), button('Gone', 'gone'))];
    await app.client.chat.postMessage({ channel, text: 'x', blocks });
    await app.client.chat.postEphemeral({ channel, user: ana.user.id, text: 'x', blocks });

    await ana.pressNewest('#incidents', 'Swap');
    await slack.waitFor(() => ana.reads('#incidents').includes('done, without the message'), {
      what: 'the swap',
    });
    await ana.pressNewest('#incidents', 'Gone');
    await slack.waitFor(() => ana.sees('#incidents').length === 1, { what: 'the removal' });

    expect(ana.sees('#incidents')).toMatchObject([{ ephemeralTo: ana.user.id }]);
  }));

test('an answer with blocks Slack would refuse is refused with the reason', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const app = await startSocketApp(slack, (bolt) =>
      bolt.command('/dr', async ({ ack, respond }) => {
        await ack({ blocks: [section('')] });
        await respond({ blocks: [section('x'.repeat(3001))] }).catch(() => {});
      }),
    );
    stopLater(app);
    const ana = slack.person('ana');

    await ana.command('#incidents', '/dr');
    await slack.waitFor(() => slack.store.traffic.some((t) => t.kind === 'respond'), {
      what: 'the response',
    });

    expect(ana.reads('#incidents')).toBe(
      '/dr failed with the error "invalid_command_response" (invalid_blocks)',
    );
    expect(slack.store.traffic.find((t) => t.kind === 'respond')).toMatchObject({
      answer: { error: 'invalid_blocks' },
    });
  }));
