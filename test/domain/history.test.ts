import { describe, expect, test } from 'vitest';
import { historyOf } from '../../src/domain/history.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 10, 20, hour));
const HOUR = 3_600_000;

const samples = [2, 8].map((hour) => ({
  key: `dump-${hour}`,
  takenAt: at(hour),
  bytes: hour * 1_000,
  durationMs: hour,
}));

describe('how a number went', () => {
  test.each(['age', 'loss'] as const)('%s grows until the next backup is there', (kind) => {
    expect(historyOf(kind, samples, at(10))).toEqual([
      { at: at(2), value: 0 },
      { at: at(8), value: 6 * HOUR },
      { at: at(8), value: 0 },
      { at: at(10), value: 2 * HOUR },
    ]);
  });

  test('one that was read and refused is none to go back to, and none at all when no other is there', () => {
    const [good, cut] = samples.map((sample, index) => ({ ...sample, refused: index === 1 }));
    if (good === undefined || cut === undefined) throw new Error('there are two');

    expect(historyOf('loss', [good, cut], at(10)).at(-1)).toEqual({ at: at(10), value: 8 * HOUR });
    expect(historyOf('loss', [cut], at(10))).toEqual([]);
    expect(historyOf('size', [good, cut], at(10))).toHaveLength(2);
  });

  test('a backup from the future is not younger than now', () => {
    expect(historyOf('age', samples.slice(1), at(7)).at(-1)).toEqual({ at: at(7), value: 0 });
  });

  test('sizes and durations are one point each', () => {
    expect(historyOf('size', samples, at(10)).map(({ value }) => value)).toEqual([2_000, 8_000]);
    expect(historyOf('duration', samples, at(10)).map(({ value }) => value)).toEqual([2, 8]);
  });

  test('without backups, and of what artifacts do not tell, there is none', () => {
    expect(historyOf('age', [], at(10))).toEqual([]);
    expect(historyOf('lag', samples, at(10))).toEqual([]);
    expect(historyOf('count', samples, at(10))).toEqual([]);
  });
});
