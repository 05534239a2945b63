import { describe, expect, test } from 'vitest';
import { DurationMs, parseDuration } from '../../src/domain/duration.ts';

describe('a duration', () => {
  test.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['4h', 14_400_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '30', 'm', '30 m', '-5m', '1h 30m', '30min', '1e3s', '5M'])('"%s" is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('in a plan it becomes milliseconds', () => {
    expect(DurationMs.parse('15m')).toBe(900_000);
  });

  test.each(['soon', '0s'])('"%s" in a plan is refused with an example', (text) => {
    const result = DurationMs.safeParse(text);

    expect(result.error?.issues[0]?.message).toBe(
      `expected a duration like "30m", "4h" or "1h30m", got "${text}"`,
    );
  });
});
