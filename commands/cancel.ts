import { type Command, text } from '../src/command.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const cancel: Command = {
  name: 'cancel',
  group: 'Finish',
  usage: '/dr cancel reason',
  summary: 'close an incident that was declared by mistake',
  examples: ['/dr cancel "the alert was a test"'],
  who: 'responder',
  run: async (context, { words }) => {
    const named = words[0]?.toUpperCase().startsWith('INC-') ? (words[0] ?? null) : null;
    const meant = await context.queries.incidentMeant(named, context.incident);
    if ('kind' in meant) return meant;
    const reason = (named === null ? words : words.slice(1)).join(' ');
    if (reason === '')
      return refuse('usage', {
        command: 'cancel',
        needs: 'a reason',
        example: '/dr cancel "the alert was a test"',
      });
    const cancelled = await context.incidents.cancel(context.actor, meant.id, reason);
    return isRefusal(cancelled) ? cancelled : text(`${meant.id} is cancelled. Its channel and its log stay.`);
  },
};
