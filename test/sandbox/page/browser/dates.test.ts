import { describe, expect, it } from 'vitest';
import {
  ago,
  dayName,
  fillDateFormat,
  localField,
  timeOfDay,
  utcClock,
} from '../../../../sandbox/page/browser/dates.ts';

const athens = { locale: 'en-GB', timeZone: 'Europe/Athens' };
const at = new Date('2026-11-20T23:50:07Z');
const now = new Date('2026-11-21T02:14:00Z');
const seconds = at.getTime() / 1000;

describe('instants in the page', () => {
  it('stand in the zone of the reader', () => {
    expect(timeOfDay(at, athens)).toBe('1:50');
    expect(localField(at, 'Europe/Athens')).toBe('2026-11-21T01:50');
    expect(utcClock(at)).toBe('23:50:07 UTC');
  });

  it('belong to a day of the reader, not of UTC', () => {
    expect(dayName(at, now, athens)).toBe('Today');
    expect(dayName(at, now, { ...athens, timeZone: 'UTC' })).toBe('Yesterday');
    expect(dayName(new Date('2026-11-18T12:00:00Z'), now, athens)).toBe('Wednesday 18 November');
  });

  it('fill the date tokens of Slack, or give way to the fallback', () => {
    const fill = (format: string) => fillDateFormat({ seconds, format, fallback: 'then' }, now, athens);

    expect(fill('{date_short_pretty} at {time}')).toBe('today at 1:50');
    expect(fill('{date_num} {time_secs}')).toBe('2026-11-21 1:50:07');
    expect(fill('{nonsense}')).toBe('then');
    expect(fill('')).toBe('then');
  });

  it('are so long ago', () => {
    expect(
      [30, 240, 7_200, 300_000].map((before) => ago(new Date(now.getTime() - before * 1000), now)),
    ).toEqual(['just now', '4 min ago', '2 h ago', '3 d ago']);
  });
});
