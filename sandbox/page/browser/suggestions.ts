import { COMMANDS } from './commands.ts';

/** What the composer offers while somebody types. Nothing here knows of the DOM. */
export type Suggestion = {
  readonly key: string;
  readonly title: string;
  readonly help: string;
  /** The text as it is after the suggestion was taken, and where the caret then stands. */
  readonly text: string;
  readonly caret: number;
};

type Named = { readonly handle: string; readonly help: string };
type Known = { readonly people: readonly Named[]; readonly channels: readonly Named[] };

export function suggestionsFor(text: string, caret: number, known: Known): Suggestion[] {
  if (text.startsWith('/') && !text.includes('\n')) {
    const offered = commandsFor(text);
    if (offered.length > 0) return offered;
  }
  const [, mark, typed = ''] = /(?:^|\s)([@#])([\w-]*)$/.exec(text.slice(0, caret)) ?? [];
  if (mark === undefined) return [];
  const names = mark === '@' ? known.people : known.channels;
  const from = caret - typed.length;
  return names
    .filter(({ handle }) => handle.startsWith(typed.toLowerCase()))
    .slice(0, 8)
    .map(({ handle, help }) => ({
      key: `${mark}${handle}`,
      title: `${mark}${handle}`,
      help,
      text: `${text.slice(0, from)}${handle} ${text.slice(caret)}`,
      caret: from + handle.length + 1,
    }));
}

/** While the name is typed: all that begin so. After it: the one command, so that its parts can be read. */
function commandsFor(text: string): Suggestion[] {
  const [command = '', name, ...rest] = text.split(' ');
  if (!'/dr'.startsWith(command)) return [];
  const typesName = rest.length === 0;
  return COMMANDS.filter(({ usage }) => {
    const own = usage.split(' ')[1] ?? '';
    return typesName ? own.startsWith(name ?? '') : own === name;
  }).map(({ usage, help }) => {
    const taken = `${usage.split(' ').slice(0, 2).join(' ')} `;
    const kept = typesName ? taken : text;
    return { key: usage, title: usage, help, text: kept, caret: kept.length };
  });
}
