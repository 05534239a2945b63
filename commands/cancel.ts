import { type Command, sentenceAbout, text } from '../src/command.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const cancel: Command = {
  name: 'cancel',
  group: 'Finish',
  usage: '/dr cancel reason',
  summary: 'close an incident that was declared by mistake',
  examples: ['/dr cancel "the alert was a test"'],
  who: 'responder',
  run: async (context, input) => {
    const { named, words, other } = sentenceAbout(input, context.incident);
    // Either reading would close an incident for good: the other one, or this one because of the other.
    if (other !== null)
      return refuse('usage', {
        command: 'cancel',
        needs: `to know which incident you mean, ${other} or this one (${named})`,
        example: `/dr cancel incident=${other} "the alert was a test"`,
      });
    const meant = await context.queries.incidentMeant(named, null);
    if ('kind' in meant) return meant;
    const reason = words.join(' ');
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
