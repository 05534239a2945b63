import type { Measure } from '../domain/verdict.ts';
import { capital, instant, quantity } from './format.ts';

/** What the picture of an alert shows: how one number went in the last days, and its limit. */
export interface AlertChart {
  /** "Janua pg-daily: age of newest good backup" */
  readonly title: string;
  readonly kind: Measure['kind'];
  readonly unit: Measure['unit'];
  /** Oldest first. A value that is not known is a gap in the line, never 0. */
  readonly points: readonly Point[];
  /** Null where nothing is measured against one. */
  readonly limit: number | null;
  readonly from: Date;
  readonly to: Date;
}

interface Point {
  readonly at: Date;
  readonly value: number | null;
}
interface KnownPoint extends Point {
  readonly value: number;
}

export function knownPoints({ points }: AlertChart): readonly KnownPoint[] {
  return points.filter((point): point is KnownPoint => point.value !== null);
}

/** The picture in a sentence, for who cannot see it: `Age rose from 2 h to 26 h; limit 25 h crossed at 03:00 UTC`. */
export function describeChart(chart: AlertChart): string {
  const { kind, unit, limit, points } = chart;
  const [first, ...rest] = lastStretch(knownPoints(chart));
  const what = capital(kind);
  const last = rest.at(-1) ?? first;
  if (first === undefined || last === undefined) return `${what} is not known in these days`;
  const way =
    first.value === last.value
      ? `${what} is ${quantity(last.value, unit)}`
      : `${what} ${first.value < last.value ? 'rose' : 'fell'} from ${quantity(first.value, unit)} to ${quantity(last.value, unit)}`;
  const lost = points.at(-1)?.value === null ? ', then not known' : '';
  if (limit === null) return way + lost;
  const crossed = rest.find(({ value }) => value > limit !== first.value > limit);
  const where =
    crossed === undefined ? '' : ` crossed at ${instant(crossedAt(chart, crossed, limit), chart.to)}`;
  return `${way}${lost}; limit ${quantity(limit, unit)}${where}`;
}

/** What grows with the clock crossed its limit between two points; anything else at the point. */
function crossedAt({ kind }: AlertChart, { at, value }: KnownPoint, limit: number): Date {
  const grows = kind === 'age' || kind === 'loss';
  return grows && value > limit ? new Date(at.getTime() - (value - limit)) : at;
}

/** The points since the line last turned. */
function lastStretch(points: readonly KnownPoint[]): readonly KnownPoint[] {
  let from = points.length - 1;
  let way = 0;
  while (from > 0) {
    const step = Math.sign((points[from]?.value ?? 0) - (points[from - 1]?.value ?? 0));
    if (step !== 0 && way !== 0 && step !== way) break;
    way ||= step;
    from -= 1;
  }
  return points.slice(Math.max(0, from));
}
