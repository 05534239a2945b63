import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import { channelFor, type Method, method, type World, writableChannel } from '../method.ts';
import type { Message } from '../types.ts';

const maxPins = 100;
const maxBookmarks = 100;

/** What makes a channel nicer and may always fail: pins, bookmarks, reactions. */
export const decoration: Record<string, Method> = {
  'pins.add': method({
    scopes: ['pins:write'],
    tier: 2,
    args: { channel: z.string(), timestamp: z.string() },
    run: (args, world) => {
      const channel = writableChannel(world, args.channel);
      const message = messageIn(world, args.channel, args.timestamp);
      if (channel.pins.has(message.ts)) throw new ApiError('already_pinned');
      if (channel.pins.size >= maxPins) throw new ApiError('too_many_pins');
      channel.pins.add(message.ts);
      world.store.changed();
      return {};
    },
  }),

  'bookmarks.add': method({
    scopes: ['bookmarks:write'],
    tier: 2,
    args: {
      channel_id: z.string(),
      title: z.string().min(1),
      type: z.literal('link'),
      link: z.url(),
      emoji: z.string().optional(),
    },
    run: (args, world) => {
      const channel = writableChannel(world, args.channel_id);
      if (channel.bookmarks.length >= maxBookmarks) throw new ApiError('too_many_bookmarks');
      const bookmark = { id: world.store.newId('Bk'), ...args };
      channel.bookmarks.push(bookmark);
      world.store.changed();
      return { bookmark };
    },
  }),

  'reactions.add': method({
    scopes: ['reactions:write'],
    tier: 3,
    args: { channel: z.string(), timestamp: z.string(), name: z.string() },
    run: (args, world) => {
      const channel = channelFor(world, args.channel);
      if (channel.archived) throw new ApiError('is_archived');
      if (!channel.members.has(world.store.bot.id)) throw new ApiError('not_reactable');
      if (!/^[a-z0-9_+'-]+$/.test(args.name)) throw new ApiError('invalid_name');
      const message = messageIn(world, args.channel, args.timestamp);
      const users = message.reactions.get(args.name) ?? new Set();
      if (users.has(world.store.bot.id)) throw new ApiError('already_reacted');
      message.reactions.set(args.name, users.add(world.store.bot.id));
      world.store.changed();
      return {};
    },
  }),
};

function messageIn({ store }: World, channel: string, ts: string): Message {
  const message = store.findMessage(channel, ts);
  if (!message) throw new ApiError('message_not_found');
  return message;
}
