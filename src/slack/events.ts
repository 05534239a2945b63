import { z } from 'zod';
import { refreshAccount } from './actor.ts';
import type { SlackDeps } from './deps.ts';

const UserChange = z.object({
  type: z.literal('user_change'),
  user: z.object({ id: z.string(), deleted: z.boolean().default(false) }),
});

/** Events are hints: what they announce is read again, or will be before it matters. */
export async function handleEvent(deps: SlackDeps, event: unknown): Promise<void> {
  const changed = UserChange.safeParse(event);
  if (!changed.success) return;
  const { id, deleted } = changed.data.user;
  if (deleted) await deps.accounts.save(id, 'inactive', null);
  else await refreshAccount(deps, id);
}
