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

/** The pattern as a matcher of names (the key without its prefix). */
export function patternToRegExp(pattern: string): RegExp {
  const source = pattern.replace(/\{([^}]*)\}|[^{]+/g, (part, token: string | undefined) => {
    if (token === undefined) return escapeRegExp(part);
    if (token === '*') return '[^/]*';
    return token.replace(/YYYY|mm|dd|HH|MM|SS|./g, (piece) => TOKENS[piece] ?? escapeRegExp(piece));
  });
  return new RegExp(`^${source}$`);
}

/** A pattern without a whole date cannot order backups. */
export function patternFault(pattern: string): string | undefined {
  const source = patternToRegExp(pattern).source;
  const missing = ['year', 'month', 'day'].filter((name) => !source.includes(`?<${name}>`));
  return missing.length > 0
    ? `expected a time like "{YYYYmmdd_HHMMSS}" in the pattern, missing ${missing.join(', ')}`
    : undefined;
}

/** The instant a name speaks of, or undefined when it does not match or is no real date. */
export function takenAtFromName(pattern: RegExp, name: string, timeZone: string): Date | undefined {
  const groups = name.match(pattern)?.groups;
  if (groups === undefined) return undefined;
  const part = (key: string) => Number(groups[key] ?? 0);
  const wanted = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  const utc = new Date(wanted);
  if (utc.getUTCMonth() !== part('month') - 1 || utc.getUTCDate() !== part('day') || part('hour') > 23)
    return undefined;
  const first = new Date(wanted - zoneOffsetMs(utc, timeZone));
  return new Date(wanted - zoneOffsetMs(first, timeZone));
}

/** How far a zone's wall clock is ahead of UTC at an instant, in milliseconds. */
function zoneOffsetMs(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
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
