import type { Run } from './run.ts';

/** When a resting run must be looked at again: the end of a wait or of a postponement. Null = somebody must act. */
export function runDueAt(run: Run): Date | null {
  if (run.outcome !== null) return null;
  const instants = Object.values(run.steps).flatMap(({ status }) =>
    status.is === 'waiting' || status.is === 'postponed' ? [Date.parse(status.until)] : [],
  );
  return instants.length === 0 ? null : new Date(Math.min(...instants));
}
