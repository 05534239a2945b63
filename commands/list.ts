import type { Command } from '../src/command.ts';

export const list: Command = {
  name: 'list',
  group: 'Start',
  usage: '/dr list [all]',
  summary: 'open incidents, or all of them',
  examples: ['/dr list', '/dr list all'],
  who: 'anyone',
  run: async ({ queries }, { words }) => {
    const items = await queries.incidents(words[0] === 'all' ? {} : { open: true });
    return { kind: 'reply', what: 'incidents', items };
  },
};
