import { aboutIncident, type Command, personMeant, strangePair, text, timesOf } from '../src/command.ts';
import { lossInPlain } from '../src/domain/incident.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

const EXAMPLE =
  '/dr resolve cause="A migration deleted rows" began=2026-11-21T02:04Z detected=2026-11-21T02:09Z';
const KNOWN = ['cause', 'began', 'detected', 'unknown-detected', 'lost', 'owner', 'incident'];

export const resolve: Command = {
  name: 'resolve',
  group: 'Finish',
  usage: '/dr resolve [cause="…"] [began=…] [detected=…] [lost="…"]',
  summary: 'close, with the facts checked',
  examples: ['/dr resolve', EXAMPLE],
  who: 'responder',
  run: async (context, input) => {
    const { named, words } = aboutIncident(input);
    const { pairs } = input;
    const meant = await context.queries.incidentMeant(named, context.incident);
    if ('kind' in meant) return meant;
    if (words.length > 0)
      return refuse('usage', {
        command: 'resolve',
        needs: 'quotes around more than one word',
        example: EXAMPLE,
      });
    const strange = strangePair(pairs, KNOWN);
    if (strange !== null) return strange;
    if (pairs.cause === undefined) {
      if (context.canAsk)
        return { kind: 'form', form: 'resolve', view: (await context.views.incident(meant.id)) ?? null };
      return refuse('usage', { command: 'resolve', needs: 'the root cause so far', example: EXAMPLE });
    }
    const times = timesOf(pairs, await context.queries.now());
    if (isRefusal(times)) return times;
    const owner = pairs.owner ? personMeant(context.people, pairs.owner) : meant.roles.commander;
    if (owner === undefined)
      return refuse('unknown-person', {
        person: pairs.owner ?? '',
        people: Object.keys(context.people.people).join(', '),
      });
    const resolved = await context.incidents.resolve(context.actor, meant.id, {
      occurredAt: times.began,
      detectedAt: times.detected,
      unknownDetected: pairs['unknown-detected'] || null,
      rootCause: pairs.cause,
      dataLost: pairs.lost || (lossInPlain(meant) ?? 'not known'),
      reportOwner: owner ?? context.actor.person ?? '',
    });
    if (isRefusal(resolved)) return resolved;
    const closed = resolved.events.find((event) => event.kind === 'incident.resolved');
    const dueMs = Date.parse(closed?.reportDueAt ?? '') - Date.parse(closed?.at ?? '');
    return text(`${meant.id} is resolved. The report is due in ${dueMs / 3_600_000} h: /dr report`);
  },
};
