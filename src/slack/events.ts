import { z } from 'zod';
import type { Message } from '../render/slack/blocks.ts';
import { refreshAccount } from './actor.ts';
import { handleMention } from './commands.ts';
import type { SlackDeps } from './deps.ts';
import { guarded } from './faults.ts';
import { Mention } from './payload.ts';

const UserChange = z.object({ user: z.object({ id: z.string(), deleted: z.boolean().default(false) }) });

/**
 * What the bot listens to, by Slack's type; manifest.yml subscribes to these and no others. Events are hints: what they
 * announce is read again, or will be before it matters.
 */
export const EVENTS: Readonly<Record<string, (deps: SlackDeps, event: unknown) => Promise<void>>> = {
  app_mention: async (deps, event) => {
    const mention = Mention.safeParse(event);
    if (!mention.success) return;
    const { channel, ts, thread_ts = ts } = mention.data;
    const say = async ({ text, blocks }: Message) => {
      const content = blocks.length === 0 ? { text } : { text, blocks };
      await deps.call('interactive', 'chat.postMessage', { channel, thread_ts, ...content });
    };
    await guarded(deps, 'command', say, () => handleMention(deps, mention.data, say));
  },
  user_change: async (deps, event) => {
    const changed = UserChange.safeParse(event);
    if (!changed.success) return;
    const { id, deleted } = changed.data.user;
    if (deleted) await deps.accounts.save(id, 'inactive', null);
    else await refreshAccount(deps, id);
  },
};
