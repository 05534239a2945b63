import { setTimeout as sleep } from 'node:timers/promises';
import type { PersonSeed } from './cast.ts';
import type { Delivery } from './delivery.ts';
import type { Faults } from './faults.ts';
import type { Interactions } from './interactions.ts';
import { toApiUser } from './payloads.ts';
import { createPerson, type Person } from './person.ts';
import { snapshot } from './snapshot.ts';
import { type Store, slackbotId } from './store.ts';
import { textOf } from './text-of.ts';
import type { Channel, Json, Message, OpenView, StoredFile, Traffic, User, UserGroup } from './types.ts';

interface Deps {
  readonly store: Store;
  readonly interactions: Interactions;
  readonly delivery: Delivery;
  readonly faults: Faults;
  readonly emit: (event: Json) => void;
}

interface WaitOptions {
  readonly timeoutMs?: number;
  readonly what: string;
}

const lookAgainMs = 50;

/** What people and administrators can do and see: a thin layer over the store, for tests, the demo and a page alike. */
export function createControl({ store, interactions, delivery, faults, emit }: Deps) {
  const nameOf = (id: string): string | undefined =>
    store.users.get(id)?.displayName ?? store.channels.get(id)?.name ?? store.usergroups.get(id)?.handle;

  function findChannel(ref: string): Channel {
    const channel = store.channel(ref);
    if (!channel) throw new Error(`there is no channel ${ref}; there are: ${channelNames()}`);
    return channel;
  }
  const channelNames = (): string =>
    [...store.channels.values()].flatMap((c) => (c.kind === 'im' ? [] : `#${c.name}`)).join(' ');

  function findUser(ref: string): User {
    const user = store.user(ref);
    if (!user) throw new Error(`there is no person ${ref} in this workspace`);
    return user;
  }

  /** Looks after every change until the look finds something; the error tells what there was instead. */
  async function waitFor<T>(
    look: () => T | Promise<T>,
    { timeoutMs = 4000, what }: WaitOptions,
  ): Promise<NonNullable<T>> {
    const deadline = performance.now() + timeoutMs;
    let wake = (): void => {};
    const stop = store.onChange(() => setImmediate(() => wake()));
    try {
      for (;;) {
        const found = await look();
        if (found) return found;
        if (performance.now() > deadline) {
          throw new Error(`waited ${timeoutMs} ms for ${what}\n${snapshot(store, nameOf)}`);
        }
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([changed, sleep(lookAgainMs)]);
      }
    } finally {
      stop();
    }
  }

  const people = new Map<string, Person>();
  function person(ref: string): Person {
    const user = findUser(ref);
    const known = people.get(user.id);
    if (known) return known;
    const created = createPerson({ store, interactions, emit, isOut: faults.isOut, waitFor, nameOf }, user);
    people.set(user.id, created);
    return created;
  }

  function userChanged(user: User): void {
    store.changed();
    emit({ type: 'user_change', user: toApiUser(user, { email: false }) });
  }

  return {
    person,
    channel: findChannel,
    waitFor,
    snapshot: () => snapshot(store, nameOf),
    onChange: store.onChange,
    settled: delivery.settled,

    messages: (channelRef: string): Message[] => store.messagesIn(findChannel(channelRef).id),
    thread: (channelRef: string, ts: string): Message[] =>
      store.messagesIn(findChannel(channelRef).id).filter((m) => m.threadTs === ts),
    files: (): StoredFile[] => [...store.files.values()],
    textOf: (shown: Message | OpenView): string =>
      textOf('definition' in shown ? shown.definition : shown, nameOf),
    calls: (method?: string): Extract<Traffic, { kind: 'call' }>[] =>
      store.traffic
        .filter((t) => t.kind === 'call')
        .filter((t) => method === undefined || t.method === method),
    deliveries: (): Extract<Traffic, { kind: 'delivery' }>[] =>
      store.traffic.filter((t) => t.kind === 'delivery'),

    /** Waits for a message whose text passes; the text is what people read. */
    waitForMessage: (
      channelRef: string,
      passes: (text: string, message: Message) => boolean,
      options: Partial<WaitOptions> = {},
    ): Promise<Message> =>
      waitFor(
        () => {
          const channel = store.channel(channelRef);
          return channel && store.messagesIn(channel.id).find((m) => passes(textOf(m, nameOf), m));
        },
        { what: `a message in ${channelRef}`, ...options },
      ),

    addPerson: (seed: PersonSeed): User => store.addUser(seed),
    createChannel(name: string, options: { private?: boolean; members?: readonly string[] } = {}): Channel {
      const members = (options.members ?? []).map((ref) => (ref === 'bot' ? store.bot.id : findUser(ref).id));
      const creator = members[0] ?? slackbotId;
      return store.addChannel({ name, kind: options.private ? 'private' : 'public', creator, members });
    },
    /** A person (or `bot`) comes into a channel. */
    join(ref: string, channelRef: string): void {
      const channel = findChannel(channelRef);
      const id = ref === 'bot' ? store.bot.id : findUser(ref).id;
      channel.members.add(id);
      store.changed();
      const channel_type = channel.kind === 'private' ? 'G' : 'C';
      emit({
        type: 'member_joined_channel',
        user: id,
        channel: channel.id,
        channel_type,
        team: store.team.id,
      });
    },
    leave(ref: string, channelRef: string): void {
      findChannel(channelRef).members.delete(ref === 'bot' ? store.bot.id : findUser(ref).id);
      store.changed();
    },
    archive(channelRef: string): void {
      const channel = findChannel(channelRef);
      channel.archived = true;
      store.changed();
      emit({ type: 'channel_archive', channel: channel.id, user: slackbotId });
    },
    rename(channelRef: string, name: string): void {
      const channel = findChannel(channelRef);
      channel.name = name;
      store.changed();
      emit({ type: 'channel_rename', channel: { id: channel.id, name, created: 0 } });
    },
    /** Shares a channel with another workspace. */
    share(channelRef: string): void {
      const channel = findChannel(channelRef);
      channel.shared = true;
      store.changed();
      emit({ type: 'channel_shared', channel: channel.id, connected_team_id: 'T0000OTHERS' });
    },
    /** Somebody removes a message by hand. */
    removeMessage(channelRef: string, ts: string): void {
      const message = store.findMessage(findChannel(channelRef).id, ts);
      if (message) store.removeMessage(message);
    },
    deactivate(ref: string): void {
      const user = findUser(ref);
      user.deactivated = true;
      userChanged(user);
    },
    makeGuest(ref: string): void {
      const user = findUser(ref);
      user.guest = 'multi-channel';
      userChanged(user);
    },
    setGroup(handle: string, members: readonly string[]): UserGroup {
      const group = [...store.usergroups.values()].find((g) => g.handle === handle);
      if (!group) throw new Error(`there is no user group @${handle}`);
      group.members = members.map((ref) => findUser(ref).id);
      store.changed();
      emit({ type: 'subteam_members_changed', subteam_id: group.id, team_id: store.team.id });
      return group;
    },
  };
}
