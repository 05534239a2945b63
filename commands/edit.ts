import { type Command, text } from '../src/command.ts';
import type { IncidentEdit } from '../src/domain/events.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

const TIMES = { began: 'occurredAt', detected: 'detectedAt' } as const;

export const edit: Command = {
  name: 'edit',
  group: 'Lead',
  usage: '/dr edit [title="…"] [impact="…"] [began=…] [detected=…]',
  summary: 'correct title, impact or times',
  examples: ['/dr edit title="Sign-in fails in all regions"', '/dr edit began=2026-11-21T02:04Z'],
  who: 'responder',
  run: async (context, { words, pairs }) => {
    const meant = await context.queries.incidentMeant(words[0] ?? null, context.incident);
    if ('kind' in meant) return meant;
    const changes: { -readonly [Key in keyof IncidentEdit]: IncidentEdit[Key] } = {};
    if (pairs.title !== undefined) changes.title = pairs.title;
    if (pairs.impact !== undefined) changes.impact = pairs.impact;
    for (const [name, field] of Object.entries(TIMES)) {
      const typed = pairs[name];
      if (typed === undefined) continue;
      const at = new Date(typed);
      if (Number.isNaN(at.getTime()))
        return refuse('input-invalid', {
          input: name,
          got: typed,
          expected: 'a time like 2026-11-21T02:04Z',
        });
      changes[field] = at.toISOString();
    }
    if (Object.keys(changes).length === 0)
      return refuse('usage', {
        command: 'edit',
        needs: 'what to change',
        example: '/dr edit title="Sign-in fails"',
      });
    const changed = await context.incidents.edit(context.actor, meant.id, changes);
    return isRefusal(changed)
      ? changed
      : text(
          `${meant.id}: ${Object.keys(changes).length === 1 ? 'one thing was' : 'several things were'} corrected. The timeline keeps what was there before.`,
        );
  },
};
