import { type Command, sentenceAbout, text } from '../src/command.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const abort: Command = {
  name: 'abort',
  group: 'Recover',
  usage: '/dr abort [RUN] reason',
  summary: 'stop a run safely',
  examples: ['/dr abort "wrong restore point"', '/dr abort RUN-31 "wrong restore point"'],
  who: 'responder',
  run: async (context, input) => {
    const { named: incident, words } = sentenceAbout(input, context.incident);
    const [first = ''] = words;
    const named = /^RUN-\w+$/i.test(first) ? first : null;
    const meant = await context.queries.runMeant(named, incident);
    if ('kind' in meant) return meant;
    const reason = (named === null ? words : words.slice(1)).join(' ');
    if (reason === '') {
      if (context.canAsk)
        return {
          kind: 'form',
          form: 'abort',
          view: (await context.views.incident(meant.incident)) ?? null,
          about: { run: meant.id },
        };
      return refuse('usage', {
        command: 'abort',
        needs: 'a reason',
        example: '/dr abort "wrong restore point"',
      });
    }
    const aborted = await context.runs.abort(context.actor, meant.id, reason);
    return isRefusal(aborted)
      ? aborted
      : text(`${meant.id} is being stopped. What is running gets 30 s to end.`);
  },
};
