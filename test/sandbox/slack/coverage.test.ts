import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { coverage } from '../../../sandbox/slack/coverage.ts';
import { registry } from '../../../sandbox/slack/registry.ts';

test('every method there is appears in the coverage table, and nothing else does', () => {
  expect(Object.keys(coverage).toSorted()).toEqual([...registry.keys()].toSorted());
});

test.each(Object.entries(coverage))(
  '%s is shown by a test that exists and calls it',
  (method, { testedBy }) => {
    const [file = '', name = ''] = testedBy.split(': ');
    const source = readFileSync(new URL(`${file}.test.ts`, import.meta.url), 'utf8');
    const body = source.split(`test('${name}`)[1]?.split('\ntest(')[0] ?? '';
    const calls = method.startsWith('files.complete') ? [method, 'filesUploadV2'] : [method];

    expect(calls.some((call) => body.includes(`${call}(`) || body.includes(`'${call}'`))).toBe(true);
  },
);

test('what is only partly there says what is missing', () => {
  for (const { status, missing } of Object.values(coverage)) {
    expect(missing !== undefined).toBe(status === 'partial');
  }
});
