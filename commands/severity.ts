import { type Command, text } from '../src/command.ts';
import { Severity } from '../src/domain/plan.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const severity: Command = {
  name: 'severity',
  group: 'Lead',
  usage: '/dr severity SEV1–SEV4',
  summary: 'change severity',
  examples: ['/dr severity SEV2'],
  who: 'responder',
  run: async (context, { words }) => {
    const meant = await context.queries.incidentMeant(words[1] ?? null, context.incident);
    if ('kind' in meant) return meant;
    if (words[0] === undefined)
      return refuse('usage', { command: 'severity', needs: 'a level', example: '/dr severity SEV2' });
    const to = Severity.safeParse(words[0].toUpperCase());
    if (!to.success)
      return refuse('unknown-severity', { got: words[0], incident: meant.id, is: meant.severity });
    const changed = await context.incidents.setSeverity(context.actor, meant.id, to.data);
    return isRefusal(changed) ? changed : text(`${meant.id} is ${to.data} now.`);
  },
};
