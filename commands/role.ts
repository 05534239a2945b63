import { type Command, text } from '../src/command.ts';
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
  run: async (context, { words }) => {
    const meant = await context.queries.incidentMeant(null, context.incident);
    if ('kind' in meant) return meant;
    const wanted = ROLES.find((name) => name === words[0]?.toLowerCase());
    if (wanted === undefined) {
      if (words.length === 0 && context.canAsk)
        return { kind: 'form', form: 'role', view: (await context.views.incident(meant.id)) ?? null };
      return refuse('usage', {
        command: 'role',
        needs: `one of ${ROLES.join(', ')}`,
        example: '/dr role commander',
      });
    }
    const typed = words[1];
    const person = typed === undefined ? context.actor.person : personMeant(context.people, typed);
    if (person === undefined || person === null)
      return refuse('unknown-person', {
        person: typed ?? 'you',
        people: Object.keys(context.people.people).join(', '),
      });
    const assigned = await context.incidents.assignRole(context.actor, meant.id, wanted, person);
    return isRefusal(assigned)
      ? assigned
      : text(`${nameOf(context.people, person)} is ${wanted} of ${meant.id}.`);
  },
};

/** A person by id, by `<@U123|ana>` as Slack sends mentions, or by name. */
function personMeant(people: Parameters<typeof nameOf>[0], typed: string): string | undefined {
  const account = typed.match(/^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$/)?.[1];
  const wanted = typed.replace(/^@/, '').toLowerCase();
  return Object.entries(people.people).find(([id, person]) =>
    account === undefined
      ? id === wanted || person.name.toLowerCase() === wanted
      : person.slack.includes(account),
  )?.[0];
}
