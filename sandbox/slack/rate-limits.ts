import type { Tier } from './method.ts';

/** Slack's documented minimum per tier, and one message a second and channel. */
const allowed: Record<Tier, { calls: number; perMs: number }> = {
  1: { calls: 1, perMs: 60_000 },
  2: { calls: 20, perMs: 60_000 },
  3: { calls: 50, perMs: 60_000 },
  4: { calls: 100, perMs: 60_000 },
  post: { calls: 1, perMs: 1000 },
};

/** Counts calls in a sliding window of the machine's own clock: limits are about traffic, not about pretended time. */
export function createRateLimits() {
  const windows = new Map<string, number[]>();

  /** Seconds to wait, or 0 when the call may go on. A refused call is not counted. */
  return function waitSeconds(method: string, tier: Tier, channel: unknown): number {
    const { calls, perMs } = allowed[tier];
    const key = tier === 'post' ? `${method} ${String(channel)}` : method;
    const now = performance.now();
    const recent = (windows.get(key) ?? []).filter((at) => at > now - perMs);
    windows.set(key, recent);
    const oldest = recent[0];
    if (oldest !== undefined && recent.length >= calls)
      return Math.max(1, Math.ceil((oldest + perMs - now) / 1000));
    recent.push(now);
    return 0;
  };
}
