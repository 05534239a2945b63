import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import {
  channelFor,
  flag,
  idList,
  kindScope,
  type Method,
  method,
  page,
  paginate,
  type World,
  writableChannel,
} from '../method.ts';
import { toApiChannel } from '../payloads.ts';
import type { Channel } from '../types.ts';

const readScopes = ['channels:read', 'groups:read', 'im:read'];
const manageScopes = ['channels:manage', 'groups:write', 'im:write'];
const maxTopic = 250;

export const conversations: Record<string, Method> = {
  'conversations.create': method({
    scopes: ['channels:manage', 'groups:write'],
    tier: 2,
    args: { name: z.string(), is_private: flag.optional() },
    run: ({ name, is_private }, world) => {
      const { store } = world;
      const kind = is_private ? 'private' : 'public';
      world.need(kindScope({ kind }, 'write'));
      checkName(name);
      // An archived channel keeps its name.
      if (store.channel(`#${name}`)) throw new ApiError('name_taken');
      const channel = store.addChannel({ name, kind, creator: store.bot.id, members: [store.bot.id] });
      return { channel: toApiChannel(store, channel) };
    },
  }),

  'conversations.info': method({
    scopes: readScopes,
    tier: 3,
    args: { channel: z.string(), include_num_members: flag.optional(), include_locale: flag.optional() },
    run: (args, world) => {
      const channel = readable(world, args.channel);
      const members = args.include_num_members ? { num_members: channel.members.size } : {};
      return { channel: { ...toApiChannel(world.store, channel), ...members } };
    },
  }),

  'conversations.list': method({
    scopes: readScopes,
    tier: 2,
    args: {
      ...page,
      types: z.string().optional(),
      exclude_archived: flag.optional(),
    },
    run: (args, world) => {
      const { store } = world;
      const kinds = (args.types ?? 'public_channel').split(',').map((type) => kindOf(type.trim()));
      for (const kind of kinds) world.need(kindScope({ kind }, 'read'));
      const known = [...store.channels.values()].filter(
        (c) =>
          kinds.includes(c.kind) &&
          (c.kind === 'public' || c.members.has(store.bot.id)) &&
          !(args.exclude_archived && c.archived),
      );
      const { items, response_metadata } = paginate(known, args, { limit: 100, max: 999 });
      return { channels: items.map((c) => toApiChannel(store, c)), response_metadata };
    },
  }),

  'conversations.members': method({
    scopes: readScopes,
    tier: 4,
    args: { channel: z.string(), ...page },
    run: (args, world) => {
      const channel = readable(world, args.channel);
      const { items, response_metadata } = paginate([...channel.members], args, { limit: 100, max: 999 });
      return { members: items, response_metadata };
    },
  }),

  'conversations.invite': method({
    scopes: ['channels:manage', 'groups:write'],
    tier: 3,
    args: { channel: z.string(), users: idList, force: flag.optional() },
    run: (args, world) => {
      const { store } = world;
      const channel = managed(world, args.channel);
      if (args.users.length === 0) throw new ApiError('no_user');
      if (args.users.length > 100) throw new ApiError('too_many_users');
      const errors = args.users.flatMap((user) => {
        const error = inviteError(world, channel, user);
        return error ? [{ user, ok: false, error }] : [];
      });
      const refused = errors[0];
      if (refused && !args.force) throw new ApiError(refused.error, { errors });
      for (const id of args.users.filter((user) => !errors.some((e) => e.user === user))) {
        channel.members.add(id);
        world.emit({
          type: 'member_joined_channel',
          user: id,
          channel: channel.id,
          channel_type: channel.kind === 'private' ? 'G' : 'C',
          team: store.team.id,
          inviter: store.bot.id,
        });
      }
      store.changed();
      return { channel: toApiChannel(store, channel), ...(errors.length > 0 ? { errors } : {}) };
    },
  }),

  'conversations.join': method({
    scopes: ['channels:join'],
    tier: 3,
    args: { channel: z.string() },
    run: (args, world) => {
      const channel = channelFor(world, args.channel);
      if (channel.kind !== 'public') throw new ApiError('method_not_supported_for_channel_type');
      if (channel.archived) throw new ApiError('is_archived');
      const already = channel.members.has(world.store.bot.id) ? { warning: 'already_in_channel' } : {};
      channel.members.add(world.store.bot.id);
      world.store.changed();
      return { channel: toApiChannel(world.store, channel), ...already };
    },
  }),

  'conversations.open': method({
    scopes: ['im:write', 'mpim:write'],
    tier: 3,
    args: { users: idList, return_im: flag.optional(), prevent_creation: flag.optional() },
    run: ({ users, return_im }, world) => {
      const { store } = world;
      const [id] = users;
      if (!id) throw new ApiError('users_list_not_supplied');
      if (users.length > 1) world.need('mpim:write');
      world.need('im:write');
      const person = store.users.get(id);
      if (!person || person.isBot) throw new ApiError('user_not_found');
      if (person.deactivated) throw new ApiError('user_disabled');
      const channel = store.directChannel(person.id);
      return { channel: return_im ? toApiChannel(store, channel) : { id: channel.id } };
    },
  }),

  'conversations.setTopic': method({
    scopes: manageScopes,
    tier: 2,
    args: { channel: z.string(), topic: z.string() },
    run: ({ channel: id, topic }, world) => {
      const channel = managed(world, id);
      if (topic.length > maxTopic) throw new ApiError('too_long');
      channel.topic = topic;
      world.store.changed();
      return { channel: toApiChannel(world.store, channel) };
    },
  }),

  'conversations.setPurpose': method({
    scopes: manageScopes,
    tier: 2,
    args: { channel: z.string(), purpose: z.string() },
    run: ({ channel: id, purpose }, world) => {
      const channel = managed(world, id);
      if (purpose.length > maxTopic) throw new ApiError('too_long');
      channel.purpose = purpose;
      world.store.changed();
      return { purpose };
    },
  }),

  'conversations.archive': method({
    scopes: manageScopes,
    tier: 2,
    args: { channel: z.string() },
    run: ({ channel: id }, world) => {
      const channel = channelFor(world, id);
      world.need(kindScope(channel, 'write'));
      if (channel.archived) throw new ApiError('already_archived');
      if (channel.isGeneral) throw new ApiError('cant_archive_general');
      if (!channel.members.has(world.store.bot.id)) throw new ApiError('not_in_channel');
      channel.archived = true;
      world.store.changed();
      world.emit({ type: 'channel_archive', channel: channel.id, user: world.store.bot.id });
      return {};
    },
  }),
};

