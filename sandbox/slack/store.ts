import { randomBytes } from 'node:crypto';
import type { ChannelSeed, PersonSeed, UserGroupSeed } from './cast.ts';
import type {
  Channel,
  Message,
  OpenView,
  ResponseUrl,
  StateValues,
  StoredFile,
  Traffic,
  Trigger,
  User,
  UserGroup,
} from './types.ts';

export const slackbotId = 'USLACKBOT';
const maxTraffic = 20_000;

export interface Seed {
  readonly teamDomain: string;
  readonly people: readonly PersonSeed[];
  readonly channels: readonly ChannelSeed[];
  readonly usergroups: readonly UserGroupSeed[];
  readonly now: () => Date;
}

export type Store = ReturnType<typeof createStore>;

/** The whole workspace, in memory. Everything else reads it and writes to it; nothing else remembers anything. */
export function createStore(seed: Seed) {
  const team = { id: 'T0000SANDBX', domain: seed.teamDomain };
  const users = new Map<string, User>();
  const channels = new Map<string, Channel>();
  const messages = new Map<string, Message[]>();
  const usergroups = new Map<string, UserGroup>();
  const files = new Map<string, StoredFile>();
  const triggers = new Map<string, Trigger>();
  const responseUrls = new Map<string, ResponseUrl>();
  const modals = new Map<string, OpenView[]>();
  const homes = new Map<string, OpenView>();
  /** What a person has chosen in the inputs of a message, by `channel:ts:user`. */
  const selections = new Map<string, StateValues>();
  const traffic: Traffic[] = [];
  const listeners = new Set<() => void>();
  let counter = 0;
  let lastMicros = 0;

  /** Ids count up, so that two runs of the same story have the same ids. */
  function newId(prefix: string): string {
    counter += 1;
    return `${prefix}${counter.toString(36).toUpperCase().padStart(10, '0')}`;
  }

  /** Unique and increasing, also when the clock stands still or goes back. */
  function newTs(): string {
    lastMicros = Math.max(seed.now().getTime() * 1000, lastMicros + 1);
    return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`;
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  function addUser(person: PersonSeed): User {
    const user: User = {
      id: personId(person.key),
      key: person.key,
      realName: person.realName,
      displayName: person.displayName ?? person.realName,
      title: person.title ?? '',
      email: person.email ?? `${person.realName.toLowerCase().replaceAll(' ', '.')}@janua.example`,
      tz: person.tz ?? 'UTC',
      teamId: person.team ?? team.id,
      guest: person.guest ?? 'no',
      isBot: person.bot ?? false,
      isWorkflowBot: person.workflowBot ?? false,
      isStranger: person.stranger ?? false,
      deactivated: person.deactivated ?? false,
      offline: false,
    };
    users.set(user.id, user);
    changed();
    return user;
  }

  function addChannel(fields: {
    name: string;
    kind: Channel['kind'];
    creator: string;
    members: Iterable<string>;
    archived?: boolean;
    shared?: boolean;
  }): Channel {
    const channel: Channel = {
      id: newId(fields.kind === 'im' ? 'D' : 'C'),
      name: fields.name,
      kind: fields.kind,
      members: new Set(fields.members),
      creator: fields.creator,
      createdAt: seed.now(),
      topic: '',
      purpose: '',
      archived: fields.archived ?? false,
      isGeneral: fields.name === 'general',
      shared: fields.shared ?? false,
      pins: new Set(),
      bookmarks: [],
    };
    channels.set(channel.id, channel);
    messages.set(channel.id, []);
    changed();
    return channel;
  }

  const bot = {
    ...addUser({ key: 'dr-bot', realName: 'dr-bot', email: '', bot: true }),
    botId: 'B000000DRBT',
    appId: 'A000000DRBT',
  };
  users.set(bot.id, bot);
  users.set(slackbotId, {
    ...bot,
    id: slackbotId,
    key: 'slackbot',
    realName: 'Slackbot',
    displayName: 'Slackbot',
  });
  for (const person of seed.people) addUser(person);

  function memberIds(channel: ChannelSeed): string[] {
    const named = channel.members?.map((key) => (key === 'bot' ? bot.id : personId(key)));
    const ordinary = seed.people.filter((p) => !p.guest && !p.bot && !p.deactivated && !p.stranger);
    const ids = named ?? [bot.id, ...ordinary.map((p) => personId(p.key))];
    const unknown = ids.find((id) => !users.has(id));
    if (unknown) throw new Error(`channel ${channel.name}: no person with the id ${unknown} in the cast`);
    return ids;
  }
  for (const channel of seed.channels) {
    const members = memberIds(channel);
    addChannel({
      ...channel,
      kind: channel.private ? 'private' : 'public',
      creator: members[0] ?? bot.id,
      members,
    });
  }
  for (const group of seed.usergroups) {
    const id = newId('S');
    usergroups.set(id, { id, ...group, members: group.members.map(personId), disabled: false });
  }

  /** `#incidents`, `incidents` or an id. */
  function channel(ref: string): Channel | undefined {
    const name = ref.replace(/^#/, '');
    return channels.get(ref) ?? [...channels.values()].find((c) => c.kind !== 'im' && c.name === name);
  }

  /** `ana`, `@ana` or an id. */
  function user(ref: string): User | undefined {
    const key = ref.replace(/^@/, '');
    return users.get(ref) ?? [...users.values()].find((u) => u.key === key);
  }

  /** The direct conversation of a person with the app, opened on first use. */
  function directChannel(userId: string): Channel {
    for (const c of channels.values()) if (c.kind === 'im' && c.members.has(userId)) return c;
    return addChannel({ name: userId, kind: 'im', creator: bot.id, members: [bot.id, userId] });
  }

  function addMessage(fields: Partial<Message> & Pick<Message, 'channel' | 'user'>): Message {
    const message: Message = {
      ts: newTs(),
      botId: fields.user === bot.id ? bot.botId : undefined,
      text: '',
      blocks: [],
      threadTs: undefined,
      broadcast: false,
      metadata: undefined,
      editedTs: undefined,
      ephemeralTo: undefined,
      files: [],
      reactions: new Map(),
      ...fields,
    };
    messages.get(fields.channel)?.push(message);
    changed();
    return message;
  }

  function removeMessage(message: Message): void {
    const list = messages.get(message.channel) ?? [];
    list.splice(list.indexOf(message), 1);
    changed();
  }

  /** Everybody's messages of a channel, and the ephemerals only when asked for by their reader. */
  function messagesIn(channelId: string, reader?: string): Message[] {
    const all = messages.get(channelId) ?? [];
    return all.filter((m) => m.ephemeralTo === undefined || m.ephemeralTo === reader);
  }

  const allMessages = (): Message[] => [...messages.values()].flat();

  function findMessage(channelId: string, ts: string, reader?: string): Message | undefined {
    return messagesIn(channelId, reader).find((m) => m.ts === ts);
  }

  /** Whether a person's Slack shows the channel: guests see only their own, others all public ones. */
  function canSee(person: User, target: Channel): boolean {
    if (target.members.has(person.id)) return true;
    return target.kind === 'public' && person.guest === 'no' && !person.isStranger;
  }

  function issueTrigger(userId: string, fromView: boolean): string {
    const id = `${newId('')}.${randomBytes(8).toString('hex')}`;
    triggers.set(id, { userId, issuedAtMs: performance.now(), fromView, used: false });
    return id;
  }

  function issueResponseUrl(userId: string, channelId: string, originalTs?: string): string {
    const id = randomBytes(12).toString('hex');
    responseUrls.set(id, { userId, channel: channelId, originalTs, issuedAt: seed.now(), uses: 0 });
    return id;
  }

  function record(entry: Traffic): void {
    traffic.push(entry);
    if (traffic.length > maxTraffic) traffic.shift();
    changed();
  }

  /** Calls the listener after every change. Returns how to stop that. */
  function onChange(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    team,
    bot,
    now: seed.now,
    users,
    channels,
    usergroups,
    files,
    triggers,
    responseUrls,
    modals,
    homes,
    selections,
    traffic,
    newId,
    newTs,
    changed,
    onChange,
    addUser,
    addChannel,
    channel,
    user,
    directChannel,
    addMessage,
    removeMessage,
    messagesIn,
    allMessages,
    findMessage,
    canSee,
    issueTrigger,
    issueResponseUrl,
    record,
  };
}

/** `ana` is U0000000ANA: the same in every run, so that configuration files can name people. */
export function personId(key: string): string {
  return `U${key
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .padStart(10, '0')}`;
}
