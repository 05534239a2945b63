import type { Store } from './store.ts';
import { type NameOf, textOf } from './text-of.ts';
import type { Message } from './types.ts';

const newest = 8;
const newestRefusals = 5;

/** The newest messages, the open modals and the refused calls: what the reader of a failed test wants first. */
export function snapshot(store: Store, nameOf: NameOf): string {
  const indent = (text: string): string => text.replaceAll('\n', '\n    ');
  const line = (message: Message): string => {
    const only = message.ephemeralTo ? ` (only ${nameOf(message.ephemeralTo)})` : '';
    return `#${nameOf(message.channel)}${only} ${nameOf(message.user)}: ${indent(textOf(message, nameOf))}`;
  };
  const messages = store
    .allMessages()
    .toSorted((a, b) => Number(a.ts) - Number(b.ts))
    .slice(-newest)
    .map(line);
  const modals = [...store.modals.values()]
    .flat()
    .map((view) => `${nameOf(view.userId)}: ${indent(textOf(view.definition, nameOf))}`);
  const refusals = store.traffic
    .filter((entry) => entry.kind === 'call')
    .filter((call) => call.answer.ok === false)
    .slice(-newestRefusals)
    .map((call) => `${call.method} → ${JSON.stringify(call.answer)}`);
  return [
    paragraph('newest messages', messages),
    paragraph('open modals', modals),
    paragraph('refused calls', refusals),
  ].join('\n');
}

function paragraph(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...(lines.length > 0 ? lines : ['none'])].join('\n  ');
}
