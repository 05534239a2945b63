import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import { channelFor, count, flag, kindScope, type Method, method, paginate, type World } from '../method.ts';
import { toApiMessage } from '../payloads.ts';
import type { Channel, Message } from '../types.ts';

const scopes = ['channels:history', 'groups:history', 'im:history'];
const span = {
  cursor: z.string().optional(),
  limit: count.optional(),
  oldest: z.string().optional(),
  latest: z.string().optional(),
  inclusive: flag.optional(),
  include_all_metadata: flag.optional(),
};
type Span = z.infer<z.ZodObject<typeof span>>;

export const history: Record<string, Method> = {
  'conversations.history': method({
    scopes,
    tier: 3,
    args: { channel: z.string(), ...span },
    run: (args, world) => {
      const channel = historyOf(world, args.channel);
      const posted = world.store.messagesIn(channel.id).filter((m) => !m.threadTs || m.broadcast);
      return cut(world, inSpan(posted, args).reverse(), args);
    },
  }),

  'conversations.replies': method({
    scopes,
    tier: 3,
    args: { channel: z.string(), ts: z.string(), ...span },
    run: (args, world) => {
      const channel = historyOf(world, args.channel);
      const parent = world.store.findMessage(channel.id, args.ts);
      if (!parent) throw new ApiError('thread_not_found');
      const replies = world.store.messagesIn(channel.id).filter((m) => m.threadTs === parent.ts);
      return cut(world, [parent, ...inSpan(replies, args)], args);
    },
  }),
};

function historyOf(world: World, id: string): Channel {
  const channel = channelFor(world, id);
  world.need(kindScope(channel, 'history'));
  if (!channel.members.has(world.store.bot.id)) throw new ApiError('not_in_channel');
  return channel;
}

function inSpan(messages: readonly Message[], { oldest, latest, inclusive }: Span): Message[] {
  const from = Number(oldest ?? 0);
  const to = Number(latest ?? Number.POSITIVE_INFINITY);
  return messages.filter(({ ts }) => (inclusive ? from <= +ts && +ts <= to : from < +ts && +ts < to));
}

function cut({ store }: World, messages: readonly Message[], args: Span) {
  const { items, response_metadata } = paginate(messages, args, { limit: 100, max: 999 });
  const metadata = args.include_all_metadata ?? false;
  return {
    messages: items.map((m) => toApiMessage(store, m, { metadata })),
    has_more: response_metadata.next_cursor !== '',
    response_metadata,
  };
}
