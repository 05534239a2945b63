import type { Slack } from '../slack/index.ts';
import type { ChannelShown, MessageShown, PageState, PersonShown } from './contract.ts';
import { picturesOf, shownFile } from './files.ts';
import { createRefused, type Refused } from './refused.ts';
import { createReadMarks } from './unread.ts';

type Store = Slack['store'];
type User = Store['bot'] | NonNullable<ReturnType<Store['user']>>;
type Channel = ReturnType<Slack['channel']>;
type Message = ReturnType<Slack['messages']>[number];

export type WorkspaceView = ReturnType<typeof createWorkspaceView>;

/** The workspace as each person's Slack shows it. */
export function createWorkspaceView({ slack, approvers }: { slack: Slack; approvers: ReadonlySet<string> }) {
  const { store } = slack;
  const marks = createReadMarks();
  const refused = createRefused(slack);

  const people = (): User[] =>
    [...store.users.values()].filter(({ isBot, deactivated, key }) => !isBot && !deactivated && key !== '');

  function personShown({ id, key, realName, title }: User): PersonShown {
    const approver = approvers.has(key);
    const role = [title, ...(approver ? ['approver'] : [])].filter(Boolean).join(' · ');
    return { id, key, name: realName, role, approver };
  }

  function names(): Record<string, string> {
    return Object.fromEntries([
      ...[...store.users.values()].map(({ id, displayName }) => [id, displayName] as const),
      ...[...store.channels.values()].map((channel) => [channel.id, nameOf(channel)] as const),
      ...[...store.usergroups.values()].map(({ id, handle }) => [id, handle] as const),
    ]);
  }

  function nameOf(channel: Channel): string {
    return channel.kind === 'im' ? store.bot.displayName : channel.name;
  }

  /** Those with a name in the order of the alphabet, then the conversation with the bot. */
  function channelsOf(user: User): Channel[] {
    const direct = store.directChannel(user.id);
    const named = [...store.channels.values()].filter(
      (channel) => channel.kind !== 'im' && store.canSee(user, channel),
    );
    return [...named.toSorted((a, b) => a.name.localeCompare(b.name)), direct];
  }

  function channelShown(user: User, channel: Channel): ChannelShown {
    const joined = channel.members.has(user.id);
    return {
      id: channel.id,
      name: nameOf(channel),
      kind: channel.kind === 'im' ? 'dm' : 'channel',
      topic: channel.topic || channel.purpose,
      members: channel.members.size,
      joined,
      archived: channel.archived,
      unread: joined ? marks.count(user.id, channel.id, store.messagesIn(channel.id, user.id)) : 0,
      pinned: [...channel.pins],
    };
  }

  function messagesShown(user: User, channel: Channel): MessageShown[] {
    const messages = store.messagesIn(channel.id, user.id);
    const replies = Map.groupBy(
      messages.filter(({ threadTs, ts }) => threadTs !== undefined && threadTs !== ts),
      ({ threadTs }) => threadTs,
    );
    const taken = messages.map((message) =>
      messageShown(user, message, replies.get(message.ts)?.length ?? 0),
    );
    const missing = refused.in(channel.id, user.id).map((each, index) => refusedShown(each, index));
    return missing.length === 0 ? taken : [...taken, ...missing].toSorted((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  function messageShown(user: User, message: Message, replies: number): MessageShown {
    const { ts, text, blocks, threadTs, broadcast } = message;
    return {
      ts,
      at: momentOf(ts),
      author: authorOf(message.user),
      text,
      blocks,
      // The bot redraws its cards all the time, and Slack marks no message of an app as edited.
      edited: message.editedTs !== undefined && message.user !== store.bot.id,
      ephemeral: message.ephemeralTo !== undefined,
      threadTs: threadTs === undefined || threadTs === ts ? null : threadTs,
      broadcast,
      replies,
      files: message.files.flatMap((id) => {
        const file = store.files.get(id);
        return file === undefined ? [] : [shownFile(file)];
      }),
      reactions: [...message.reactions].map(([name, users]) => ({
        name,
        count: users.size,
        mine: users.has(user.id),
      })),
      refused: null,
    };
  }

  function refusedShown({ at, text, threadTs, to, why }: Refused, index: number): MessageShown {
    // No message has this time: theirs count in microseconds from the clock, and this ends with its number.
    const ts = `${Math.floor(at.getTime() / 1000)}.${String((at.getTime() % 1000) * 1000 + (index % 1000)).padStart(6, '0')}`;
    return {
      ts,
      at: at.toISOString(),
      author: authorOf(store.bot.id),
      text,
      blocks: [],
      edited: false,
      ephemeral: to !== null,
      threadTs,
      broadcast: false,
      replies: 0,
      files: [],
      reactions: [],
      refused: why,
    };
  }

  function authorOf(id: string): MessageShown['author'] {
    const user = store.users.get(id);
    return { id, name: user?.displayName ?? id, app: user?.isBot ?? true };
  }

  return {
    isPerson: (key: string) => people().some((user) => user.key === key),

    markRead(key: string, channel: string): void {
      const user = store.user(key);
      if (user === undefined) return;
      marks.read(user.id, channel, store.messagesIn(channel, user.id));
      store.changed();
    },

    stateFor(key: string): Omit<PageState, 'world' | 'guide'> {
      const user = store.user(key);
      if (user === undefined) throw new Error(`there is no person ${key} in this workspace`);
      const channels = channelsOf(user);
      const stack = store.modals.get(user.id) ?? [];
      const modal = stack.at(-1);
      const home = store.homes.get(user.id);
      return {
        me: user.id,
        people: people().map(personShown),
        workspace: { name: store.team.domain, bot: store.bot.id, botName: store.bot.displayName },
        names: names(),
        channels: channels.map((channel) => channelShown(user, channel)),
        messages: Object.fromEntries(channels.map((channel) => [channel.id, messagesShown(user, channel)])),
        pictures: picturesOf(slack),
        modal: modal
          ? {
              id: modal.id,
              definition: modal.definition,
              values: modal.state,
              errors: modal.errors,
              depth: stack.length,
            }
          : null,
        home: home ? { id: home.id, blocks: home.definition.blocks } : null,
      };
    },
  };
}

const momentOf = (ts: string) => new Date(Number(ts) * 1000).toISOString();
