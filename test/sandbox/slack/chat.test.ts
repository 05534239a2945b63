import { expect, test } from 'vitest';
import { inWorkspace } from './bolt-app.ts';
import { button, buttons, clientOf, codeOf, section } from './web-client.ts';

test('chat.postMessage stores the message with a unique, increasing ts although the clock stands still', () =>
  inWorkspace({ now: () => new Date('2026-11-21T02:12:00Z') }, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;

    const first = await client.chat.postMessage({ channel, text: 'one', blocks: [section('*one*')] });
    const second = await client.chat.postMessage({ channel, text: 'two' });

    expect(first.ts).toBe('1795227120.000000');
    expect(Number(second.ts)).toBeGreaterThan(Number(first.ts));
    expect(slack.messages('#incidents').map((m) => m.text)).toEqual(['one', 'two']);
  }));

test('chat.postMessage refuses what Slack refuses, by Slack’s codes', () =>
  inWorkspace(
    {
      channels: [
        { name: 'general' },
        { name: 'elsewhere', members: ['ana'] },
        { name: 'old', archived: true },
        { name: 'secret', private: true, members: ['ana'] },
      ],
    },
    async (slack) => {
      const client = clientOf(slack);
      const post = (ref: string, text = 'x') =>
        codeOf(client.chat.postMessage({ channel: slack.channel(ref).id, text }));

      expect(await post('#elsewhere')).toBe('not_in_channel');
      expect(await post('#secret')).toBe('channel_not_found');
      expect(await post('#old')).toBe('is_archived');
      expect(await post('#general', '')).toBe('no_text');
      expect(await codeOf(client.chat.postMessage({ channel: '#general', text: 'x' }))).toBe(
        'channel_not_found',
      );
      const channel = slack.channel('#general').id;
      expect(await codeOf(client.chat.postMessage({ channel, text: 'x', thread_ts: '1.000001' }))).toBe(
        'thread_not_found',
      );
    },
  ));

test('a text over 40,000 characters is cut, with a warning', () =>
  inWorkspace({}, async (slack) => {
    const channel = slack.channel('#incidents').id;

    const answer = await clientOf(slack).chat.postMessage({ channel, text: 'x'.repeat(40_001) });

    expect(answer.response_metadata?.warnings).toEqual(['message_truncated']);
    expect(slack.messages('#incidents')[0]?.text).toHaveLength(40_000);
  }));

test('a message to a person arrives in their conversation with the bot', () =>
  inWorkspace({}, async (slack) => {
    await clientOf(slack).chat.postMessage({
      channel: slack.person('ben').user.id,
      text: 'your approval is needed',
    });

    expect(
      slack
        .person('ben')
        .dms()
        .map((m) => m.text),
    ).toEqual(['your approval is needed']);
    expect(slack.person('ana').dms()).toEqual([]);
  }));

test('chat.update changes the text, keeps blocks it is not given, and refuses long text, others’ messages and ephemerals', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;
    const ana = slack.person('ana');
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'before', blocks: [section('card')] });
    const hers = await ana.says('#incidents', 'mine');
    const { message_ts: whisper = '' } = await client.chat.postEphemeral({
      channel,
      user: ana.user.id,
      text: 'psst',
    });

    await client.chat.update({ channel, ts, text: 'after' });

    expect(slack.messages('#incidents')[0]).toMatchObject({ text: 'after', blocks: [{ type: 'section' }] });
    expect(await codeOf(client.chat.update({ channel, ts, text: 'x'.repeat(4001) }))).toBe('msg_too_long');
    expect(await codeOf(client.chat.update({ channel, ts: hers.ts, text: 'x' }))).toBe('cant_update_message');
    expect(await codeOf(client.chat.update({ channel, ts: whisper, text: 'x' }))).toBe('message_not_found');
    slack.archive('#incidents');
    expect(await codeOf(client.chat.update({ channel, ts, text: 'x' }))).toBe('is_inactive');
  }));

test('chat.delete takes away the bot’s own messages only', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'mine' });
    const hers = await slack.person('ana').says('#incidents', 'hers');

    await client.chat.delete({ channel, ts });

    expect(slack.messages('#incidents').map((m) => m.text)).toEqual(['hers']);
    expect(await codeOf(client.chat.delete({ channel, ts: hers.ts }))).toBe('cant_delete_message');
    expect(await codeOf(client.chat.delete({ channel, ts }))).toBe('message_not_found');
  }));

test('chat.postEphemeral is seen by one member until they reload, and is lost on who is away or outside', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#general').id;
    const ana = slack.person('ana');
    const ben = slack.person('ben');
    ben.goOffline();

    await client.chat.postEphemeral({
      channel,
      user: ana.user.id,
      text: 'only you',
      blocks: [buttons(button('Go', 'go'))],
    });
    await client.chat.postEphemeral({ channel, user: ben.user.id, text: 'nobody there' });

    expect(ana.reads('#general')).toBe('[Go]');
    expect(ben.sees('#general')).toEqual([]);
    expect(slack.messages('#general')).toEqual([]);
    ana.reload();
    expect(ana.sees('#general')).toEqual([]);
    const outsider = slack.person('eli').user.id;
    expect(await codeOf(client.chat.postEphemeral({ channel, user: outsider, text: 'x' }))).toBe(
      'user_not_in_channel',
    );
  }));

test('chat.getPermalink names the message, and a thread where it is in one', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'card' });
    const reply = await client.chat.postMessage({ channel, text: 'step 1', thread_ts: ts });

    const { permalink } = await client.chat.getPermalink({ channel, message_ts: reply.ts ?? '' });

    expect(permalink).toBe(
      `https://janua.slack.com/archives/${channel}/p${reply.ts?.replace('.', '')}?thread_ts=${ts}&cid=${channel}`,
    );
    expect(slack.thread('#incidents', ts).map((m) => m.text)).toEqual(['step 1']);
    expect(await codeOf(client.chat.getPermalink({ channel, message_ts: '1.000001' }))).toBe(
      'message_not_found',
    );
  }));
