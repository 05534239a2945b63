import { expect, test } from 'vitest';
import { button, buttons, clientOf, plain } from '../slack/web-client.ts';
import { atPage } from './pages.ts';

test('each person has a role line, and the approvers of the plan are named in it', () =>
  atPage(async ({ state }) => {
    const { people, me } = await state('ana');

    expect(me).toBe('U0000000ANA');
    expect(people.find(({ key }) => key === 'ana')).toMatchObject({
      name: 'Ana Duarte',
      role: 'On-call engineer · approver',
      approver: true,
    });
    expect(people.find(({ key }) => key === 'dan')).toMatchObject({ role: 'Support', approver: false });
    expect(people.map(({ key }) => key)).not.toContain('flow');
  }));

test('a person sees the ephemerals, direct messages and channels of nobody else', () =>
  atPage(async ({ slack, state, channel }) => {
    const client = clientOf(slack);
    const incidents = channel('#incidents');
    await client.chat.postEphemeral({ channel: incidents, user: 'U0000000ANA', text: 'only for Ana' });
    await client.chat.postMessage({ channel: 'U0000000ANA', text: 'a draft for Ana' });
    const [ana, ben, eli] = [await state('ana'), await state('ben'), await state('eli')];

    expect(ana.messages[incidents]).toMatchObject([{ text: 'only for Ana', ephemeral: true }]);
    expect(ben.messages[incidents]).toEqual([]);
    const direct = ana.channels.find(({ kind }) => kind === 'dm');
    expect(direct).toMatchObject({ name: 'dr-bot', unread: 1 });
    expect(ana.messages[direct?.id ?? '']).toMatchObject([{ text: 'a draft for Ana' }]);
    expect(JSON.stringify(ben)).not.toContain('a draft for Ana');
    expect(eli.channels.map(({ name }) => name)).toEqual(['incidents', 'dr-bot']);
  }));

test('what was said since a person read a channel counts as unread for that person alone', () =>
  atPage(async ({ slack, state, act, channel }) => {
    const general = channel('#general');
    const client = clientOf(slack);
    const { ts = '' } = await client.chat.postMessage({ channel: general, text: 'one' });
    await client.chat.postMessage({ channel: general, text: 'a reply', thread_ts: ts });
    await client.chat.postMessage({
      channel: general,
      text: 'a reply for all',
      thread_ts: ts,
      reply_broadcast: true,
    });
    const unread = async (key: string) =>
      (await state(key)).channels.find(({ id }) => id === general)?.unread;

    expect(await unread('ana')).toBe(2);
    await act('ana', { do: 'read', channel: general });
    await slack.person('ana').says('#general', 'thanks');

    expect(await unread('ana')).toBe(0);
    expect(await unread('ben')).toBe(3);
  }));

test('threads, broadcasts, reactions, pins and files are shown as in Slack', () =>
  atPage(async ({ slack, state, channel, url }) => {
    const general = channel('#general');
    const client = clientOf(slack);
    const { ts = '' } = await client.chat.postMessage({ channel: general, text: 'parent' });
    await client.chat.postMessage({ channel: general, text: 'quiet', thread_ts: ts });
    await client.chat.postMessage({ channel: general, text: 'loud', thread_ts: ts, reply_broadcast: true });
    await client.pins.add({ channel: general, timestamp: ts });
    await slack.person('ana').react('#general', ts, 'pushpin');
    await client.files.uploadV2({
      channel_id: general,
      filename: 'report.md',
      file: Buffer.from('# Report é'),
    });

    const ana = await state('ana');
    const [parent, quiet, loud, upload] = ana.messages[general] ?? [];
    expect(parent).toMatchObject({
      replies: 2,
      threadTs: null,
      reactions: [{ name: 'pushpin', count: 1, mine: true }],
    });
    expect(quiet).toMatchObject({ threadTs: ts, broadcast: false });
    expect(loud).toMatchObject({ threadTs: ts, broadcast: true });
    expect(ana.channels.find(({ id }) => id === general)?.pinned).toEqual([ts]);
    const file = upload?.files[0];
    expect(file).toMatchObject({ name: 'report.md', preview: '# Report é', bytes: 11 });
    const served = await fetch(`${url}${file?.url}`);
    expect(served.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await served.text()).toBe('# Report é');
    expect((await fetch(`${url}/files/${file?.id}/other.md`)).status).toBe(404);
  }));

test('a message that Slack refuses is shown where it would be, with the reason, once', () =>
  atPage(async ({ slack, state, channel }) => {
    const general = channel('#general');
    const client = clientOf(slack);
    const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } });
    await client.chat.postMessage({ channel: general, text: 'before' });
    for (const _try of [1, 2])
      await client.chat
        .postMessage({
          channel: general,
          text: 'too long',
          blocks: [section('a'), section('x'.repeat(3104))],
        })
        .catch(() => undefined);
    await client.chat.postMessage({ channel: general, text: 'after' });
    await client.chat
      .postEphemeral({
        channel: general,
        user: 'U0000000BEN',
        text: 'twice',
        blocks: [buttons(button('A', 'same'), button('B', 'same'))],
      })
      .catch(() => undefined);

    const [before, refused, after, ...rest] = (await state('ana')).messages[general] ?? [];
    expect([before?.text, refused?.text, after?.text]).toEqual(['before', 'too long', 'after']);
    expect(refused?.refused).toBe(
      'Slack would refuse this message: blocks[1].text is 3,104 characters, limit 3,000.',
    );
    expect(rest).toEqual([]);
    expect((await state('ben')).messages[general]?.at(-1)).toMatchObject({
      ephemeral: true,
      refused: expect.stringContaining('action_id "same" already exists'),
    });
  }));

test('the home tab is shown to the person it was published for', () =>
  atPage(async ({ slack, state }) => {
    await clientOf(slack).views.publish({
      user_id: 'U0000000ANA',
      view: { type: 'home', blocks: [{ type: 'header', text: plain('Two incidents') }] },
    });

    expect((await state('ana')).home?.blocks).toMatchObject([{ type: 'header' }]);
    expect((await state('ben')).home).toBeNull();
  }));
