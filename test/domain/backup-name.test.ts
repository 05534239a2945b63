import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patternFault, patternToRegExp, takenAtFromName } from '../../src/domain/backup-name.ts';
import { check } from './seed.ts';

const JANUA = patternToRegExp('postgres_janua_{YYYYmmdd_HHMMSS}.{*}');

describe('the pattern of backup names', () => {
  test.each([
    ['postgres_janua_{YYYYmmdd_HHMMSS}.{*}', 'postgres_janua_20261121_020004.dump', true],
    ['postgres_janua_{YYYYmmdd_HHMMSS}.{*}', 'postgres_janua_20261121_020004xdump', false],
    ['postgres_janua_{YYYYmmdd_HHMMSS}.{*}', 'old_postgres_janua_20261121_020004.dump', false],
    ['postgres_janua_{YYYYmmdd_HHMMSS}.{*}', 'postgres_janua_20261121_020004.dump/part', false],
    ['a+b[{YYYY-mm-dd}].gz', 'a+b[2026-11-21].gz', true],
    ['a+b[{YYYY-mm-dd}].gz', 'aab[2026-11-21].gz', false],
    ['{YYYYmmddTHHMM}', '20261121T0200', true],
    ['{YYYYmmddTHHMM}', '20261121X0200', false],
  ])('%s against %s: %s', (pattern, name, matches) => {
    expect(patternToRegExp(pattern).test(name)).toBe(matches);
  });

  test.each([
    ['{YYYYmmdd}.gz', undefined],
    ['{YYYY}/{mm}/{dd}.gz', undefined],
    ['dump.gz', 'expected a time like "{YYYYmmdd_HHMMSS}" in the pattern, missing YYYY, mm, dd'],
    ['YYYYmmdd.gz', 'expected a time like "{YYYYmmdd_HHMMSS}" in the pattern, missing YYYY, mm, dd'],
    ['{YYYYmm}.gz', 'expected a time like "{YYYYmmdd_HHMMSS}" in the pattern, missing dd'],
    ['{YYYYmmdd}_{YYYY}.gz', 'expected each part of the time once, got YYYY twice'],
  ])('%s: %s', (pattern, fault) => {
    expect(patternFault(pattern)).toBe(fault);
  });
});

describe('the time in a backup name', () => {
  test.each([
    ['20261121_020004', 'UTC', '2026-11-21T02:00:04.000Z'],
    ['20261121_020004', 'Europe/Berlin', '2026-11-21T01:00:04.000Z'],
    ['20260721_020004', 'Europe/Berlin', '2026-07-21T00:00:04.000Z'],
    ['20261121_020004', 'Asia/Kolkata', '2026-11-20T20:30:04.000Z'],
    ['20280229_235959', 'UTC', '2028-02-29T23:59:59.000Z'],
    ['20261231_235959', 'Pacific/Kiritimati', '2026-12-31T09:59:59.000Z'],
    // The hour that the end of summer time repeats: the earlier instant, in the east as in the west.
    ['20261025_023000', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['20261101_013000', 'America/New_York', '2026-11-01T05:30:00.000Z'],
    // The hour that the start of summer time leaves out: read on, after the change.
    ['20260329_023000', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['20260308_023000', 'America/New_York', '2026-03-08T07:30:00.000Z'],
    // Half an hour of summer time.
    ['20260405_014500', 'Australia/Lord_Howe', '2026-04-04T14:45:00.000Z'],
  ])('%s in %s is %s', (time, zone, instant) => {
    const taken = takenAtFromName(JANUA, `postgres_janua_${time}.dump`, zone);

    expect(taken?.toISOString()).toBe(instant);
  });

  test.each([
    '20261321_020004',
    '20260231_020004',
    '20261121_240000',
    '20261121_026000',
    '20261121_020060',
    '20260021_020004',
  ])('%s is no time', (time) => {
    expect(takenAtFromName(JANUA, `postgres_janua_${time}.dump`, 'UTC')).toBeUndefined();
  });

  test('a name that does not match has none', () => {
    expect(takenAtFromName(JANUA, 'mysql.dump', 'UTC')).toBeUndefined();
    expect(takenAtFromName(patternToRegExp('latest.gz'), 'latest.gz', 'UTC')).toBeUndefined();
  });

  test('a name with a date alone speaks of midnight in its zone', () => {
    expect(takenAtFromName(patternToRegExp('{YYYYmmdd}'), '20261121', 'Europe/Berlin')?.toISOString()).toBe(
      '2026-11-20T23:00:00.000Z',
    );
  });
});

test('a name of each day of fifteen years is read rightly', () => {
  const pattern = patternToRegExp('{YYYYmmdd}');
  const noons = Array.from({ length: 15 * 365 }, (_, day) => new Date(Date.UTC(2016, 0, 1 + day, 12)));

  const read = noons.map((noon) => {
    const name = noon.toISOString().slice(0, 10).replaceAll('-', '');
    return takenAtFromName(pattern, name, 'Asia/Kolkata')?.getTime();
  });

  expect(read).toEqual(noons.map((noon) => noon.getTime() - 17.5 * 3_600_000));
});

describe('in every time zone', () => {
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const PATTERN = patternToRegExp('{YYYYmmddHHMMSS}');

  /** The name a backup gets at an instant: the digits of the zone's wall clock. */
  function nameAt(at: Date, timeZone: string): string {
    const text = at.toLocaleString('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    return text.replace(/\D/g, '');
  }

  function expectRoundTrip(at: Date, timeZone: string): void {
    const name = nameAt(at, timeZone);

    const taken = takenAtFromName(PATTERN, name, timeZone);

    const read = taken === undefined ? 'nothing' : nameAt(taken, timeZone);
    expect(`${timeZone} ${read}`).toBe(`${timeZone} ${name}`);
    // Never later than the truth, and early only by the time that the clock shows twice (two hours in Troll).
    const early = at.getTime() - (taken?.getTime() ?? Number.NaN);
    expect(early).toBeGreaterThanOrEqual(0);
    expect(early).toBeLessThanOrEqual(7_200_000);
  }

  test('a name made at any instant reads back as that wall-clock time', () => {
    const instant = fc.date({
      min: new Date('2015-01-01T00:00:00Z'),
      max: new Date('2037-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    const second = instant.map((at) => new Date(Math.floor(at.getTime() / 1000) * 1000));
    check(
      fc.property(second, fc.constantFrom(...zones), (at, zone) => {
        expectRoundTrip(at, zone);
      }),
      { seed: 301, runs: 1_000 },
    );
  });

  test('so do names made around both clock changes of 2026', () => {
    const step = 30 * 60_000;
    let nights = 0;
    for (const zone of zones) {
      for (const change of clockChanges(2026, zone)) {
        nights++;
        for (let at = change - 4 * step; at <= change + 4 * step; at += step)
          expectRoundTrip(new Date(at), zone);
      }
    }
    expect(nights).toBeGreaterThan(200);
  });
});

/** The hours of a year in which a zone's clock jumps, in milliseconds. */
function clockChanges(year: number, timeZone: string): readonly number[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offset = (at: number) => format.format(at).split('GMT')[1];
  const changes: number[] = [];
  const day = 86_400_000;
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += day) {
    if (offset(at) === offset(at + day)) continue;
    let hour = at;
    while (offset(hour) === offset(at)) hour += 30 * 60_000;
    changes.push(hour);
  }
  return changes;
}
