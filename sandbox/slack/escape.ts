import type { Store } from './store.ts';

const encode = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What a person types, as Slack passes it on: people, channels, groups and links become `<…>`, the rest is encoded. */
export function escapeTyped(store: Store, typed: string): string {
  return encode(typed)
    .replace(/(^|[\s(])@([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)/gi, (whole, before: string, name: string) => {
      const user = store.user(name);
      if (user) return `${before}<@${user.id}|${user.key}>`;
      const group = [...store.usergroups.values()].find((g) => g.handle === name);
      return group ? `${before}<!subteam^${group.id}|@${group.handle}>` : whole;
    })
    .replace(/(^|[\s(])#([a-z0-9_-]+)/g, (whole, before: string, name: string) => {
      const channel = store.channel(`#${name}`);
      // The name of a private channel is kept from the app.
      return channel ? `${before}<#${channel.id}|${channel.kind === 'private' ? '' : channel.name}>` : whole;
    })
    .replace(/(^|[\s(])(https?:\/\/[^\s)]+)/g, (_whole, before: string, url: string) => `${before}<${url}>`);
}

/** In a message a mention carries the id alone. */
export function escapeMessage(store: Store, typed: string): string {
  return escapeTyped(store, typed).replace(/<([@#][A-Z0-9]+)\|[^>]*>/g, '<$1>');
}
