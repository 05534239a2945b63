import { type Command, text } from '../src/command.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const resolve: Command = {
  name: 'resolve',
  group: 'Finish',
  usage: '/dr resolve [cause="…"] [began=…] [detected=…] [lost="…"]',
  summary: 'close, with the facts checked',
  examples: [
    '/dr resolve',
    '/dr resolve cause="A migration deleted rows" began=2026-11-21T02:04Z detected=2026-11-21T02:09Z',
  ],
  who: 'responder',
  run: async (context, { words, pairs }) => {
    const meant = await context.queries.incidentMeant(words[0] ?? null, context.incident);
    if ('kind' in meant) return meant;
    if (pairs.cause === undefined) {
      if (context.canAsk)
        return { kind: 'form', form: 'resolve', view: (await context.views.incident(meant.id)) ?? null };
      return refuse('usage', {
        command: 'resolve',
        needs: 'the root cause so far',
        example: '/dr resolve cause="A migration deleted rows" began=02:04 detected=02:09',
      });
    }
    const owner = pairs.owner ?? meant.roles.commander ?? context.actor.person ?? '';
    const resolved = await context.incidents.resolve(context.actor, meant.id, {
      occurredAt: timeOf(pairs.began),
      detectedAt: timeOf(pairs.detected),
      unknownDetected: pairs['unknown-detected'] ?? null,
      rootCause: pairs.cause,
      dataLost: pairs.lost ?? meant.loss?.text ?? 'not known',
      reportOwner: owner,
    });
    return isRefusal(resolved)
      ? resolved
      : text(`${meant.id} is resolved. The report is due in 48 h: /dr report`);
  },
};

function timeOf(typed: string | undefined): Date | null {
  const at = typed === undefined ? new Date(Number.NaN) : new Date(typed);
  return Number.isNaN(at.getTime()) ? null : at;
}
