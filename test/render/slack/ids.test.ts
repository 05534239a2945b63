import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DeclareDraft, encodeDraft, parseDraft } from '../../../src/render/slack/declare-draft.ts';
import {
  type Carried,
  encodeValue,
  isActionId,
  isFormId,
  parseValue,
} from '../../../src/render/slack/ids.ts';
import { encodeRunStart, parseRunStart } from '../../../src/render/slack/run-start.ts';

describe('what a button carries', () => {
  test('comes back as it was, whatever the ids hold', () => {
    const id = fc.string({
      minLength: 1,
      maxLength: 20,
      unit: fc.constantFrom('a', 'Z', '9', '-', '&', '=', '%', ' '),
    });
    const carried = fc.record({ run: id, step: id, approval: id, digest: id }, { requiredKeys: [] });

    const comesBack = fc.property(carried, (value: Carried) => {
      expect(parseValue(encodeValue(value))).toEqual({ ...value });
    });

    fc.assert(comesBack, { seed: 31 });
  });

  test('is the same text in whatever order it was given', () => {
    expect(encodeValue({ step: 'swap', run: 'RUN-31' })).toBe(encodeValue({ run: 'RUN-31', step: 'swap' }));
  });

  test('fits a menu entry of 75 characters with the longest step name', () => {
    expect(
      encodeValue({ do: 'step.skip', run: 'RUN-1031', step: 's'.repeat(40) }).length,
    ).toBeLessThanOrEqual(75);
  });

  test.each(['run=RUN-1&run=RUN-2', 'secret=1', 'run=', 'do=rm', `run=${'x'.repeat(2000)}`])(
    'is refused when it is not ours: %s',
    (text) => {
      expect(parseValue(text)).toBeNull();
    },
  );

  test('never exceeds the 2,000 characters of Slack', () => {
    expect(() => encodeValue({ choice: 'x'.repeat(2000) })).toThrow('a button value holds 2000 characters');
  });
});

test('names that are not listed are nobody’s', () => {
  expect([
    isActionId('run.abort'),
    isActionId('run.abort2'),
    isFormId('run.start'),
    isFormId('notice'),
  ]).toEqual([true, false, true, false]);
});

describe('what a form carries', () => {
  const draft: DeclareDraft = {
    system: 'janua',
    title: 'Sign-in fails',
    severity: 'SEV1',
    impact: null,
    occurredAt: '2026-11-21T02:04:00Z',
    drill: true,
    resembles: 'INC-2026-013',
  };

  test('a declaration comes back as it was typed', () => {
    expect(parseDraft(encodeDraft(draft))).toEqual(draft);
  });

  test('a declaration of the longest texts fits the 3,000 characters Slack keeps', () => {
    expect(
      encodeDraft({ ...draft, title: '字'.repeat(900), impact: '"'.repeat(900) }).length,
    ).toBeLessThanOrEqual(3000);
  });

  test.each([
    '',
    'null',
    '[]',
    '{"system":1}',
    '{"system":"janua","title":"x","severity":"SEV9","resembles":"x"}',
  ])('a declaration that is not ours is refused: %s', (text) => {
    expect(parseDraft(text)).toBeNull();
  });

  test('a run to start comes back as it was previewed', () => {
    const start = {
      incident: 'INC-2026-014',
      runbook: 'restore-postgres',
      mode: 'drill',
      inputs: { before: '02:05' },
    } as const;

    expect(parseRunStart(encodeRunStart(start))).toEqual(start);
  });

  test.each([
    '',
    '{}',
    '{"incident":"a","runbook":"b","mode":"test","inputs":{}}',
    '{"incident":"a","runbook":"b","mode":"live","inputs":{"x":1}}',
  ])('a run to start that is not ours is refused: %s', (text) => {
    expect(parseRunStart(text)).toBeNull();
  });

  test('inputs that no form can keep are named', () => {
    const start = {
      incident: 'INC-1',
      runbook: 'restore',
      mode: 'live',
      inputs: { note: 'x'.repeat(3000) },
    } as const;

    expect(() => encodeRunStart(start)).toThrow('the inputs of restore are too long for one form');
  });
});
