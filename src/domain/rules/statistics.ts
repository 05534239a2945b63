import type { Artifact, Sample } from '../inventory.ts';

/** The value below which a share of them lies; 0 of none. The nearest that was measured, never one in between. */
export function quantile(values: readonly number[], share: number): number {
  const rank = Math.max(Math.ceil(values.length * share) - 1, 0);
  return values.toSorted((a, b) => a - b).at(rank) ?? 0;
}

/** Halfway between the two in the middle of an even number. */
export function median(values: readonly number[]): number {
  return (quantile(values, 0.5) + quantile(values, 0.5 + Number.EPSILON)) / 2;
}

/** What is usual is what was usual lately. */
const RECENT = 64;

/** What is listed now and what earlier checks saw, newest first, each key once. */
export function samplesOf(listed: readonly Artifact[], history: readonly Sample[]): readonly Sample[] {
  const byKey = new Map<string, Sample>();
  for (const sample of [...listed, ...history.slice(0, RECENT)]) {
    const known = byKey.get(sample.key);
    // A listing does not tell how long it took; who watched the run knows.
    byKey.set(sample.key, { ...sample, ...known, durationMs: known?.durationMs ?? sample.durationMs });
  }
  return [...byKey.values()].sort((a, b) => b.takenAt.getTime() - a.takenAt.getTime());
}
