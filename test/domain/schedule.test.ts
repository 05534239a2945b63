import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cronFault,
  intervalMs,
  longestIntervalMs,
  phaseMs,
  slotAfter,
  slotBefore,
  slotsBefore,
} from '../../src/domain/schedule.ts';
import { check } from './seed.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const of = (cron: string, timeZone = 'UTC') => ({ cron, timeZone });
const at = (text: string) => new Date(text);
const texts = (slots: readonly Date[]) => slots.map((slot) => slot.toISOString());

describe('slots of a schedule', () => {
  test('a slot counts from its own instant on', () => {
    const daily = of('0 2 * * *');

    expect(slotBefore(daily, at('2026-11-21T02:00:00Z'))).toEqual(at('2026-11-21T02:00:00Z'));
    expect(slotBefore(daily, at('2026-11-21T01:59:59.999Z'))).toEqual(at('2026-11-20T02:00:00Z'));
    expect(slotAfter(daily, at('2026-11-21T01:59:59.999Z'))).toEqual(at('2026-11-21T02:00:00Z'));
    expect(slotAfter(daily, at('2026-11-21T02:00:00Z'))).toEqual(at('2026-11-22T02:00:00Z'));
  });

  test('slots come newest first', () => {
    const slots = slotsBefore(of('0 3 * * 0'), at('2026-11-21T12:00:00Z'), 3);

    expect(texts(slots)).toEqual([
      '2026-11-15T03:00:00.000Z',
      '2026-11-08T03:00:00.000Z',
      '2026-11-01T03:00:00.000Z',
    ]);
  });

  test.each([
    [
      'spring takes the hour away',
      '30 2 * * *',
      '2026-03-30T12:00:00Z',
      ['03-30T00:30', '03-29T01:00', '03-28T01:30'],
    ],
    [
      'autumn has it twice',
      '30 2 * * *',
      '2026-10-26T12:00:00Z',
      ['10-26T01:30', '10-25T00:30', '10-24T00:30'],
    ],
    [
      'between the two of autumn',
      '30 2 * * *',
      '2026-10-25T00:45:00Z',
      ['10-25T00:30', '10-24T00:30', '10-23T00:30'],
    ],
    [
      'twice a day in spring',
      '30 2,14 * * *',
      '2026-03-29T23:00:00Z',
      ['03-29T12:30', '03-29T01:00', '03-28T13:30'],
    ],
    [
      'twice a day in autumn',
      '30 2,14 * * *',
      '2026-10-25T23:00:00Z',
      ['10-25T13:30', '10-25T00:30', '10-24T12:30'],
    ],
  ])('no daily slot is lost or doubled when %s', (_, cron, now, expected) => {
    const slots = slotsBefore(of(cron, 'Europe/Berlin'), at(now), 3);

    expect(texts(slots)).toEqual(expected.map((text) => `2026-${text}:00.000Z`));
  });

  test('each day of two years has one slot, in any zone that changes its clocks', () => {
    for (const timeZone of [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
    ]) {
      const days = Array.from({ length: 730 }, (_, index) => new Date(Date.UTC(2025, 0, 2 + index)));
      const slots = new Set(days.map((day) => slotBefore(of('30 2 * * *', timeZone), day).getTime()));

      expect(slots.size, timeZone).toBe(730);
    }
  });

  test('asking in any order gives what croner gives', () => {
    const schedules = [
      of('0 2 * * *'),
      of('*/7 3-5 * * 1-5', 'Europe/Athens'),
      of('15 * * * *', 'Asia/Kolkata'),
    ];
    const since = Date.UTC(2026, 9, 20);
    const anyTime = fc.integer({ min: since, max: since + 30 * DAY });
    check(
      fc.property(
        fc.constantFrom(...schedules),
        fc.array(anyTime, { minLength: 1, maxLength: 6 }),
        (schedule, times) => {
          const options = {
            timezone: schedule.timeZone,
            mode: '5-part',
            fixedTimeRule: 'no-wildcard',
          } as const;
          const fresh = new Cron(schedule.cron, options);

          for (const time of times) {
            const second = new Date(Math.floor(time / 1000) * 1000 + 1000);
            expect(slotsBefore(schedule, new Date(time), 3)).toEqual(fresh.previousRuns(3, second));
            expect(slotAfter(schedule, new Date(time))).toEqual(fresh.nextRun(new Date(time)));
          }
        },
      ),
      { seed: 1, runs: 60 },
    );
  });

  test('what lies too far back is still answered', () => {
    const often = of('*/5 * * * *', 'Europe/Paris');
    slotBefore(often, at('2026-11-21T12:00:00Z'));

    const slots = slotsBefore(often, at('2026-10-01T12:01:00Z'), 2);

    expect(texts(slots)).toEqual(['2026-10-01T12:00:00.000Z', '2026-10-01T11:55:00.000Z']);
    expect(slotAfter(often, at('2026-10-01T12:01:00Z'))).toEqual(at('2026-10-01T12:05:00Z'));
  });

  test('time that goes on for long forgets the oldest slots and none of the newest', () => {
    const often = of('*/5 * * * *', 'Europe/Rome');
    const begin = Date.UTC(2026, 10, 1);

    for (let step = 0; step < 1_200; step += 1) {
      const now = new Date(begin + step * 5 * 60_000 + 1_000);
      expect(slotBefore(often, now).getTime()).toBe(begin + step * 5 * 60_000);
    }
  });

  test('a schedule that never comes says so', () => {
    expect(() => slotBefore(of('0 2 31 2 *'), at('2026-11-21T12:00:00Z'))).toThrow(
      'the schedule "0 2 31 2 *" never comes',
    );
  });
});

