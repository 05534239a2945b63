import { describe, expect, it } from 'vitest';
import { share } from '../../../../sandbox/page/browser/share.ts';
import {
  announcements,
  continues,
  firstUnread,
  groupChannels,
  inChannel,
  permalink,
  placeAfter,
  placeIn,
  repliesTo,
} from '../../../../sandbox/page/browser/view.ts';
import type { ChannelShown, MessageShown, PageState } from '../../../../sandbox/page/contract.ts';

const message = (ts: string, more: Partial<MessageShown> = {}): MessageShown => ({
  ts,
  at: new Date(Number(ts) * 1000).toISOString(),
  author: { id: 'UBOT', name: 'dr-bot', app: true },
  text: `text ${ts}`,
  blocks: [],
  edited: false,
  ephemeral: false,
  threadTs: null,
  broadcast: false,
  replies: 0,
  files: [],
  reactions: [],
  refused: null,
  ...more,
});
const channel = (name: string, more: Partial<ChannelShown> = {}): ChannelShown => ({
  id: `C_${name}`,
  name,
  kind: 'channel',
  topic: '',
  members: 1,
  joined: true,
  archived: false,
  unread: 0,
  pinned: [],
  ...more,
});
const dm = channel('dr-bot', { id: 'D_ANA', kind: 'dm' });
const state = (messages: PageState['messages'], more: Partial<PageState> = {}): PageState => ({
  me: 'UANA',
  people: [],
  workspace: { name: 'janua', bot: 'UBOT', botName: 'dr-bot' },
  names: {},
  channels: [channel('incidents'), channel('general'), dm],
  messages,
  pictures: {},
  modal: null,
  home: null,
  world: {
    now: '2026-11-21T02:14:00Z',
    slack: 'up',
    bot: 'up',
    sections: [],
    breaks: [],
    said: [],
    traffic: [],
  },
  guide: { steps: [], done: false, playing: false, playingNow: null },
  ...more,
});

describe('what a channel shows', () => {
  const all = [
    message('100', { replies: 2 }),
    message('110', { threadTs: '100' }),
    message('120', { threadTs: '100', broadcast: true }),
  ];

  it('leaves replies to the thread, but those sent to the channel, too', () => {
    expect(inChannel(all).map(({ ts }) => ts)).toEqual(['100', '120']);
    expect(repliesTo(all, '100').map(({ ts }) => ts)).toEqual(['110', '120']);
  });

  it('puts neighbours of one author under one name for five minutes', () => {
    expect(continues(message('100'), message('200'))).toBe(true);
    expect(continues(message('100'), message('500'))).toBe(false);
    expect(continues(message('100'), message('101', { ephemeral: true }))).toBe(false);
    expect(continues(undefined, message('100'))).toBe(false);
  });

  it('marks the first of those unread that others wrote', () => {
    const own = message('130', { author: { id: 'UANA', name: 'Ana', app: false } });

    expect(firstUnread([message('100'), message('110'), own, message('140')], 2, 'UANA')).toBe('110');
    expect(firstUnread([message('100')], 0, 'UANA')).toBeNull();
    expect(firstUnread([message('100')], 5, 'UANA')).toBe('100');
  });
});

describe('where somebody is', () => {
  it('goes round the channels in the order of the list', () => {
    const here = state(
      {},
      { channels: [channel('old', { archived: true }), channel('b'), channel('a'), dm] },
    );
    const names = groupChannels(here.channels).channels.map(({ name }) => name);

    expect(names).toEqual(['a', 'b', 'old']);
    expect(placeAfter(here, { is: 'channel', id: 'D_ANA' }, 1)).toEqual({ is: 'home' });
    expect(placeAfter(here, { is: 'home' }, 1)).toEqual({ is: 'channel', id: 'C_a' });
    expect(placeAfter(here, { is: 'channel', id: 'C_a' }, -1)).toEqual({ is: 'home' });
  });

  it('is kept for another person, whose own conversation with the bot stands for that of the first', () => {
    expect(placeIn(state({}), 'C_general')).toEqual({ is: 'channel', id: 'C_general' });
    expect(placeIn(state({}), 'D_BEN')).toEqual({ is: 'channel', id: 'D_ANA' });
    expect(placeIn(state({}), 'C_secret')).toEqual({ is: 'channel', id: 'C_incidents' });
    expect(placeIn(state({}), 'home')).toEqual({ is: 'home' });
  });

  it('is named by an address of the workspace', () => {
    expect(permalink('https://x.slack.com/archives/C1/p1763690000123456?thread_ts=1')).toEqual({
      channel: 'C1',
      ts: '1763690000.123456',
    });
    expect(permalink('https://x.slack.com/archives/C1')).toEqual({ channel: 'C1', ts: null });
    expect(permalink('https://example.com/archives')).toBeNull();
  });
});

describe('what is read aloud', () => {
  it('is each new message of others once, and nothing after a change of person', () => {
    const before = state({ C_incidents: [message('100')] });
    const own = message('110', { author: { id: 'UANA', name: 'Ana', app: false } });
    const after = state({ C_incidents: [message('100'), own, message('120')] });

    expect(announcements(before, after)).toEqual(['dr-bot in #incidents: text 120']);
    expect(announcements(after, after)).toEqual([]);
    expect(announcements(before, { ...after, me: 'UBEN' })).toEqual([]);
  });
});

describe('the next state', () => {
  it('keeps by identity every part that did not change', () => {
    const before = { a: { b: [1, { c: 2 }] }, d: 3 };

    const after = share(before, { a: { b: [1, { c: 2 }] }, d: 4 });

    expect(after).toEqual({ a: { b: [1, { c: 2 }] }, d: 4 });
    expect(after.a).toBe(before.a);
    expect(share(before, structuredClone(before))).toBe(before);
    expect(share([1, 2], [1])).toEqual([1]);
    expect(share<unknown>({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 });
  });
});
