import { nameOf, type People } from '../domain/people.ts';
import { clip, oneLine } from './escape.ts';
import { listOf } from './format.ts';

/**
 * What a person is called in a sentence: the first name where only one person has it, else the whole name; the id where
 * people.yml no longer has them; `the bot` for nobody. Not escaped: set it with an ink.
 */
export function callName(people: People, id: string | null): string {
  if (id === null) return 'the bot';
  const whole = fullName(people, id);
  const first = whole.split(' ')[0] ?? whole;
  const shared = Object.entries(people.people).some(
    ([other, { name }]) => other !== id && name.split(' ')[0] === first,
  );
  return shared ? whole : first;
}

export function callNames(people: People, ids: readonly string[], last = 'and'): string {
  return listOf(
    ids.map((id) => callName(people, id)),
    last,
  );
}

/** The whole name, for documents. */
export function fullName(people: People, id: string): string {
  return clip(oneLine(nameOf(people, id)), 80);
}
