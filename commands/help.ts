import type { Command } from '../src/command.ts';
import { nearest } from '../src/domain/nearest.ts';
import { refuse } from '../src/domain/refusal.ts';

export const help: Command = {
  name: 'help',
  group: 'Finish',
  usage: '/dr help [command]',
  summary: 'this, or one command in full',
  examples: ['/dr help', '/dr help run'],
  who: 'anyone',
  run: async ({ commands }, { words }) => {
    const [wanted] = words;
    if (wanted === undefined) return { kind: 'reply', what: 'help', topic: null };
    const topic = commands.find(({ name }) => name === wanted);
    const names = commands.map(({ name }) => name);
    return topic === undefined
      ? refuse('unknown-command', { command: wanted, near: nearest(wanted, names) ?? '' })
      : { kind: 'reply', what: 'help', topic };
  },
};
