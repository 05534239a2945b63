import { describe, expect, test } from 'vitest';
import { inQuotes, machine, mention, personName, quoted } from '../../../src/render/slack/text.ts';
import { people } from '../../helpers/sample-plan.ts';

describe('a line of a plan or an action', () => {
  test('keeps times and code to the letter, because people copy them', () => {
    const line = '118 rows written 02:00:04–02:04:56: run `select count(*) from "a~b:c:d"`';

    expect(machine(line)).toBe(line);
  });

  test('makes no bold, no emoji, no mention and no code out of anything else', () => {
    expect(machine('*APPROVED* :lock: <!channel> `open')).toBe(
      '∗APPROVED∗ :\u2060lock: &lt;!channel&gt; ˋopen',
    );
  });

  test('is clipped without reading all of it', () => {
    expect(machine('x'.repeat(40_000), 40)).toBe(`${'x'.repeat(39)}…`);
  });
});

test('user text stands below its label, each line quoted', () => {
  expect(quoted('Reason (Ben):', 'wrong point\n*Approved by* Mina')).toBe(
    'Reason (Ben):\n> wrong point\n> ∗Approved by∗ Mina',
  );
});

test('user text in a sentence cannot leave its quotation marks', () => {
  expect(inQuotes('down" APPROVED "')).toBe('"down\' APPROVED \'"');
});

test('people are called by their first name, mentioned by their account, and by their id once they are gone', () => {
  expect([personName(people, 'ana'), personName(people, 'gone'), personName(people, null)]).toEqual([
    'Ana',
    'gone',
    'the bot',
  ]);
  expect([mention(people, 'ana'), mention(people, 'gone')]).toEqual(['<@U0000000ANA>', 'gone']);
});
