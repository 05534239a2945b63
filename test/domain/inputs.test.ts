import { describe, expect, test } from 'vitest';
import { readInputs } from '../../src/domain/inputs.ts';
import type { Input, Runbook } from '../../src/domain/plan.ts';
import { RUNBOOK } from './samples.ts';

function runbookWith(inputs: Record<string, Partial<Input>>): Runbook {
  const full = Object.entries(inputs).map(([name, input]) => [
    name,
    { label: name, type: 'text', required: false, ...input },
  ]);
  return { ...RUNBOOK, inputs: Object.fromEntries(full) };
}

const TIMES = runbookWith({ before: { type: 'time' } });

describe('the inputs of a runbook', () => {
  test('what was typed is trimmed, and what was not takes its default or nothing', () => {
    const runbook = runbookWith({ reason: {}, target: { default: 'standby' }, note: {} });

    expect(readInputs(runbook, { reason: '  rows are gone ', target: ' ' })).toEqual({
      reason: 'rows are gone',
      target: 'standby',
      note: '',
    });
  });

  test.each<[string, Runbook, Record<string, string>, string, string]>([
    ['a required one left out', runbookWith({ before: { required: true } }), {}, '', 'a value'],
    [
      'a long text',
      runbookWith({ before: {} }),
      { before: 'x'.repeat(501) },
      'x'.repeat(501),
      'at most 500 characters',
    ],
    ['no time', TIMES, { before: '25:00' }, '25:00', 'a time like "02:05" (UTC) or "2026-11-21T02:05Z"'],
    [
      'none of the choices',
      runbookWith({
        before: {
          type: 'choice',
          options: [
            { value: 'a', label: 'A' },
            { value: 'b', label: 'B' },
          ],
        },
      }),
      { before: 'c' },
      'c',
      'one of a, b',
    ],
    [
      'a choice without options',
      runbookWith({ before: { type: 'choice' } }),
      { before: 'c' },
      'c',
      'one of ',
    ],
  ])('%s is refused with what is expected', (_, runbook, given, got, expected) => {
    expect(readInputs(runbook, given)).toMatchObject({
      code: 'input-invalid',
      facts: { input: 'before', got, expected },
    });
  });

  test.each(['befor', 'constructor'])('"%s", which the runbook does not have, is refused', (name) => {
    expect(readInputs(TIMES, { [name]: '02:05' })).toMatchObject({
      code: 'input-invalid',
      facts: { input: name, expected: 'one of before' },
    });
  });

  test('a runbook without inputs takes none', () => {
    expect(readInputs(RUNBOOK, { before: '' })).toMatchObject({ facts: { expected: 'one of no inputs' } });
  });

  test.each(['', '02:05', '23:59', '2026-11-21T02:05Z'])('"%s" is a time', (before) => {
    expect(readInputs(TIMES, { before })).toEqual({ before });
  });

  test('a choice is one of its options', () => {
    const runbook = runbookWith({ to: { type: 'choice', options: [{ value: 'a', label: 'A' }] } });

    expect(readInputs(runbook, { to: 'a' })).toEqual({ to: 'a' });
  });
});
