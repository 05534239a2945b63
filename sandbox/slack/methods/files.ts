import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import { parseContent } from '../content.ts';
import { count, json, type Method, method, writableChannel } from '../method.ts';
import { toApiFile } from '../payloads.ts';

const Uploaded = z.array(z.strictObject({ id: z.string(), title: z.string().optional() })).min(1);

export const files: Record<string, Method> = {
  'files.getUploadURLExternal': method({
    scopes: ['files:write'],
    tier: 4,
    args: {
      filename: z.string().min(1),
      length: count,
      alt_text: z.string().max(1000).optional(),
      alt_txt: z.string().max(1000).optional(),
      snippet_type: z.string().optional(),
    },
    run: (args, { store, url }) => {
      if (args.length === 0) throw new ApiError('invalid_arguments');
      const id = store.newId('F');
      store.files.set(id, {
        id,
        name: args.filename,
        length: args.length,
        altText: args.alt_txt ?? args.alt_text,
        title: args.filename,
        bytes: undefined,
        channel: undefined,
      });
      return { upload_url: `${url}/upload/${id}`, file_id: id };
    },
  }),

  'files.completeUploadExternal': method({
    scopes: ['files:write'],
    tier: 4,
    args: {
      files: json,
      channel_id: z.string().optional(),
      channels: z.string().optional(),
      initial_comment: z.string().optional(),
      thread_ts: z.string().optional(),
      blocks: json.optional(),
    },
    run: (args, world) => {
      const { store } = world;
      const wanted = Uploaded.safeParse(args.files);
      if (!wanted.success) throw new ApiError('invalid_arguments');
      const rows = wanted.data.map(({ id, title }) => {
        const file = store.files.get(id);
        if (!file?.bytes) throw new ApiError('file_not_found');
        file.title = title ?? file.title;
        return file;
      });
      const channelId = args.channel_id ?? args.channels;
      if (!channelId) return { files: rows.map((file) => toApiFile(store, file)) };
      const channel = writableChannel(world, channelId);
      if (args.thread_ts && !store.findMessage(channel.id, args.thread_ts))
        throw new ApiError('thread_not_found');
      const content =
        args.initial_comment || args.blocks !== undefined
          ? parseContent({ text: args.initial_comment, blocks: args.blocks })
          : undefined;
      for (const file of rows) file.channel = channel.id;
      store.addMessage({
        channel: channel.id,
        user: store.bot.id,
        text: content?.text ?? '',
        blocks: content?.blocks ?? [],
        threadTs: args.thread_ts,
        files: rows.map((file) => file.id),
      });
      return { files: rows.map((file) => toApiFile(store, file)) };
    },
  }),
};
