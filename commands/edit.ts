import { aboutIncident, type Command, strangePair, text, timesOf } from '../src/command.ts';
import type { IncidentEdit } from '../src/domain/events.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const edit: Command = {
  name: 'edit',
  group: 'Lead',
  usage: '/dr edit [title="…"] [impact="…"] [began=…] [detected=…]',
  summary: 'correct title, impact or times',
  examples: ['/dr edit title="Sign-in fails in all regions"', '/dr edit began=2026-11-21T02:04Z'],
  who: 'responder',
  run: async (context, input) => {
    const { named, words } = aboutIncident(input);
    const meant = await context.queries.incidentMeant(named, context.incident);
    if ('kind' in meant) return meant;
    const { title, impact } = input.pairs;
    const example = '/dr edit title="Sign-in fails"';
    // Without quotes a title is its first word, and the others stand alone.
    if (words.length > 0 && Object.keys(input.pairs).length > 0)
      return refuse('usage', { command: 'edit', needs: 'quotes around more than one word', example });
    const strange = strangePair(input.pairs, ['title', 'impact', 'began', 'detected', 'incident']);
    if (strange !== null) return strange;
    const times = timesOf(input.pairs, await context.queries.now());
    if (isRefusal(times)) return times;
    const changes: IncidentEdit = {
      ...(title === undefined ? {} : { title }),
      ...(impact === undefined ? {} : { impact }),
      ...(times.began === null ? {} : { occurredAt: times.began.toISOString() }),
      ...(times.detected === null ? {} : { detectedAt: times.detected.toISOString() }),
    };
    const count = Object.keys(changes).length;
    if (count === 0) return refuse('usage', { command: 'edit', needs: 'what to change', example });
    if (impact !== undefined && impact.trim() === '')
      return refuse('text-unreadable', { field: 'impact', min: '1' });
    const changed = await context.incidents.edit(context.actor, meant.id, changes);
    return isRefusal(changed)
      ? changed
      : text(
          `${meant.id}: ${count === 1 ? 'one thing was' : 'several things were'} corrected. The timeline keeps what was there before.`,
        );
  },
};
