import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isHandedOver } from '../errors.ts';

/** Between two looks at a system that is away. */
const LOOK_AGAIN_MS = 500;

/** Looks once a system answers: as often as it takes, until the signal says that time is up. */
export async function whenBack<Result>(signal: AbortSignal, look: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (!passes(error)) throw error;
      await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      // Out of time, the system's own fault says more than the clock; a worker that must let go says so.
      if (signal.aborted) throw isHandedOver(signal.reason) ? signal.reason : error;
    }
  }
}

function passes(error: unknown): boolean {
  return error instanceof AppError
    ? error.retry === 'later'
    : error instanceof DOMException && error.name === 'TimeoutError';
}