describe('distances', () => {
  test.each([
    ['0 2 * * *', DAY, DAY],
    ['0 */4 * * *', 4 * HOUR, 4 * HOUR],
    ['0 2 * * 1-5', DAY, 3 * DAY],
  ])('%s', (cron, last, longest) => {
    expect(intervalMs(of(cron), at('2026-11-20T12:00:00Z'))).toBe(last);
    expect(longestIntervalMs(of(cron))).toBe(longest);
  });

  test.each([
    ['0 2 * * *', 'UTC', 2],
    // 01:30 in Berlin is 23:30 UTC in summer and 00:30 in winter: days are counted from the earlier.
    ['30 1 * * *', 'Europe/Berlin', 23.5],
    ['0 2 * * *', 'America/New_York', 6],
    ['0 0 * * *', 'Australia/Sydney', 13],
  ])('the day of %s in %s begins %d h after midnight', (cron, timeZone, hours) => {
    expect(phaseMs(of(cron, timeZone)) / HOUR).toBe(hours);
  });
});

describe('five fields of cron', () => {
  test.each(['0 2 * * *', '*/5 * * * *', '30 2,14 * * 1-5', '0 9 1 * *', '0 0 29 2 *', '0 2 * * MON'])(
    '%s is a schedule',
    (text) => {
      expect(cronFault(text)).toBeUndefined();
    },
  );

  test.each([
    [
      '@daily',
      'expected five fields of cron like "0 2 * * *" (minute, hour, day, month, weekday), got "@daily"',
    ],
    ['* * * * * *', 'expected five fields'],
    ['60 2 * * *', 'got "60 2 * * *": Invalid value for minute: 60'],
    ['every night at two o', 'expected five fields'],
    ['0 2 31 2 *', 'expected a time that comes, but "0 2 31 2 *" never does'],
  ])('%s is none', (text, fault) => {
    expect(cronFault(text)).toContain(fault);
  });
});

test('10,000 backups of a few schedules are asked in a blink', () => {
  const schedules = ['0 2 * * *', '0 * * * *', '0 3 * * 0'].map((cron) => of(cron, 'Europe/Madrid'));
  const now = at('2026-11-21T12:00:00Z');
  const begun = performance.now();

  for (let backup = 0; backup < 10_000; backup += 1) {
    const schedule = schedules[backup % 3] ?? of('* * * * *');
    slotsBefore(schedule, now, 8);
    slotAfter(schedule, now);
    intervalMs(schedule, now);
  }

  // 0.1 s on a quiet machine; croner alone takes 30 s.
  expect(performance.now() - begun).toBeLessThan(10_000);
});