function readable(world: World, id: string): Channel {
  const channel = channelFor(world, id);
  world.need(kindScope(channel, 'read'));
  return channel;
}

function managed(world: World, id: string): Channel {
  const channel = writableChannel(world, id);
  world.need(kindScope(channel, 'write'));
  return channel;
}

function kindOf(type: string): Channel['kind'] {
  if (type === 'public_channel') return 'public';
  if (type === 'private_channel') return 'private';
  if (type === 'im') return 'im';
  throw new ApiError('invalid_types');
}

function checkName(name: string): void {
  if (name === '') throw new ApiError('invalid_name_required');
  if (name.length > 80) throw new ApiError('invalid_name_maxlength');
  if (/^[-_]+$/.test(name)) throw new ApiError('invalid_name_punctuation');
  if (!/^[a-z0-9_-]+$/.test(name)) throw new ApiError('invalid_name_specials');
}

function inviteError({ store }: World, channel: Channel, id: string): string | undefined {
  const user = store.users.get(id);
  if (!user) return 'user_not_found';
  if (id === store.bot.id) return 'cant_invite_self';
  if (channel.members.has(id)) return 'already_in_channel';
  if (user.deactivated || user.isStranger) return 'cant_invite';
  const elsewhere = [...store.channels.values()].some((c) => c.kind !== 'im' && c.members.has(id));
  if (user.guest === 'single-channel' && elsewhere) return 'ura_max_channels';
  return undefined;
}
