import { describe, expect, it } from 'vitest';
import {
  between,
  capital,
  clock,
  count,
  day,
  dualInstant,
  duration,
  exactInstant,
  fullInstant,
  instant,
  listOf,
  notKnown,
  quantity,
  shortHash,
  size,
} from '../../src/render/format.ts';

const AT = '2026-11-21T02:14:07.900Z';
const DAY = '2026-11-21T02:12:04.000Z';

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [400, '0.4 s'],
    [3_140, '3.1 s'],
    [4_000, '4 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [41_000, '41 s'],
    [59_600, '1 min'],
    [192_000, '3 min 12 s'],
    [3_600_000, '1 h'],
    [3_840_000, '1 h 04 min'],
    [86_399_999, '24 h'],
    [94_200_000, '26 h 10 min'],
    [172_799_999, '2 d'],
    [183_600_000, '2 d 3 h'],
    [-61_000, '−1 min 1 s'],
  ])('%i ms reads %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });
});

describe('sizes', () => {
  it.each([
    [1, '1 byte'],
    [20, '20 bytes'],
    [820_000, '820 kB'],
    [38_249_000, '38.2 MB'],
    [999_999, '1 MB'],
    [1_400_000_000, '1.4 GB'],
    [2_500_000_000_000, '2.5 TB'],
  ])('%i reads %s', (bytes, words) => {
    expect(size(bytes)).toBe(words);
  });
});

it.each([
  [94_200_000, 'ms', '26 h 10 min'],
  [38_249_000, 'bytes', '38.2 MB'],
  [0.244, 'share', '24%'],
  [1_200, 'count', '1,200'],
] as const)('a measured %d in %s reads %s', (value, unit, words) => {
  expect(quantity(value, unit)).toBe(words);
});

describe('instants', () => {
  it('name the day alone where the hour says nothing', () => {
    expect(day(AT)).toBe('21 Nov');
  });

  it('name UTC, and the day only when it is another one', () => {
    expect(instant(AT, DAY)).toBe('02:14 UTC');
    expect(instant(AT)).toBe('02:14 UTC');
    expect(instant('2026-11-20T23:50:00.000Z', DAY)).toBe('20 Nov 23:50 UTC');
    expect(exactInstant(new Date(AT), DAY)).toBe('02:14:07 UTC');
    expect(clock('2026-12-01T00:00:00.000Z', DAY)).toBe('1 Dec 00:00:00');
    expect(fullInstant(AT)).toBe('21 Nov 2026 02:14:07 UTC');
  });

  it('become Slack date tokens that each reader sees in their own zone', () => {
    expect(dualInstant(AT, DAY)).toBe('02:14 UTC <!date^1795227247^({time} your time)|(2026-11-21 02:14Z)>');
    expect(dualInstant('2026-11-20T23:50:00.000Z', DAY)).toContain('({date_short} {time} your time)');
  });
});

it('counts with commas and the right word', () => {
  expect(count(1, 'row')).toBe('1 row');
  expect(count(214_600, 'row')).toBe('214,600 rows');
  expect(count(2, 'entry', 'entries')).toBe('2 entries');
});

it('joins lists, clips hashes and names what is unknown', () => {
  expect(listOf([])).toBe('');
  expect(listOf(['Ana'])).toBe('Ana');
  expect(listOf(['Ana', 'Ben', 'Mina'])).toBe('Ana, Ben and Mina');
  expect(listOf(['Ben', 'Mina'], 'or')).toBe('Ben or Mina');
  expect(shortHash('9f2c41d0aa')).toBe('9f2c41d0…');
  expect(shortHash('9f2c')).toBe('9f2c');
  expect(notKnown('S3 does not answer')).toBe('not known: S3 does not answer');
  expect(capital('über')).toBe('Über');
  expect(between(DAY, AT)).toBe(123_900);
});
