import { z } from 'zod';
import type { Message } from '../render/slack/blocks.ts';
import { refreshAccount } from './actor.ts';
import { handleMention } from './commands.ts';
import type { SlackDeps } from './deps.ts';
import { guarded } from './faults.ts';
import { homeOpened } from './home.ts';
import { Mention } from './payload.ts';

const UserChange = z.object({ user: z.object({ id: z.string(), deleted: z.boolean().default(false) }) });

/** `isNew` remembers the event; it fails where the database is away, which is said like any other fault. */
type Handle = (deps: SlackDeps, event: unknown, isNew: () => Promise<boolean>) => Promise<void>;

/**
 * What the bot listens to, by Slack's type; manifest.yml subscribes to these and no others. Events are hints: what they
 * announce is read again, or will be before it matters.
 */
export const EVENTS: Readonly<Record<string, Handle>> = {
  app_mention: async (deps, event, isNew) => {
    const mention = Mention.safeParse(event);
    if (!mention.success) return;
    const { channel, ts, thread_ts = ts } = mention.data;
    const say = async ({ text, blocks }: Message) => {
      const content = blocks.length === 0 ? { text } : { text, blocks };
      await deps.call('interactive', 'chat.postMessage', { channel, thread_ts, ...content });
    };
    await guarded(deps, 'command', say, async () => {
      if (await isNew()) await handleMention(deps, mention.data, say);
    });
  },
  // Drawn anew each time, so that a second delivery does no harm.
  app_home_opened: homeOpened,
  user_change: async (deps, event, isNew) => {
    const changed = UserChange.safeParse(event);
    if (!changed.success || !(await isNew())) return;
    const { id, deleted } = changed.data.user;
    if (deleted) await deps.accounts.save(id, 'inactive', null);
    else await refreshAccount(deps, id);
  },
};
