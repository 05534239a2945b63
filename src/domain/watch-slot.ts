import { sha256 } from './canonical.ts';

/**
 * Slots of a system's watch: every `everyMs` since 1970, shifted by a part of it that is the system's own, so that many
 * systems are not looked at in the same moment.
 */
export function slotOf(system: string, everyMs: number, now: Date): Date {
  const shift = Number.parseInt(sha256(system).slice(0, 8), 16) % everyMs;
  return new Date(Math.floor((now.getTime() - shift) / everyMs) * everyMs + shift);
}

/** After so many rounds that did not come a look says nothing of now. */
const STALE_ROUNDS = 3;

export function isStale(lookedAt: Date, everyMs: number, now: Date): boolean {
  return now.getTime() - lookedAt.getTime() > STALE_ROUNDS * everyMs;
}
