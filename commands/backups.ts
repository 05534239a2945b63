import type { Command } from '../src/command.ts';
import { isRefusal } from '../src/domain/refusal.ts';

export const backups: Command = {
  name: 'backups',
  group: 'Start',
  usage: '/dr backups [system] [all]',
  summary: 'age, size, last restore and possible loss of every backup',
  examples: ['/dr backups', '/dr backups janua', '/dr backups janua all'],
  who: 'anyone',
  run: async ({ backups: watched }, { words }) => {
    const all = words.includes('all');
    const system = words.find((word) => word !== 'all')?.toLowerCase() ?? null;
    const model = await watched.screen(system, all);
    return isRefusal(model) ? model : { kind: 'reply', what: 'backups', model };
  },
};
