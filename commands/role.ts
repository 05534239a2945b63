import { aboutIncident, type Command, personMeant, text } from '../src/command.ts';
import { ROLES } from '../src/domain/events.ts';
import { nameOf } from '../src/domain/people.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const role: Command = {
  name: 'role',
  group: 'Lead',
  usage: '/dr role commander|deputy|scribe|liaison [@person]',
  summary: 'take or give a role',
  examples: ['/dr role commander', '/dr role liaison @chloe'],
  who: 'responder',
  run: async (context, input) => {
    const { named, words } = aboutIncident(input);
    const meant = await context.queries.incidentMeant(named, context.incident);
    if ('kind' in meant) return meant;
    const [first, ...others] = words;
    const wanted = ROLES.find((name) => name === first?.toLowerCase());
    if (wanted === undefined) {
      if (first === undefined && context.canAsk)
        return { kind: 'form', form: 'role', view: (await context.views.incident(meant.id)) ?? null };
      return refuse('usage', {
        command: 'role',
        needs: `one of ${ROLES.join(', ')}`,
        example: '/dr role commander',
      });
    }
    const typed = others.join(' ');
    const person = typed === '' ? context.actor.person : personMeant(context.people, typed);
    if (person === undefined || person === null)
      return refuse('unknown-person', {
        person: typed || 'you',
        people: Object.keys(context.people.people).join(', '),
      });
    const assigned = await context.incidents.assignRole(context.actor, meant.id, wanted, person);
    return isRefusal(assigned)
      ? assigned
      : text(`${nameOf(context.people, person)} is ${wanted} of ${meant.id}.`);
  },
};
