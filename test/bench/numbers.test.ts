import { expect, test } from 'vitest';
import { median, percentile } from '../../bench/median.ts';
import { ratiosOf } from '../../bench/restore.ts';

test('a median is the middle one, whatever the order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(3);
});

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 200 }, (_, n) => 200 - n);

  expect(percentile(values, 50)).toBe(100);
  expect(percentile(values, 99)).toBe(198);
  expect(percentile([0.25], 99)).toBe(0.3);
});

test('a ratio below 1 says that the bot is the faster one', () => {
  const ratios = ratiosOf({ totalMs: 20_000, downtimeMs: 18_000 }, { totalMs: 22_000, downtimeMs: 1_800 });

  expect(ratios).toEqual({ totalRatio: 1.1, downtimeRatio: 0.1 });
});
