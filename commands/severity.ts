import { aboutIncident, type Command, text } from '../src/command.ts';
import { Severity } from '../src/domain/plan.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const severity: Command = {
  name: 'severity',
  group: 'Lead',
  usage: '/dr severity SEV1–SEV4',
  summary: 'change severity',
  examples: ['/dr severity SEV2'],
  who: 'responder',
  run: async (context, input) => {
    const { named, words } = aboutIncident(input);
    const meant = await context.queries.incidentMeant(named, context.incident);
    if ('kind' in meant) return meant;
    const [typed] = words;
    if (typed === undefined)
      return refuse('usage', { command: 'severity', needs: 'a level', example: '/dr severity SEV2' });
    const to = Severity.safeParse(typed.toUpperCase());
    if (!to.success)
      return refuse('unknown-severity', { got: typed, incident: meant.id, is: meant.severity });
    const changed = await context.incidents.setSeverity(context.actor, meant.id, to.data);
    return isRefusal(changed) ? changed : text(`${meant.id} is ${to.data} now.`);
  },
};
