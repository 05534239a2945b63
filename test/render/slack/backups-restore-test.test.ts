import { describe, expect, test } from 'vitest';
import {
  readRestoreTest,
  renderRestoreTest,
  renderRestoreTestForm,
  restoreTestLine,
} from '../../../src/render/slack/backups-restore-test.ts';
import { choicesOf, fieldOf, textOf } from '../../helpers/block-kit.ts';
import { HOUR } from '../../helpers/sample-alerts.ts';
import { restoreTest } from '../../helpers/sample-backups.ts';

describe('the result of a restore test', () => {
  test.each<[string, ReturnType<typeof restoreTest>, string]>([
    [
      'that was done',
      restoreTest(),
      ':white_check_mark: done: restore test Janua pg-daily, 21 min 4 s of RTO 1 h, 214,600 rows, RPA 4 min 52 s, cleaned up (0 objects left).',
    ],
    [
      'that took too long',
      restoreTest({ durationMs: 2 * HOUR, rows: null, lossMs: null, left: 1 }),
      ':x: missed: restore test Janua pg-daily, 2 h of RTO 1 h, rows not counted, RPA not known, not cleaned up (1 object left).',
    ],
    [
      'without an objective',
      restoreTest({}, null),
      ':white_check_mark: done: restore test Janua pg-daily, 21 min 4 s, 214,600 rows, RPA 4 min 52 s, cleaned up (0 objects left).',
    ],
    [
      'that failed',
      restoreTest({ outcome: 'failed', reason: 'step 6: audit chain broken at row 18,113' }),
      ':x: failed: restore test Janua pg-daily: step 6: audit chain broken at row 18,113.',
    ],
    [
      'that failed for no known reason and left something',
      restoreTest({ outcome: 'failed', left: 2 }),
      ':x: failed: restore test Janua pg-daily: the reason is not known. Not cleaned up (2 objects left).',
    ],
  ])('%s', (_, shown, line) => {
    expect(restoreTestLine(shown)).toBe(line);
    expect(renderRestoreTest(shown).text).toBe(line.replace(/^:\w+: /, ''));
  });
});

describe('the form that begins a restore test', () => {
  const tests = ['monthly', 'weekly'].map((id, index) => ({
    system: 'janua',
    systemName: 'Janua',
    test: id,
    title: `Restore ${id}`,
    backup: 'pg-daily',
    lastAt: index === 0 ? null : new Date('2026-11-14T03:00:00Z'),
  }));

  test('offers all of them, and the chosen one first', () => {
    const form = renderRestoreTestForm(tests, 'weekly');

    expect(choicesOf(form, 'test')).toEqual(['Janua · Restore monthly', 'Janua · Restore weekly']);
    expect(fieldOf(form, 'test')?.element).toMatchObject({
      initial_option: { value: 'janua/weekly', description: { text: 'pg-daily, last run 14 Nov' } },
    });
    expect(fieldOf(renderRestoreTestForm(tests, 'gone'), 'test')?.element).toMatchObject({
      initial_option: { value: 'janua/monthly', description: { text: 'pg-daily, never run' } },
    });
  });

  test('says what is missing where no plan has one', () => {
    expect(textOf(renderRestoreTestForm([], null))).toContain(
      'No restore test is declared. Nothing was started.',
    );
  });

  test.each([
    [{ test: 'janua/weekly' }, { system: 'janua', test: 'weekly' }],
    [{ test: 'janua' }, null],
    [{ test: '/weekly' }, null],
    [{ test: 'janua/' }, null],
    [{ test: 'a/b/c' }, null],
    [{}, null],
  ])('is read: %j', (fields, read) => {
    expect(readRestoreTest(fields)).toEqual(read);
  });
});
