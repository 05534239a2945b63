import type { ChannelShown, MessageShown, PageState, PersonShown } from '../contract.ts';

/** What follows from the state of the workspace for what the page shows. Nothing here knows of the DOM. */

export type Place = { readonly is: 'channel'; readonly id: string } | { readonly is: 'home' };

const TOGETHER_MS = 5 * 60_000;

export function inChannel(messages: readonly MessageShown[]): MessageShown[] {
  return messages.filter((each) => each.threadTs === null || each.threadTs === each.ts || each.broadcast);
}

export function repliesTo(messages: readonly MessageShown[], ts: string): MessageShown[] {
  return messages.filter((each) => each.threadTs === ts && each.ts !== ts);
}

/** One author's messages within five minutes stand under one name. */
export function continues(before: MessageShown | undefined, message: MessageShown): boolean {
  return (
    before !== undefined &&
    before.author.id === message.author.id &&
    before.ephemeral === message.ephemeral &&
    before.refused === null &&
    message.threadTs === before.threadTs &&
    !message.broadcast &&
    Date.parse(message.at) - Date.parse(before.at) < TOGETHER_MS
  );
}

/** Where "New" stands: the oldest of the last `unread` messages that somebody else wrote. */
export function firstUnread(messages: readonly MessageShown[], unread: number, me: string): string | null {
  const others = messages.filter((each) => each.author.id !== me);
  return unread === 0 ? null : (others.at(-unread)?.ts ?? others[0]?.ts ?? null);
}

export type ChannelGroups = {
  readonly channels: readonly ChannelShown[];
  readonly direct: readonly ChannelShown[];
};

/** Channels in alphabetical order, archived ones last; direct messages apart. */
export function groupChannels(channels: readonly ChannelShown[]): ChannelGroups {
  const ordered = channels
    .filter((each) => each.kind === 'channel')
    .sort((a, b) => Number(a.archived) - Number(b.archived) || a.name.localeCompare(b.name));
  return { channels: ordered, direct: channels.filter((each) => each.kind === 'dm') };
}

/** Everything that Alt and the arrows walk through, in the order of the list. */
export function placesOf(state: PageState): Place[] {
  const { channels, direct } = groupChannels(state.channels);
  const ids = [...channels, ...direct].map(({ id }) => ({ is: 'channel' as const, id }));
  return [...ids, { is: 'home' }];
}

export function placeAfter(state: PageState, place: Place, by: 1 | -1): Place {
  const places = placesOf(state);
  const at = places.findIndex((each) => samePlace(each, place));
  return places[(at + by + places.length) % places.length] ?? place;
}

export function samePlace(one: Place, other: Place): boolean {
  return one.is === 'channel' ? other.is === 'channel' && one.id === other.id : other.is === 'home';
}

export function personAfter(people: readonly PersonShown[], key: string): string {
  const at = people.findIndex((each) => each.key === key);
  return people[(at + 1) % people.length]?.key ?? key;
}

/** #incidents is where the story begins. */
export function firstChannel(state: PageState): string {
  const joined = state.channels.filter((each) => each.joined && each.kind === 'channel');
  return (joined.find(({ name }) => name === 'incidents') ?? joined[0] ?? state.channels[0])?.id ?? '';
}

/**
 * The place with this id, as the person sees it: everybody's conversation with the bot has an id of its own, and what
 * somebody may not see gives way to the first channel.
 */
export function placeIn(state: PageState, id: string): Place {
  if (id === 'home') return { is: 'home' };
  if (state.channels.some((each) => each.id === id)) return { is: 'channel', id };
  const direct = state.channels.find(({ kind }) => kind === 'dm');
  return { is: 'channel', id: (id.startsWith('D') ? direct?.id : undefined) ?? firstChannel(state) };
}

/** What a live region says of messages that came since the last push, oldest first. */
export function announcements(before: PageState, after: PageState): string[] {
  if (before.me !== after.me) return [];
  return after.channels.flatMap(({ id, name, kind }) => {
    const known = new Set((before.messages[id] ?? []).map(({ ts }) => ts));
    const where = kind === 'dm' ? 'a direct message' : `#${name}`;
    return (after.messages[id] ?? [])
      .filter((each) => !known.has(each.ts) && each.author.id !== after.me)
      .map((each) => `${each.author.name} in ${where}: ${each.text.slice(0, 200)}`);
  });
}

/** `https://….slack.com/archives/C1/p1700000000123456`: the channel and the message it names. */
export function permalink(url: string): { readonly channel: string; readonly ts: string | null } | null {
  const [, channel, digits] = /\/archives\/([A-Z0-9]+)(?:\/p(\d{7,}))?(?:[?#]|$)/.exec(url) ?? [];
  if (channel === undefined) return null;
  return { channel, ts: digits === undefined ? null : `${digits.slice(0, -6)}.${digits.slice(-6)}` };
}
