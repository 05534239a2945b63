import { z } from 'zod';
import { ApiError, invalid } from '../api-error.ts';
import { parseContent } from '../content.ts';
import { channelFor, flag, json, type Method, method, type World, writableChannel } from '../method.ts';
import { permalink, toApiMessage } from '../payloads.ts';
import type { Channel, Json, Message } from '../types.ts';

const Metadata = z.strictObject({
  event_type: z.string().min(1),
  event_payload: z.record(z.string(), z.unknown()),
});
const maxMetadataBytes = 16_000;
const maxUpdateText = 4000;

const words = {
  text: z.string().optional(),
  blocks: json.optional(),
  metadata: json.optional(),
  link_names: flag.optional(),
  parse: z.string().optional(),
};
const unfurl = { unfurl_links: flag.optional(), unfurl_media: flag.optional(), mrkdwn: flag.optional() };

export const chat: Record<string, Method> = {
  'chat.postMessage': method({
    scopes: ['chat:write'],
    tier: 'post',
    args: {
      channel: z.string(),
      ...words,
      ...unfurl,
      thread_ts: z.string().optional(),
      reply_broadcast: flag.optional(),
    },
    run: (args, world) => {
      const { store } = world;
      const channel = writableChannel(world, conversationFor(world, args.channel));
      const content = parseContent(args);
      const threadTs = args.thread_ts ? threadIn(world, channel, args.thread_ts) : undefined;
      const message = store.addMessage({
        channel: channel.id,
        user: store.bot.id,
        text: content.text,
        blocks: content.blocks ?? [],
        threadTs,
        broadcast: args.reply_broadcast ?? false,
        metadata: parseMetadata(args.metadata),
      });
      const warning = content.truncated
        ? { warning: 'message_truncated', response_metadata: { warnings: ['message_truncated'] } }
        : {};
      return { channel: channel.id, ts: message.ts, message: toApiMessage(store, message), ...warning };
    },
  }),

  'chat.update': method({
    scopes: ['chat:write'],
    tier: 3,
    args: { channel: z.string(), ts: z.string(), ...words, reply_broadcast: flag.optional() },
    run: (args, world) => {
      const { store } = world;
      const channel = channelFor(world, args.channel);
      const message = store.findMessage(channel.id, args.ts);
      if (!message) throw new ApiError('message_not_found');
      if (message.user !== store.bot.id) throw new ApiError('cant_update_message');
      if (channel.archived) throw new ApiError('is_inactive');
      if ((args.text ?? '').length > maxUpdateText) throw new ApiError('msg_too_long');
      const content = parseContent(args);
      message.text = content.text;
      if (content.blocks) message.blocks = content.blocks;
      if (args.metadata !== undefined) message.metadata = parseMetadata(args.metadata);
      message.editedTs = store.newTs();
      store.changed();
      return {
        channel: channel.id,
        ts: message.ts,
        text: message.text,
        message: toApiMessage(store, message),
      };
    },
  }),

  'chat.delete': method({
    scopes: ['chat:write'],
    tier: 3,
    args: { channel: z.string(), ts: z.string() },
    run: ({ channel: id, ts }, world) => {
      const channel = channelFor(world, id);
      const message = world.store.findMessage(channel.id, ts);
      if (!message) throw new ApiError('message_not_found');
      if (message.user !== world.store.bot.id) throw new ApiError('cant_delete_message');
      world.store.removeMessage(message);
      return { channel: channel.id, ts };
    },
  }),

  'chat.postEphemeral': method({
    scopes: ['chat:write'],
    tier: 4,
    args: { channel: z.string(), user: z.string(), ...words, thread_ts: z.string().optional() },
    run: (args, world) => {
      const { store } = world;
      const channel = writableChannel(world, args.channel);
      const content = parseContent(args);
      const reader = store.users.get(args.user);
      if (!reader || reader.deactivated || !channel.members.has(reader.id))
        throw new ApiError('user_not_in_channel');
      const threadTs = args.thread_ts ? threadIn(world, channel, args.thread_ts) : undefined;
      // Slack says yes also when nobody is looking; the message is then never shown.
      if (reader.offline) return { message_ts: store.newTs() };
      const message = store.addMessage({
        channel: channel.id,
        user: store.bot.id,
        text: content.text,
        blocks: content.blocks ?? [],
        threadTs,
        ephemeralTo: reader.id,
      });
      return { message_ts: message.ts };
    },
  }),

  'chat.getPermalink': method({
    tier: 3,
    args: { channel: z.string(), message_ts: z.string() },
    run: ({ channel: id, message_ts }, world) => {
      const channel = channelFor(world, id);
      const message = world.store.findMessage(channel.id, message_ts);
      if (!message) throw new ApiError('message_not_found');
      return { channel: channel.id, permalink: permalink(world.store, message) };
    },
  }),
};

/** A message may be addressed to a person: that opens the direct conversation. */
function conversationFor({ store }: World, id: string): string {
  const person = store.users.get(id);
  if (!person) return id;
  if (person.deactivated || person.isBot) throw new ApiError('channel_not_found');
  return store.directChannel(person.id).id;
}

function threadIn({ store }: World, channel: Channel, ts: string): string {
  const parent: Message | undefined = store.findMessage(channel.id, ts);
  if (!parent) throw new ApiError('thread_not_found');
  if (parent.threadTs) throw new ApiError('cannot_reply_to_message');
  return parent.ts;
}

/** An empty object takes the metadata away, as in Slack. */
function parseMetadata(raw: unknown): Json | undefined {
  if (raw === undefined || JSON.stringify(raw) === '{}') return undefined;
  const parsed = Metadata.safeParse(raw);
  if (!parsed.success) throw invalid('invalid_metadata_format', [`[ERROR] ${z.prettifyError(parsed.error)}`]);
  if (Buffer.byteLength(JSON.stringify(raw)) > maxMetadataBytes) throw new ApiError('metadata_too_large');
  return parsed.data;
}
