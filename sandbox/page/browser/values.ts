import type { Interactive, Option } from '../../slack/block-elements.ts';
import type { ActionValue } from './desk.ts';

/** What a field holds: an option's value, an id, a date, words; several of them; or nothing. */

/** From an entry of `state.values` as Slack's payloads carry it. */
export function valueIn(entry: unknown): ActionValue {
  const [, content] = Object.entries(isRecord(entry) ? entry : {}).find(([key]) => key !== 'type') ?? [];
  if (Array.isArray(content)) return content.map(single).filter((each) => each !== null);
  return single(content);
}

function single(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (typeof content === 'number') return String(content);
  return isRecord(content) && typeof content.value === 'string' ? content.value : null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Before anybody touched it. */
export function initialOf(element: Interactive): ActionValue {
  const initial = Object.entries(element).find(([key]) => key.startsWith('initial_'))?.[1];
  return valueIn({ initial });
}

export const listOf = (value: ActionValue): readonly string[] =>
  value === null ? [] : typeof value === 'string' ? [value] : value;

export const wordOf = (value: ActionValue): string =>
  typeof value === 'string' ? value : (value?.[0] ?? '');

/** The list with the item added, or without it where it was there. In the order of `all`. */
export function toggled(list: readonly string[], item: string, all: readonly string[]): string[] {
  return all.filter((each) => (each === item ? !list.includes(item) : list.includes(each)));
}

export type Choice = { readonly value: string; readonly text: string; readonly note?: string | undefined };

export const choiceOf = ({ text, value, description }: Option): Choice => ({
  value,
  text: text.text,
  note: description?.text,
});

/** Those whose words hold what was typed; those that begin with it first. */
export function matching(choices: readonly Choice[], typed: string): Choice[] {
  const wanted = typed.trim().toLowerCase();
  const rank = ({ text, note = '' }: Choice): number => {
    const words = text.toLowerCase();
    if (words.startsWith(wanted) || words.startsWith(`#${wanted}`)) return 0;
    return words.includes(wanted) ? 1 : note.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return choices.filter((each) => rank(each) < 3).sort((a, b) => rank(a) - rank(b));
}
