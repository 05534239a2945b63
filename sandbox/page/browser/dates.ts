/** Instants as Slack's client shows them. Zone and locale are the reader's own unless told. */

export type Reader = { readonly locale?: string; readonly timeZone?: string };

const DAY_MS = 86_400_000;

export function timeOfDay(at: Date, reader: Reader = {}): string {
  return shown(at, reader, { hour: 'numeric', minute: '2-digit' });
}

/** `02:14:07 UTC`: the world's clock. */
export function utcClock(at: Date): string {
  return `${at.toISOString().slice(11, 19)} UTC`;
}

/** `Today`, `Yesterday` or `Friday, 20 November`: what stands between the messages of two days. */
export function dayName(at: Date, now: Date, reader: Reader = {}): string {
  const days = daysApart(at, now, reader);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return shown(at, reader, { weekday: 'long', month: 'long', day: 'numeric' });
}

export function sameDay(one: Date, other: Date, reader: Reader = {}): boolean {
  return daysApart(one, other, reader) === 0;
}

/** Whole moment, for titles: `21 November 2026, 02:14:07`. */
export function fullMoment(at: Date, reader: Reader = {}): string {
  return shown(at, reader, { dateStyle: 'long', timeStyle: 'medium' });
}

/** `just now`, `4 min ago`, `2 h ago`, `3 d ago`. */
export function ago(at: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`;
}

/** A `<!date^…>`: known tokens replaced, or the fallback where a token is unknown. */
export function fillDateFormat(
  date: { readonly seconds: number; readonly format: string; readonly fallback: string },
  now: Date,
  reader: Reader = {},
): string {
  const at = new Date(date.seconds * 1000);
  let unknown = date.format === '';
  const text = date.format.replace(/\{([a-z_]+)\}/g, (whole, token: string) => {
    const part = datePart(token, at, now, reader);
    unknown ||= part === null;
    return part ?? whole;
  });
  return unknown ? date.fallback : text;
}

function datePart(token: string, at: Date, now: Date, reader: Reader): string | null {
  const pretty = (plain: string): string => {
    const days = daysApart(at, now, reader);
    if (days === 0) return 'today';
    if (days === 1) return 'yesterday';
    return days === -1 ? 'tomorrow' : plain;
  };
  const short = shown(at, reader, { month: 'short', day: 'numeric', year: 'numeric' });
  const middle = shown(at, reader, { month: 'long', day: 'numeric', year: 'numeric' });
  const long = shown(at, reader, { weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' });
  switch (token) {
    case 'date_num':
      return `${shown(at, { ...reader, locale: 'sv-SE' }, { year: 'numeric', month: '2-digit', day: '2-digit' })}`;
    case 'date':
      return middle;
    case 'date_short':
      return short;
    case 'date_long':
      return long;
    case 'date_pretty':
      return pretty(middle);
    case 'date_short_pretty':
      return pretty(short);
    case 'date_long_pretty':
      return pretty(long);
    case 'time':
      return timeOfDay(at, reader);
    case 'time_secs':
      return shown(at, reader, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
    case 'ago':
      return ago(at, now);
    default:
      return null;
  }
}

/** Calendar days of the reader between two moments; positive when `at` is the earlier one. */
function daysApart(at: Date, now: Date, reader: Reader): number {
  const dayOf = (moment: Date) =>
    Date.parse(
      `${shown(moment, { ...reader, locale: 'sv-SE' }, { year: 'numeric', month: '2-digit', day: '2-digit' })}Z`,
    );
  return Math.round((dayOf(now) - dayOf(at)) / DAY_MS);
}

/** `2026-11-21T02:14` for a date and time field, in the reader's zone. */
export function localField(at: Date, timeZone?: string): string {
  const parts: Intl.DateTimeFormatOptions = {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  };
  return shown(at, { locale: 'sv-SE', ...(timeZone === undefined ? {} : { timeZone }) }, parts).replace(
    ' ',
    'T',
  );
}

function shown(at: Date, { locale, timeZone }: Reader, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, {
    ...options,
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(at);
}
