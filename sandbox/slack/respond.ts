import { ApiError } from './api-error.ts';
import { type Content, parseContent, Response } from './content.ts';
import type { Store } from './store.ts';
import type { Json, Message } from './types.ts';

const maxUses = 5;
const lifetimeMs = 30 * 60_000;

/** What an app says through a `response_url` or in the ack of a slash command; works where the bot is no member. */
export function createRespond(store: Store) {
  function say(channel: string, userId: string, content: Content, response: Response): Message | undefined {
    const ephemeral = response.response_type !== 'in_channel';
    if (ephemeral && store.users.get(userId)?.offline) return undefined;
    return store.addMessage({
      channel,
      user: store.bot.id,
      text: content.text,
      blocks: content.blocks ?? [],
      threadTs: response.thread_ts,
      ephemeralTo: ephemeral ? userId : undefined,
    });
  }

  function useUrl(id: string, body: Json): void {
    const row = store.responseUrls.get(id);
    if (!row) throw new ApiError('invalid_url');
    if (store.now().getTime() - row.issuedAt.getTime() > lifetimeMs) throw new ApiError('expired_url');
    if (row.uses >= maxUses) throw new ApiError('used_url');
    const response = parseResponse(body);
    row.uses += 1;
    const original = row.originalTs ? store.findMessage(row.channel, row.originalTs, row.userId) : undefined;
    if (response.delete_original) {
      if (original) store.removeMessage(original);
      return;
    }
    const content = parseContent(response);
    if (!response.replace_original || !original) {
      say(row.channel, row.userId, content, response);
      return;
    }
    original.text = content.text;
    original.blocks = content.blocks ?? [];
    original.editedTs = store.newTs();
    store.changed();
  }

  return {
    /** Posts what a slash command's ack carried: nothing, a text, or a message. Throws when Slack would refuse it. */
    fromCommandAck(channel: string, userId: string, payload: unknown): void {
      const body = typeof payload === 'string' ? { text: payload } : payload;
      const response = parseResponse(body ?? {});
      if (!response.text && response.blocks === undefined) return;
      say(channel, userId, parseContent(response), response);
    },

    /** One POST to a `response_url`: five within thirty minutes. */
    fromUrl(id: string, body: Json): { status: number; answer: Json } {
      const outcome = tryUse(() => useUrl(id, body));
      store.record({ kind: 'respond', at: store.now(), body, answer: outcome.answer });
      return outcome;
    },
  };
}

function parseResponse(body: unknown): Response {
  const parsed = Response.safeParse(body);
  if (!parsed.success) throw new ApiError('invalid_payload');
  return parsed.data;
}

function tryUse(use: () => void): { status: number; answer: Json } {
  try {
    use();
    return { status: 200, answer: { ok: true } };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const gone = ['invalid_url', 'expired_url', 'used_url'].includes(error.code);
    return { status: gone ? 404 : 400, answer: { ok: false, error: error.code, ...error.extra } };
  }
}
