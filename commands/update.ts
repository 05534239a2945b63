import { type Command, text } from '../src/command.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const update: Command = {
  name: 'update',
  group: 'Tell people',
  usage: '/dr update [words]',
  summary: 'post a status update now',
  examples: ['/dr update', '/dr update "The restore runs; about 10 min" status=identified'],
  who: 'responder',
  run: async (context, { words, pairs }) => {
    const meant = await context.queries.incidentMeant(pairs.incident ?? null, context.incident);
    if ('kind' in meant) return meant;
    if (words.length === 0) {
      if (context.canAsk)
        return { kind: 'form', form: 'update', view: (await context.views.incident(meant.id)) ?? null };
      return refuse('usage', { command: 'update', needs: 'words', example: '/dr update "The restore runs"' });
    }
    const status = (['investigating', 'identified', 'monitoring'] as const).find(
      (word) => word === (pairs.status ?? meant.status),
    );
    if (status === undefined)
      return refuse('choice-unknown', {
        got: pairs.status ?? meant.status,
        options: 'investigating, identified, monitoring',
      });
    const newText = {
      status,
      impact: meant.impact ?? meant.title,
      changed: words.join(' '),
      next: pairs.next ?? 'Work goes on.',
      expectedBack: null,
    };
    const published = await context.incidents.publish(context.actor, meant.id, newText, { automatic: false });
    return isRefusal(published)
      ? published
      : text(`Posted. The next update of ${meant.id} is due in ${meant.updates.everyMs / 60_000} min.`);
  },
};
