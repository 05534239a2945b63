import { type Command, sentenceAbout, text } from '../src/command.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const note: Command = {
  name: 'note',
  group: 'Lead',
  usage: '/dr note words',
  summary: 'add to the timeline',
  examples: ['/dr note "Support counts 40 tickets"'],
  who: 'anyone',
  run: async (context, input) => {
    const { named, words } = sentenceAbout(input, context.incident);
    const meant = await context.queries.incidentMeant(named, null);
    if ('kind' in meant) return meant;
    if (words.length === 0) {
      if (context.canAsk)
        return { kind: 'form', form: 'note', view: (await context.views.incident(meant.id)) ?? null };
      return refuse('usage', {
        command: 'note',
        needs: 'words',
        example: '/dr note "Support counts 40 tickets"',
      });
    }
    const added = await context.incidents.addNote(context.actor, meant.id, words.join(' '));
    return isRefusal(added) ? added : text(`Added to the timeline of ${meant.id}.`);
  },
};
