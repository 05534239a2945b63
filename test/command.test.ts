import { describe, expect, test } from 'vitest';
import { commands } from '../commands/index.ts';
import { readWords, splitText } from '../src/command.ts';

describe('splitText', () => {
  test.each([
    ['declare janua sev1 Sign-in fails', ['declare', 'janua', 'sev1', 'Sign-in', 'fails']],
    ['  note   "two words"  ', ['note', 'two words']],
    ['note “phone quotes”', ['note', 'phone quotes']],
    ['run restore\u00a0—dry-run', ['run', 'restore', '--dry-run']],
    ['edit title="Sign-in fails" impact=all', ['edit', 'title=Sign-in fails', 'impact=all']],
    ['note "an open quote runs to the end', ['note', 'an open quote runs to the end']],
    ['note a—b is one word', ['note', 'a—b', 'is', 'one', 'word']],
    ['', []],
  ])('%s', (typed, tokens) => {
    expect(splitText(typed)).toEqual(tokens);
  });
});

describe('readWords', () => {
  test('sorts words, flags and pairs', () => {
    const { words, flags, pairs } = readWords([
      'restore-postgres',
      '--dry-run',
      'before=02:05',
      '--reason=why not',
    ]);

    expect(words).toEqual(['restore-postgres']);
    expect([...flags]).toEqual(['dry-run']);
    expect(pairs).toEqual({ before: '02:05', reason: 'why not' });
  });

  test('a sentence with "=" in a long word stays a sentence', () => {
    const { words, pairs } = readWords(['The', 'https://example.test/?q=1', 'fails']);

    expect(words).toEqual(['The', 'https://example.test/?q=1', 'fails']);
    expect(pairs).toEqual({});
  });
});

test('every command has an example that begins with its own name', () => {
  const without = commands.filter(
    ({ name, examples }) =>
      examples.length === 0 || !examples.every((example) => example.startsWith(`/dr ${name}`)),
  );

  expect(without.map(({ name }) => name)).toEqual([]);
});
