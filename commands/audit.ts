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
    const result = await context.queries.verify();
    if (result.ok) {
      const line = `ok: ${result.events} events verified. Chain unbroken from ${result.first.slice(0, 4)}… to ${result.head.slice(0, 4)}….`;
      return { ...text(line), data: { verified: true, events: result.events, head: result.head } };
    }
    const line = `failed: event ${result.seq} ${result.reason}. Events after it cannot be trusted. Keep the database as it is and tell the security owner.`;
    return { ...text(line), data: { verified: false, seq: result.seq, reason: result.reason } };
  },
};
