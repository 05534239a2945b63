import { type Command, sentenceAbout, text } from '../src/command.ts';
import { isOver } from '../src/domain/incident.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const update: Command = {
  name: 'update',
  group: 'Tell people',
  usage: '/dr update [words]',
  summary: 'post a status update now',
  examples: ['/dr update', '/dr update "The restore runs; about 10 min" status=identified'],
  who: 'responder',
  run: async (context, input) => {
    const { pairs } = input;
    const { named, words } = sentenceAbout(input, context.incident, ['status', 'next']);
    const meant = await context.queries.incidentMeant(named, null);
    if ('kind' in meant) return meant;
    if (isOver(meant)) return refuse('incident-closed', { incident: meant.id, status: meant.status });
    if (words.length === 0) {
      if (context.canAsk)
        return { kind: 'form', form: 'update', view: (await context.views.incident(meant.id)) ?? null };
      return refuse('usage', { command: 'update', needs: 'words', example: '/dr update "The restore runs"' });
    }
    const wanted = pairs.status || meant.status;
    const status = (['investigating', 'identified', 'monitoring'] as const).find((word) => word === wanted);
    if (status === undefined)
      return refuse('choice-unknown', {
        got: wanted,
        options: 'investigating, identified, monitoring',
      });
    const view = await context.views.incident(meant.id);
    if (view === undefined) throw new Error(`${meant.id} is gone`);
    // What the words leave open is said from what is recorded, as in an update that nobody wrote.
    const drafted = context.tools.draft(view);
    const next = pairs.next || drafted.next;
    const newText = { ...drafted, status, changed: words.join(' '), next };
    const published = await context.incidents.publish(context.actor, meant.id, newText, { automatic: false });
    return isRefusal(published)
      ? published
      : text(`Posted. The next update of ${meant.id} is due in ${meant.updates.everyMs / 60_000} min.`);
  },
};
