import { expect, test } from 'vitest';
import { textOf } from '../../../sandbox/slack/index.ts';
import { inWorkspace } from './bolt-app.ts';
import { button, buttons, clientOf, plain, section } from './web-client.ts';

test('a wait that fails tells what was there instead', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    await client.chat.postMessage({ channel: slack.channel('#incidents').id, text: 'something else' });
    await client.chat.postMessage({ channel: 'C0', text: 'x' }).catch(() => {});

    const waiting = slack.waitForMessage('#incidents', (text) => text.includes('INC-'), {
      timeoutMs: 50,
      what: 'the card',
    });

    await expect(waiting).rejects.toThrow(
      /waited 50 ms for the card[\s\S]*#incidents dr-bot: something else[\s\S]*chat.postMessage → .*channel_not_found/,
    );
  }));

test('textOf reads a message as a person does', () =>
  inWorkspace({}, async (slack) => {
    const { ts } = await clientOf(slack).chat.postMessage({
      channel: slack.channel('#incidents').id,
      text: 'fallback',
      blocks: [
        { type: 'header', text: plain('INC-2026-014 · Janua') },
        section(
          `<@U0000000ANA> declared it at <!date^1763690400^{time}|02:00 UTC> in <#${slack.channel('#general').id}>: a &lt; b &amp;amp; c, <https://a.example|runbook>`,
        ),
        { type: 'context', elements: [plain('small print')] },
        buttons(button('Take command', 'take'), button('Details', 'details')),
      ],
    });
    const message = slack.messages('#incidents').find((m) => m.ts === ts);
    if (!message) throw new Error('not stored');

    expect(slack.textOf(message)).toBe(
      'INC-2026-014 · Janua\n@Ana Duarte declared it at 02:00 UTC in #general: a < b &amp; c, runbook\nsmall print\n[Take command] [Details]',
    );
    expect(textOf({ text: 'only &lt;words&gt;', blocks: [] })).toBe('only <words>');
  }));
