import { durationText } from '../duration.ts';
import type { Artifact, OddKeys } from '../inventory.ts';

/** Instants, sizes and counts as the sentences of the rules say them (CARDS §0.3). Always UTC. */
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const UNITS = [
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const;

/** `02:14 UTC`, or `20 Nov 23:50 UTC` when it is another day than that of the check. */
export function instantText(at: Date, now: Date): string {
  const time = `${at.toISOString().slice(11, 16)} UTC`;
  return dayText(at) === dayText(now) ? time : `${dayText(at)} ${time}`;
}

/** `14 Nov` */
export function dayText(at: Date): string {
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
}

/** `Nov 2026` */
export function monthText(at: Date): string {
  return `${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

/** `20 bytes`, `820 kB`, `38.2 MB`: powers of 1,000, three figures. */
export function sizeText(bytes: number): string {
  // 999.6 kB has no three figures of its own: it is 1 MB.
  const [unit, scale] = UNITS.find(([, scale]) => bytes >= scale * 0.9995) ?? ['', 1];
  return unit === '' ? countText(bytes, 'byte') : `${Number((bytes / scale).toPrecision(3))} ${unit}`;
}

/** `1 backup`, `1,204 backups` */
export function countText(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`;
}

/** `24%`, of a share of 0.24. */
export function percentText(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** The last part of a key: where it lies is told elsewhere. */
export function nameOf({ key }: Pick<Artifact, 'key'>): string {
  return key.replace(/\/+$/, '').replace(/^.*\//, '');
}

/** `a, b and 5 more` */
export function someOf(names: readonly string[], total = names.length): string {
  const shown = names.slice(0, 3);
  return total > shown.length ? `${shown.join(', ')} and ${total - shown.length} more` : shown.join(', ');
}

/** `3 objects are empty, like x, y` */
export function oddText({ count, examples }: OddKeys, are: string): string {
  return `${countText(count, 'object')} ${are}: ${someOf(
    examples.map((key) => nameOf({ key })),
    count,
  )}`;
}

/** "If PostgreSQL fails now you lose 26 h 10 min of data" */
export function lossText(name: string, ms: number): string {
  return `If ${name} fails now you lose ${durationText(ms)} of data`;
}
