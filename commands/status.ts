import { aboutIncident, type Command } from '../src/command.ts';
import { refuse } from '../src/domain/refusal.ts';

export const status: Command = {
  name: 'status',
  group: 'Start',
  usage: '/dr status [INC]',
  summary: 'where an incident stands',
  examples: ['/dr status', '/dr status INC-2026-014'],
  who: 'anyone',
  run: async ({ queries, views, incident }, input) => {
    const { named, words } = aboutIncident(input);
    const meant = await queries.incidentMeant(named ?? words[0] ?? null, incident);
    if ('kind' in meant) return meant;
    const view = await views.incident(meant.id);
    return view === undefined
      ? refuse('unknown-incident', { incident: meant.id })
      : { kind: 'reply', what: 'status', view };
  },
};
