import { Cron } from 'croner';
import type { Schedule } from './plan-backup.ts';

/** Slots of a plan's schedule: the instants at which a run should begin. */
type Times = Pick<Schedule, 'cron' | 'timeZone'>;

/** A stretch of a schedule's slots without a hole, ascending, in milliseconds since 1970. */
interface Timetable {
  readonly cron: Cron;
  readonly slots: number[];
  longestMs?: number;
  phaseMs?: number;
}

/** The stretch grows no longer than this, nor by more for one question; what lies further back croner answers each time. */
const KNOWN_AT_MOST = 512;
const LOOKED_UP_AT_MOST = 32;
/** Slots in a row: enough to meet the longest of the months. */
const COMPARED = 9;
/** Midnights: enough to meet a weekend, however many slots a working day has. */
const NIGHTS = 9;
const SECOND = 1_000;
const DAY = 86_400_000;
/** Any year does: zones are asked only how far apart their winter and summer are. */
const WINTER = new Date('2026-01-15T00:00:00Z');
const SUMMER = new Date('2026-07-15T00:00:00Z');

/** Croner takes 0.2 to 0.5 ms for a slot, and 10,000 backups ask for the same few at every check. */
const timetables = new Map<string, Timetable>();

/** The latest slot that has come. A slot counts from its own instant on. */
export function slotBefore(schedule: Times, at: Date): Date {
  return new Date(Math.max(...slotsBefore(schedule, at, 1).map(Number)));
}

/** The latest slots that have come, newest first. */
export function slotsBefore(schedule: Times, at: Date, count: number): readonly Date[] {
  const table = timetableOf(schedule, at);
  const known = reachBack(table, at, count);
  const slots =
    known >= count
      ? table.slots.slice(known - count, known).reverse()
      : previous(table.cron, Math.floor(at.getTime() / SECOND) * SECOND + SECOND, count);
  return slots.map((ms) => new Date(ms));
}

/** The next slot, later than `at`. */
export function slotAfter(schedule: Times, at: Date): Date {
  const table = timetableOf(schedule, at);
  const known = reachBack(table, at, 1);
  const next = known === 0 ? undefined : table.slots[known];
  return new Date(next ?? following(table.cron, at.getTime()));
}

/** The distance of the two last slots. */
export function intervalMs(schedule: Times, at: Date): number {
  return longestOf(slotsBefore(schedule, at, 2));
}

/** The longest distance between two slots in a row: of a schedule for working days it is the weekend's. */
export function longestIntervalMs(schedule: Times): number {
  const table = timetableOf(schedule, WINTER);
  table.longestMs ??= Math.max(
    longestOf(table.cron.previousRuns(COMPARED, WINTER)),
    ...Array.from({ length: NIGHTS }, (_, night) => overnightMs(table.cron, WINTER.getTime() - night * DAY)),
  );
  return table.longestMs;
}

/** The distance of the slots on both sides of an instant. */
function overnightMs(cron: Cron, ms: number): number {
  return longestOf([following(cron, ms - 1), ...previous(cron, ms, 1)].map((slot) => new Date(slot)));
}

/**
 * How far into a UTC day the first run begins, in milliseconds: the day's earlier slot of winter and summer, so that a
 * change of clocks moves no daily run into another day when days are counted from here.
 */
export function phaseMs(schedule: Times): number {
  const table = timetableOf(schedule, WINTER);
  table.phaseMs ??= phaseOf(table.cron);
  return table.phaseMs;
}

function phaseOf(cron: Cron): number {
  const winter = following(cron, WINTER.getTime());
  const later = within(following(cron, SUMMER.getTime()) - winter + DAY / 2) - DAY / 2;
  return within(winter + Math.min(0, later));
}

function longestOf(newestFirst: readonly Date[]): number {
  let longest = 0;
  let newer: Date | undefined;
  for (const slot of newestFirst) {
    if (newer !== undefined) longest = Math.max(longest, newer.getTime() - slot.getTime());
    newer = slot;
  }
  return longest;
}

/** What is wrong with five fields of cron, in a sentence that names what is expected. */
export function cronFault(text: string): string | undefined {
  const expected = 'expected five fields of cron like "0 2 * * *" (minute, hour, day, month, weekday)';
  if (text.trim().split(/\s+/).length !== 5) return `${expected}, got "${text}"`;
  try {
    return cronOf({ cron: text, timeZone: 'UTC' }).nextRun(WINTER) === null
      ? `expected a time that comes, but "${text}" never does`
      : undefined;
  } catch (error) {
    return `${expected}, got "${text}": ${String(error).replace(/^\w+: CronPattern: /, '')}`;
  }
}

/** The timetable with `at` before its last slot, moved along when the time has gone on. */
function timetableOf(schedule: Times, at: Date): Timetable {
  const key = `${schedule.cron} ${schedule.timeZone}`;
  const table = timetables.get(key) ?? { cron: cronOf(schedule), slots: [] };
  timetables.set(key, table);
  const { cron, slots } = table;
  const last = slots.at(-1);
  if (last !== undefined && at.getTime() < last) return table;
  const next = last === undefined ? undefined : following(cron, last);
  if (next !== undefined && at.getTime() < next) slots.push(next);
  else slots.splice(0, slots.length, following(cron, at.getTime()));
  if (slots.length > KNOWN_AT_MOST) slots.splice(0, KNOWN_AT_MOST / 2);
  return table;
}

/** How many known slots have come at `at`, once enough were looked up; fewer than `count` when that would be too many. */
function reachBack({ cron, slots }: Timetable, at: Date, count: number): number {
  const room = Math.min(slots.length + LOOKED_UP_AT_MOST, KNOWN_AT_MOST);
  let come = comeBy(slots, at);
  while (come < count && slots.length < room) {
    const first = Math.min(...slots.slice(0, 1));
    slots.unshift(...previous(cron, first, Math.max(count - come, 4)).reverse());
    come = comeBy(slots, at);
  }
  return come;
}

/** How many of the ascending slots are not later. Nearly always the answer is at the end. */
function comeBy(slots: readonly number[], at: Date): number {
  return slots.findLastIndex((slot) => slot <= at.getTime()) + 1;
}

/** "no-wildcard": a run at 02:30 and 14:30 comes once on each day too, whatever is done to the clocks at night. */
function cronOf({ cron, timeZone }: Times): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', fixedTimeRule: 'no-wildcard' });
}

function following(cron: Cron, ms: number): number {
  const next = cron.nextRun(new Date(ms));
  if (next === null) throw new Error(`the schedule "${cron.getPattern()}" never comes`);
  return next.getTime();
}

/** Newest first, all earlier than `ms`. */
function previous(cron: Cron, ms: number, count: number): number[] {
  return cron.previousRuns(count, new Date(ms)).map(Number);
}

/** The same time in the day that began in 1970. */
function within(ms: number): number {
  return ((ms % DAY) + DAY) % DAY;
}
