import { type Slack, type SlackAnswer, slackError } from '../clients/slack.ts';
import { AppError } from '../errors.ts';

export interface Where {
  readonly channel: string;
  readonly thread: string | null;
}

/**
 * The message of ours that carries a mark in its metadata, which another app could write too: among the newest of a
 * channel, or anywhere in a thread, whose pages begin with the oldest.
 */
export async function findPosted(slack: Slack, where: Where, mark: string): Promise<string | undefined> {
  const args = { channel: where.channel, include_all_metadata: true, limit: 200 };
  const own = await slack.call('bulk', 'auth.test');
  let cursor = '';
  do {
    const answer =
      where.thread === null
        ? await slack.call('bulk', 'conversations.history', args)
        : await slack.call('bulk', 'conversations.replies', {
            ...args,
            ts: where.thread,
            ...atCursor(cursor),
          });
    const messages = Array.isArray(answer.messages) ? answer.messages : [];
    const found = messages.find(
      (message: { bot_id?: string; metadata?: { event_payload?: { mark?: string } } }) =>
        message.bot_id === own.bot_id && message.metadata?.event_payload?.mark === mark,
    );
    if (found !== undefined) return String(found.ts);
    cursor = where.thread === null ? '' : nextCursor(answer);
  } while (cursor !== '');
  return undefined;
}

const permalinks = new Map<string, string>();

/** The address of a message; undefined for one that was removed. It never changes, so each is asked for once. */
export async function permalinkOf(slack: Slack, channel: string, ts: string): Promise<string | undefined> {
  const key = `${channel}/${ts}`;
  const known = permalinks.get(key);
  if (known !== undefined) return known;
  const answer = await slack
    .call('bulk', 'chat.getPermalink', { channel, message_ts: ts })
    .catch((error: unknown) => {
      if (slackError(error) !== 'message_not_found') throw error;
      return null;
    });
  if (typeof answer?.permalink !== 'string') return undefined;
  permalinks.set(key, answer.permalink);
  return answer.permalink;
}

/** Puts a report into the channel as a file; where files are blocked, as text in a thread. */
export async function uploadReport(slack: Slack, where: Where, name: string, body: string): Promise<void> {
  const bytes = Buffer.from(body, 'utf8');
  try {
    const ticket = await slack.call('delivery', 'files.getUploadURLExternal', {
      filename: name,
      length: bytes.length,
    });
    await slack.upload(String(ticket.upload_url), bytes);
    await slack.call('delivery', 'files.completeUploadExternal', {
      files: [{ id: String(ticket.file_id), title: name }],
      channel_id: where.channel,
      ...(where.thread === null ? {} : { thread_ts: where.thread }),
    });
  } catch (error) {
    if (slackError(error) === undefined) throw error;
    await postAsText(slack, where, name, body);
  }
}

/** Gives Slack a file that belongs to no channel yet: a message that shows it makes it readable there. Returns its id. */
export async function uploadPicture(
  slack: Slack,
  name: string,
  bytes: Uint8Array,
  alt: string,
): Promise<string> {
  const ticket = await slack.call('delivery', 'files.getUploadURLExternal', {
    filename: name,
    length: bytes.length,
    alt_txt: alt,
  });
  const id = String(ticket.file_id);
  await slack.upload(String(ticket.upload_url), bytes);
  await slack.call('delivery', 'files.completeUploadExternal', { files: [{ id, title: name }] });
  return id;
}

const PART = 3_500;

async function postAsText(slack: Slack, where: Where, name: string, body: string): Promise<void> {
  const text = `The file could not be uploaded (uploads are blocked). ${name} follows in this thread.`;
  const head = await slack.call('delivery', 'chat.postMessage', {
    channel: where.channel,
    text,
    ...(where.thread === null ? {} : { thread_ts: where.thread }),
  });
  const thread = where.thread ?? String(head.ts);
  for (let from = 0; from < body.length; from += PART) {
    const part = body
      .slice(from, from + PART)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;');
    await slack.call('delivery', 'chat.postMessage', {
      channel: where.channel,
      thread_ts: thread,
      text: part,
      unfurl_links: false,
    });
  }
}

/** Finds a channel by its name, once. A name that is an id already is taken as it is. */
export function channelFinder(slack: Slack): (name: string) => Promise<string> {
  const known = new Map<string, string>();
  return async (name) => {
    const wanted = name.replace(/^#/, '');
    if (/^[CG][A-Z0-9]{6,}$/.test(wanted)) return wanted;
    const found = known.get(wanted) ?? (await search(slack, wanted));
    known.set(wanted, found);
    return found;
  };
}

async function search(slack: Slack, wanted: string): Promise<string> {
  let cursor = '';
  do {
    const page = await slack.call('bulk', 'conversations.list', {
      limit: 200,
      exclude_archived: true,
      types: 'public_channel,private_channel',
      ...atCursor(cursor),
    });
    const channels: readonly { id: string; name: string }[] = Array.isArray(page.channels)
      ? page.channels
      : [];
    const found = channels.find(({ name }) => name === wanted);
    if (found !== undefined) return found.id;
    cursor = nextCursor(page);
  } while (cursor !== '');
  throw new AppError(
    'slack-unreachable',
    `There is no channel #${wanted} that the bot can see. Invite the bot there: /invite @dr-bot`,
    { retry: 'later' },
  );
}

/** Where Slack's next page begins; empty after the last. */
export function nextCursor(page: SlackAnswer): string {
  const metadata = page.response_metadata;
  return typeof metadata === 'object' && metadata !== null && 'next_cursor' in metadata
    ? String(metadata.next_cursor)
    : '';
}

export function atCursor(cursor: string): { cursor?: string } {
  return cursor === '' ? {} : { cursor };
}
