import type { JobRun } from './inventory.ts';

/** One word of a producer on one run of one backup. A signal, never proof. */
export interface Heartbeat {
  readonly system: string;
  readonly backup: string;
  readonly from: 'heartbeat' | 'sns';
  /** The producer's name for the run: its start and its end carry the same. */
  readonly run: string;
  readonly state: 'start' | 'success' | 'failure';
  readonly at: Date;
  readonly bytes: number | null;
  readonly durationMs: number | null;
  readonly reason: string | null;
}

/** Of two words of one instant. */
const ORDER = { start: 0, success: 1, failure: 2 } as const;
const REASON_LENGTH = 200;

/**
 * The runs that heartbeats tell of, newest first, whatever the order of the heartbeats. A run without an end is running; of
 * two ends the later counts, and of two at once the failure.
 */
export function runsOfHeartbeats(heartbeats: readonly Heartbeat[]): readonly JobRun[] {
  const runs = new Map<string, JobRun>();
  const told = heartbeats.toSorted(
    (a, b) => a.at.getTime() - b.at.getTime() || ORDER[a.state] - ORDER[b.state],
  );
  for (const heartbeat of told) {
    const key = `${heartbeat.from} ${heartbeat.run}`;
    runs.set(key, afterHeartbeat(runs.get(key), heartbeat));
  }
  return [...runs.values()].sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
}

function afterHeartbeat(known: JobRun | undefined, heartbeat: Heartbeat): JobRun {
  const { run: id, from, state, at, bytes, durationMs, reason } = heartbeat;
  // A start that comes after the end was sent late, or by a clock that is ahead.
  if (state === 'start')
    return known ?? { id, from, state: 'running', startedAt: at, endedAt: null, bytes: null, reason: null };
  return {
    id,
    from,
    state: state === 'success' ? 'done' : 'failed',
    startedAt: known?.startedAt ?? new Date(at.getTime() - (durationMs ?? 0)),
    endedAt: at,
    bytes,
    reason: state === 'success' || reason === null ? null : [...reason].slice(0, REASON_LENGTH).join(''),
  };
}
