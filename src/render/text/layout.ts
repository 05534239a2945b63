import { clip, oneLine } from '../escape.ts';
import type { Instant } from '../format.ts';
import { cliMark, type MarkName } from '../words.ts';

/** Terminals are at least this wide; nothing of ours is wider. */
export const WIDTH = 80;

/** Text on lines of at most `WIDTH` columns. A word longer than a line is cut, so that nothing can widen it. */
export function wrap(text: string, indent = '', hanging = indent): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of oneLine(text).split(' ')) {
    const lead = lines.length === 0 ? indent : hanging;
    const joined = line === lead ? line + word : `${line} ${word}`;
    if (joined.length <= WIDTH) line = joined;
    else {
      if (line !== lead) lines.push(line);
      line = clip(`${lines.length === 0 ? indent : hanging}${word}`, WIDTH);
    }
  }
  return [...lines, line];
}

/** `INC-2026-014  Janua  SEV1` on one line. */
export function heading(...parts: readonly string[]): string {
  return clip(
    parts
      .filter((part) => part !== '')
      .map(oneLine)
      .join('  '),
    WIDTH,
  );
}

const LABEL = 15;
const MARK = 7;

/** `  RTO 1 h      due 03:12 UTC, 55 min left      [ok]`; a long value goes on below, the mark stays on the first line. */
export function row(label: string, value: string, mark?: MarkName): readonly string[] {
  const margin = ' '.repeat(mark === undefined ? LABEL : LABEL + MARK);
  const [first = '', ...rest] = wrap(value, margin).map((line) => line.trimStart());
  const begin = `  ${label}`.padEnd(LABEL) + first;
  return [
    mark === undefined ? begin : `${begin.padEnd(WIDTH - MARK)} ${cliMark(mark)}`.trimEnd(),
    ...rest.map((line) => ' '.repeat(LABEL) + line),
  ];
}

/** A fixed-width cell: clipped or padded. */
export function cell(text: string, width: number): string {
  return clip(oneLine(text), width).padEnd(width);
}

/** A title and its lines, wrapped two columns in; a line that begins with blanks belongs to the one above it. */
export function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return [
    '',
    ...wrap(title),
    ...lines.flatMap((line) => (line.startsWith(' ') ? wrap(line, '     ') : wrap(line, '  ', '    '))),
  ];
}

/** ` (04:14 local)` where the reader's zone is not UTC; nothing without one. */
export function localTime(at: Instant, timeZone: string | undefined): string {
  if (timeZone === undefined || timeZone === 'UTC') return '';
  const time = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return ` (${time.format(new Date(at))} local)`;
}
