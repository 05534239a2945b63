import { durationText } from '../domain/duration.ts';
import type { Iso } from '../domain/events.ts';
import type { Measure } from '../domain/verdict.ts';

/** Instants, durations, sizes and counts as CARDS writes them. UTC everywhere; only Slack adds the reader's own time. */
export type Instant = Date | Iso;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const SECOND = 1_000;

/** `02:14` in UTC, without the word: for places that say `Times are UTC`. */
export function hourMinute(at: Instant): string {
  return iso(at).slice(11, 16);
}

/** `02:14:07` in UTC, for lists; `20 Nov 23:50:07` when the day differs from the reference day. */
export function clock(at: Instant, day?: Instant): string {
  return withDay(at, day, iso(at).slice(11, 19));
}

/** `02:14 UTC`, or `20 Nov 23:50 UTC` when the day differs from the reference day (that of the declaration). */
export function instant(at: Instant, day?: Instant): string {
  return `${withDay(at, day, hourMinute(at))} UTC`;
}

/** `02:14:07 UTC`, with the day when it differs from the reference day. */
export function exactInstant(at: Instant, day?: Instant): string {
  return `${clock(at, day)} UTC`;
}

/** `21 Nov 2026 02:14:07 UTC`: for documents that are read in another year. */
export function fullInstant(at: Instant): string {
  return `${date(at)} ${iso(at).slice(11, 19)} UTC`;
}

/** `21 Nov 2026` */
export function date(at: Instant): string {
  const text = iso(at);
  return `${dayOf(text)} ${text.slice(0, 4)}`;
}

/** `21 Nov`: for lists of the last weeks. */
export function day(at: Instant): string {
  return dayOf(iso(at));
}

/** `02:14 UTC (04:14 your time)`: the second part is a Slack date token that each reader's Slack fills in. */
export function dualInstant(at: Instant, day?: Instant): string {
  const seconds = Math.floor(ms(at) / SECOND);
  const form = day !== undefined && !sameDay(at, day) ? '{date_short} {time}' : '{time}';
  const fallback = `${iso(at).slice(0, 16).replace('T', ' ')}Z`;
  return `${instant(at, day)} <!date^${seconds}^(${form} your time)|(${fallback})>`;
}

/** `0.4 s`, `41 s`, `3 min 12 s`, `26 h 10 min`, `2 d 3 h`: two units at most, and hours up to two days. */
export function duration(spanMs: number): string {
  return spanMs < 0 ? `−${durationText(-spanMs)}` : durationText(spanMs);
}

/** The time between two instants, in milliseconds. */
export function between(from: Instant, to: Instant): number {
  return ms(to) - ms(from);
}

/** `20 bytes`, `820 kB`, `38.2 MB`, `1.4 GB`: powers of 1,000, three figures. */
export function size(bytes: number): string {
  if (bytes < 1_000) return count(bytes, 'byte');
  for (const [unit, scale] of [
    ['kB', 1e3],
    ['MB', 1e6],
    ['GB', 1e9],
  ] as const) {
    const figures = Number((bytes / scale).toPrecision(3));
    if (figures < 1_000) return `${figures} ${unit}`;
  }
  return `${Number((bytes / 1e12).toPrecision(3))} TB`;
}

/** `214,600` */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 row`, `214,600 rows`; irregular plurals are given: `count(2, 'entry', 'entries')`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** A measured value in the unit it has: `26 h 10 min`, `38.2 MB`, `24%`, `3`. */
export function quantity(value: number, unit: Measure['unit']): string {
  switch (unit) {
    case 'ms':
      return duration(value);
    case 'bytes':
      return size(value);
    case 'share':
      return `${number(Math.round(value * 100))}%`;
    case 'count':
      return number(value);
  }
}

/** `9f2c41d0…`: for eyes; the full value stands in Details. */
export function shortHash(hex: string): string {
  return hex.length > 8 ? `${hex.slice(0, 8)}…` : hex;
}

/** `not known: the backup store does not answer`. Unknown is never 0, empty or a dash. */
export function notKnown(reason: string): string {
  return `not known: ${reason}`;
}

/** `Ana`, `Ana and Ben`, `Ana, Ben and Mina`. */
export function listOf(names: readonly string[], last = 'and'): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`;
}

/** The first letter in upper case, the rest as it is. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function withDay(at: Instant, day: Instant | undefined, time: string): string {
  return day === undefined || sameDay(at, day) ? time : `${dayOf(iso(at))} ${time}`;
}

function sameDay(a: Instant, b: Instant): boolean {
  return iso(a).slice(0, 10) === iso(b).slice(0, 10);
}

function dayOf(text: string): string {
  return `${Number(text.slice(8, 10))} ${MONTHS[Number(text.slice(5, 7)) - 1]}`;
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}

function ms(at: Instant): number {
  return new Date(at).getTime();
}
