import { z } from 'zod';
import { ApiError } from './api-error.ts';
import { type Block, parseBlocks } from './block-kit.ts';

const maxText = 40_000;

export interface Content {
  readonly text: string;
  readonly blocks: readonly Block[] | undefined;
  /** Slack cut the text and said so. */
  readonly truncated: boolean;
}

/** Checks the words and blocks of a message before it is stored. A message needs one or the other. */
export function parseContent(raw: { text?: string | undefined; blocks?: unknown }): Content {
  const blocks = raw.blocks === undefined ? undefined : parseBlocks(raw.blocks);
  const text = raw.text ?? '';
  if (text === '' && (blocks === undefined || blocks.length === 0)) throw new ApiError('no_text');
  return { text: text.slice(0, maxText), blocks, truncated: text.length > maxText };
}

/** What a slash command's ack or a `response_url` may carry. */
export const Response = z.strictObject({
  text: z.string().optional(),
  blocks: z.unknown().optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
  thread_ts: z.string().optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
  mrkdwn: z.boolean().optional(),
  parse: z.string().optional(),
});
export type Response = z.infer<typeof Response>;
