import type { Command } from '../src/command.ts';
import { refuse } from '../src/domain/refusal.ts';

/** Opens the same dialog as the button. A terminal shows the facts and asks for a signed vote (src/cli.ts). */
export const approve: Command = {
  name: 'approve',
  group: 'Recover',
  usage: '/dr approve [APR]',
  summary: 'review an approval',
  examples: ['/dr approve', '/dr approve APR-57'],
  who: 'anyone',
  run: async (context, { words }) => {
    const approval = await context.queries.approvalMeant(words[0] ?? null, context.incident);
    if ('kind' in approval) return approval;
    const view = await context.views.incident(approval.incident);
    if (view === undefined) return refuse('unknown-approval', { approval: approval.id });
    if (context.canAsk) return { kind: 'form', form: 'approve', view, about: { approval: approval.id } };
    return { kind: 'reply', what: 'approval', view, approval };
  },
};
