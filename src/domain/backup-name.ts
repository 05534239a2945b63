/**
 * The time a backup was taken, read from its key by the plan's pattern (`postgres_janua_{YYYYmmdd_HHMMSS}.{*}`) in the
 * plan's time zone. LastModified is only a cross-check: a copied object has a new one.
 */
const TOKENS: Record<string, string> = {
  YYYY: '(?<year>\\d{4})',
  mm: '(?<month>\\d{2})',
  dd: '(?<day>\\d{2})',
  HH: '(?<hour>\\d{2})',
  MM: '(?<minute>\\d{2})',
  SS: '(?<second>\\d{2})',
};

const DAY_MS = 86_400_000;

/** The pattern as a matcher of names (the key without its prefix). */
export function patternToRegExp(pattern: string): RegExp {
  const source = pattern.replace(/\{([^}]*)\}|[^{]+/g, (part, token: string | undefined) => {
    if (token === undefined) return escapeRegExp(part);
    if (token === '*') return '[^/]*';
    return token.replace(/YYYY|mm|dd|HH|MM|SS|./g, (piece) => TOKENS[piece] ?? escapeRegExp(piece));
  });
  return new RegExp(`^${source}$`);
}

/** A pattern without a whole date cannot order backups; one that names a part twice contradicts itself. */
export function patternFault(pattern: string): string | undefined {
  const braces = pattern.match(/\{[^}]*\}/g) ?? [];
  const tokens: readonly string[] = braces.join('').match(/YYYY|mm|dd|HH|MM|SS/g) ?? [];
  const repeated = tokens.find((token, index) => tokens.indexOf(token) < index);
  if (repeated !== undefined) return `expected each part of the time once, got ${repeated} twice`;
  const missing = ['YYYY', 'mm', 'dd'].filter((token) => !tokens.includes(token));
  return missing.length > 0
    ? `expected a time like "{YYYYmmdd_HHMMSS}" in the pattern, missing ${missing.join(', ')}`
    : undefined;
}

/**
 * The instant a name speaks of, or undefined when it does not match or is no real date. In the hour that a clock change
 * repeats it is the earlier one, so that the loss is never told too small.
 */
export function takenAtFromName(pattern: RegExp, name: string, timeZone: string): Date | undefined {
  const groups = name.match(pattern)?.groups;
  if (groups === undefined) return undefined;
  const part = (key: string) => Number(groups[key] ?? 0);
  const [day, hour, minute, second] = [part('day'), part('hour'), part('minute'), part('second')];
  const wall = Date.UTC(part('year'), part('month') - 1, day, hour, minute, second);
  const date = new Date(wall);
  if (date.getUTCMonth() !== part('month') - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (timeZone === 'UTC') return date;
  const today = Math.floor(wall / DAY_MS);
  const [before, after] = [offsetOfDay(today - 1, timeZone), offsetOfDay(today + 2, timeZone)];
  if (before === after) return new Date(wall - before);
  const ahead = Math.max(before, after);
  const earlier = new Date(wall - ahead);
  return zoneOffsetMs(earlier, timeZone) === ahead ? earlier : new Date(wall - Math.min(before, after));
}

/** By zone and day. Asking a formatter takes 20 µs, and a listing asks for one zone 200,000 times. */
const offsets = new Map<string, Map<number, number>>();
/** Ten years of one zone. Names may hold any day. */
const MOST_DAYS = 3_653;

/** How far a zone is ahead of UTC when a day (its number since 1970) begins. */
function offsetOfDay(day: number, timeZone: string): number {
  const ofZone = offsets.get(timeZone) ?? new Map<number, number>();
  offsets.set(timeZone, ofZone);
  const known = ofZone.get(day);
  if (known !== undefined) return known;
  if (ofZone.size >= MOST_DAYS) ofZone.clear();
  const offset = zoneOffsetMs(new Date(day * DAY_MS), timeZone);
  ofZone.set(day, offset);
  return offset;
}

/** Formatters are dear to make. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  clocks.set(timeZone, clock);
  return clock;
}

/** How far a zone's wall clock is ahead of UTC at an instant, in milliseconds. */
function zoneOffsetMs(at: Date, timeZone: string): number {
  const parts = clockOf(timeZone).formatToParts(at);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(
    read('year'),
    read('month') - 1,
    read('day'),
    read('hour'),
    read('minute'),
    read('second'),
  );
  return wall - Math.floor(at.getTime() / 1000) * 1000;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
