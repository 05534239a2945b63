import { type Command, text } from '../src/command.ts';
import { refuse } from '../src/domain/refusal.ts';

export const audit: Command = {
  name: 'audit',
  group: 'Finish',
  usage: '/dr audit verify',
  summary: 'prove the log is unchanged',
  examples: ['/dr audit verify'],
  who: 'anyone',
  run: async (context, { words }) => {
    if (words[0] !== 'verify')
      return refuse('usage', { command: 'audit', needs: '"verify"', example: '/dr audit verify' });
    const audited = await context.queries.verify();
    if (!audited.ok) return refuse('audit-failed', { what: audited.what, reason: audited.reason });
    const { events, first, head, records } = audited;
    const line = `ok: ${events} events verified. Chain unbroken from ${first.slice(0, 4)}… to ${head.slice(0, 4)}…. ${records} ${records === 1 ? 'record is what its' : 'records are what their'} events say.`;
    return { ...text(line), data: { verified: true, events, head, records } };
  },
};
