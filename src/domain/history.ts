import type { Sample } from './inventory.ts';
import type { Measure } from './verdict.ts';

interface Point {
  readonly at: Date;
  readonly value: number | null;
}

/**
 * How a number went, from the artifacts that were taken, oldest first. Age and loss grow until the next good artifact is
 * there, so each gives the top and the foot of a tooth; sizes and durations are one point each. Empty where artifacts tell nothing.
 */
export function historyOf(kind: Measure['kind'], samples: readonly Sample[], now: Date): readonly Point[] {
  switch (kind) {
    case 'age':
    case 'loss': {
      const good = samples.filter(({ refused }) => refused !== true);
      return good.length === 0 ? [] : teeth(good, now);
    }
    case 'size':
      return samples.map(({ takenAt, bytes }) => ({ at: takenAt, value: bytes }));
    case 'duration':
      return samples.map(({ takenAt, durationMs }) => ({ at: takenAt, value: durationMs }));
    case 'lag':
    case 'count':
      return [];
  }
}

function teeth(samples: readonly Sample[], now: Date): readonly Point[] {
  return samples.flatMap(({ takenAt }, index) => {
    const end = samples[index + 1]?.takenAt ?? now;
    return [
      { at: takenAt, value: 0 },
      { at: end, value: Math.max(0, end.getTime() - takenAt.getTime()) },
    ];
  });
}
