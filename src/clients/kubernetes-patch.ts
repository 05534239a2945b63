import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';

/** How often a patch looks again after a conflict or a lost reply. */
const PATCH_TRIES = 5;

/**
 * Repeats `look, decide, patch` after a conflict, a lost reply or an API server that is away for a moment. Each try looks
 * anew, so that a patch which landed without its reply is found and not repeated.
 */
export async function patchAgain<Result>(
  signal: AbortSignal,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === PATCH_TRIES || !(error instanceof AppError) || error.retry === 'never') throw error;
    }
    const pauseMs = 50 * 2 ** tries * (0.5 + Math.random());
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
