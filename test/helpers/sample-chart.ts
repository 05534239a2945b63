import type { AlertChart } from '../../src/render/alert-picture.ts';

export const HOUR = 3_600_000;
const LAST = Date.parse('2026-11-23T03:00:00Z');
const DAY = 24 * HOUR;

/** An hour apart, the last at 03:00 of 23 Nov; values are hours. */
export function chartOf(hours: readonly (number | null)[], changes: Partial<AlertChart> = {}): AlertChart {
  return {
    title: 'Janua pg-daily: age of newest good backup',
    kind: 'age',
    unit: 'ms',
    limit: 25 * HOUR,
    points: hours.map((value, index) => ({
      at: new Date(LAST - (hours.length - 1 - index) * HOUR),
      value: value === null ? null : value * HOUR,
    })),
    from: new Date(LAST - 14 * DAY),
    to: new Date(LAST),
    ...changes,
  };
}
