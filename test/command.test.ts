import { afterEach, describe, expect, test, vi } from 'vitest';
import { commands } from '../commands/index.ts';
import {
  aboutIncident,
  isDay,
  personMeant,
  readWords,
  sentenceAbout,
  splitText,
  timesOf,
} from '../src/command.ts';
import { People } from '../src/domain/people.ts';

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
    const { tokens, words, flags, pairs } = readWords([
      'restore-postgres',
      '--dry-run',
      'before=02:05',
      '--reason=why not',
    ]);

    expect(words).toEqual(['restore-postgres']);
    expect([...flags]).toEqual(['dry-run']);
    expect(pairs).toEqual({ before: '02:05', reason: 'why not' });
    expect(tokens).toEqual(['restore-postgres', '--dry-run', 'before=02:05', '--reason=why not']);
  });

  test('a sentence with "=" in a long word stays a sentence', () => {
    const { words, pairs } = readWords(['The', 'https://example.test/?q=1', 'fails']);

    expect(words).toEqual(['The', 'https://example.test/?q=1', 'fails']);
    expect(pairs).toEqual({});
  });

  test('leaves out what nobody can read', () => {
    const { tokens, pairs } = readWords(['\u200b', ' ', 'a\u0000b', '\u202eevil\u202c', 'impact= \ufeff']);

    expect(tokens).toEqual(['ab', 'evil', 'impact=']);
    expect(pairs).toEqual({ impact: '' });
  });

  test.each([
    [['run', '--incident', 'INC-2026-014', '--dry-run'], 'INC-2026-014', ['run']],
    [['run', '--incident=INC-2026-014'], 'INC-2026-014', ['run']],
    [['run', '--incident'], '', ['run']],
  ])('takes the incident from an option: %j', (typed, incident, words) => {
    const read = readWords(typed);

    expect(read.pairs).toEqual({ incident });
    expect(read.words).toEqual(words);
  });
});

test.each([
  ['recover INC-2026-014', 'INC-2026-014', ['recover']],
  ['inc-2026-014 recover', 'inc-2026-014', ['recover']],
  ['DRILL-2026-1 recover', 'DRILL-2026-1', ['recover']],
  ['recover incident=INC-2026-014', 'INC-2026-014', ['recover']],
  ['recover incident=', null, ['recover']],
  ['incident-2026 INCIDENT', null, ['incident-2026', 'INCIDENT']],
])('aboutIncident: %s', (typed, named, words) => {
  expect(aboutIncident(readWords(splitText(typed)))).toEqual({ named, words });
});

test.each([
  ['INC-1 is slow', null, 'INC-1', 'is slow', null],
  ['inc-1 is slow', null, 'INC-1', 'is slow', null],
  ['INC-1', null, 'INC-1', '', null],
  ['INC-1 is slow', 'INC-1', 'INC-1', 'is slow', null],
  ['INC-1 is slow', 'INC-2', 'INC-2', 'INC-1 is slow', 'INC-1'],
  ['like INC-1', null, null, 'like INC-1', null],
  ['"INC-1 is slow"', null, null, 'INC-1 is slow', null],
  ['is slow incident=inc-1', 'INC-2', 'INC-1', 'is slow', null],
  ['INC-2 is slow incident=INC-1', null, 'INC-1', 'INC-2 is slow', null],
  ['next=wait replicas=4 --now', null, null, 'replicas=4 --now', null],
])('sentenceAbout: %s, typed at %s', (typed, here, named, said, other) => {
  const about = sentenceAbout(readWords(splitText(typed)), here, ['next']);

  expect({ ...about, words: about.words.join(' ') }).toEqual({ named, words: said, other });
});

describe('timesOf', () => {
  const NOW = new Date('2026-11-21T02:30:00.000Z');

  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ['02:04', '2026-11-21T02:04:00.000Z'],
    ['02:30', '2026-11-21T02:30:00.000Z'],
    ['02:31', '2026-11-20T02:31:00.000Z'],
    ['2026-11-21T02:04Z', '2026-11-21T02:04:00.000Z'],
    ['2026-11-21t02:04z', '2026-11-21T02:04:00.000Z'],
    ['2026-11-21 02:04:56.5', '2026-11-21T02:04:56.500Z'],
    ['2026-11-21T02:04', '2026-11-21T02:04:00.000Z'],
    ['2026-11-21T04:04+02:00', '2026-11-21T02:04:00.000Z'],
    ['2024-02-29T02:04Z', '2024-02-29T02:04:00.000Z'],
  ])('%s is read in UTC, wherever the bot runs', (began, instant) => {
    vi.stubEnv('TZ', 'America/New_York');

    expect(timesOf({ began }, NOW)).toEqual({ began: new Date(instant), detected: null });
  });

  test('nothing typed is not known', () => {
    expect(timesOf({ detected: ' ' }, NOW)).toEqual({ began: null, detected: null });
  });

  test.each([
    ...[
      'now',
      '1',
      'about 5',
      '25:00',
      '02:60',
      '2:04',
      '2026-11-21',
      '2026-02-31T02:04Z',
      '2026-13-01T02:04Z',
    ],
    ...['2026-11-21T25:04Z', '2026-11-21T02:04 PST', '21 Nov 2026 02:04'],
  ])('%s is no time', (detected) => {
    expect(timesOf({ began: '02:04', detected }, NOW)).toMatchObject({
      code: 'input-invalid',
      facts: { input: 'detected', got: detected },
    });
  });
});

test.each([
  ['2026-12-01', true],
  ['2028-02-29', true],
  ['2026-02-29', false],
  ['2026-12-01T02:04', false],
  ['', false],
])('isDay: %s is %s', (typed, is) => {
  expect(isDay(typed)).toBe(is);
});

test.each([
  ['ana', 'ana'],
  ['@ANA', 'ana'],
  ['Ana Duarte', 'ana'],
  ['<@U0ANA>', 'ana'],
  ['<@W0ANA|ana.d>', 'ana'],
  ['<@U0ANA', undefined],
  ['<@U0NOBODY>', undefined],
  ['U0ANA', undefined],
  ['', undefined],
  ['constructor', undefined],
  ['__proto__', undefined],
])('personMeant: %s is %s', (typed, wanted) => {
  const people = People.parse({ people: { ana: { name: 'Ana Duarte', slack: ['U0ANA', 'W0ANA'] } } });

  expect(personMeant(people, typed)).toBe(wanted);
});

test('every command has an example that begins with its own name', () => {
  const without = commands.filter(
    ({ name, examples }) =>
      examples.length === 0 || !examples.every((example) => example.startsWith(`/dr ${name}`)),
  );

  expect(without.map(({ name }) => name)).toEqual([]);
});
