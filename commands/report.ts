import type { Command } from '../src/command.ts';
import { isRefusal } from '../src/domain/refusal.ts';

export const report: Command = {
  name: 'report',
  group: 'Finish',
  usage: '/dr report [INC]',
  summary: 'post-incident report',
  examples: ['/dr report', '/dr report INC-2026-014'],
  who: 'anyone',
  run: async (context, { words }) => {
    const meant = await context.queries.incidentMeant(words[0] ?? null, context.incident);
    if ('kind' in meant) return meant;
    const written = await context.tools.writeReport(context.actor, meant.id);
    return isRefusal(written) ? written : { kind: 'reply', what: 'report', report: written };
  },
};
