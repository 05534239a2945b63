import { z } from 'zod';
import type { Slack } from '../slack/index.ts';

/** A message that Slack did not take, and why. */
export type Refused = {
  readonly channel: string;
  readonly at: Date;
  readonly threadTs: string | null;
  /** Set on an ephemeral: the one person who would have seen it. */
  readonly to: string | null;
  readonly text: string;
  readonly why: string;
};

/** What Slack answers when the message itself is wrong; a channel that is missing is none of a reader's business. */
const ABOUT_CONTENT: readonly unknown[] = [
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'invalid_metadata_format',
  'metadata_too_large',
];

const Call = z.object({
  channel: z.string(),
  text: z.string().catch(''),
  blocks: z.unknown(),
  user: z.string().optional(),
  thread_ts: z.string().optional(),
});
const Messages = z.object({ response_metadata: z.object({ messages: z.array(z.string()) }) });

type Traffic = Slack['store']['traffic'][number];

/** Keeps the messages that were refused; one that is tried again and again counts once. */
export function createRefused(slack: Slack) {
  const kept = new Map<string, Refused>();
  let last: Traffic | undefined;

  function look(): void {
    const { traffic } = slack.store;
    const fresh: Traffic[] = [];
    for (let index = traffic.length - 1; index >= 0 && traffic[index] !== last; index -= 1) {
      const entry = traffic[index];
      if (entry !== undefined) fresh.unshift(entry);
    }
    last = traffic.at(-1) ?? last;
    for (const entry of fresh) keep(entry);
  }

  function keep(entry: Traffic): void {
    if (entry.kind !== 'call' || !ABOUT_CONTENT.includes(entry.answer.error)) return;
    const call = Call.safeParse(entry.args);
    if (!call.success) return;
    const { channel, text, blocks, user, thread_ts: threadTs = null } = call.data;
    const direct = slack.store.users.has(channel) ? slack.store.directChannel(channel).id : channel;
    const key = JSON.stringify([direct, threadTs, user, text, blocks]);
    if (kept.has(key)) return;
    const why = `Slack would refuse this message: ${reasonOf(entry.answer, blocks)}`;
    kept.set(key, { channel: direct, at: entry.at, threadTs, to: user ?? null, text, why });
  }

  return {
    in(channel: string, reader: string): Refused[] {
      look();
      return [...kept.values()].filter((each) => each.channel === channel && (each.to ?? reader) === reader);
    },
  };
}

/** `blocks[3].text is 3,104 characters, limit 3,000.` in place of Slack's pointers, where that can be said. */
function reasonOf(answer: Readonly<Record<string, unknown>>, blocks: unknown): string {
  const said = Messages.safeParse(answer);
  const first = said.success ? said.data.response_metadata.messages[0] : undefined;
  const [, fault, pointer = ''] = first?.match(/^\[ERROR\] (.*) \[json-pointer:\/?(.*)\]$/) ?? [];
  if (fault === undefined) return `${first ?? String(answer.error)}.`;
  const path = pointer.split('/').filter((part) => part !== '');
  const limit = fault.match(/^must be less than (\d+) characters$/)?.[1];
  const found = valueAt({ blocks }, path);
  if (limit === undefined || typeof found !== 'string') return `${placeOf(path)}: ${fault}.`;
  const place = placeOf(path.at(-1) === 'text' ? path.slice(0, -1) : path);
  return `${place} is ${found.length.toLocaleString('en')} characters, limit ${(Number(limit) - 1).toLocaleString('en')}.`;
}

const placeOf = (path: readonly string[]) =>
  path.map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      value instanceof Object ? Object.entries(value).find(([key]) => key === part)?.[1] : undefined,
    typeof root === 'object' ? parsed(root) : root,
  );
}

/** Blocks travel as JSON or as text that holds JSON. */
function parsed(root: object | null): unknown {
  return Object.fromEntries(
    Object.entries(root ?? {}).map(([key, value]) => {
      if (typeof value !== 'string') return [key, value];
      try {
        return [key, JSON.parse(value)];
      } catch {
        return [key, value];
      }
    }),
  );
}
