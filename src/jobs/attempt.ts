import { AppError, isHandedOver } from '../errors.ts';
import { runSignals } from '../store/aggregates.ts';
import type { World } from './world.ts';

/** Why a step's signal fired. */
export type StopReason = 'deadline' | 'abort' | 'lost' | 'shutdown';

const POLL_MS = 500;

/**
 * Runs `work` under one signal that fires at the deadline, when a person aborts the run, when another worker has
 * taken it over, or when this process stops. An abort does not wait behind the step: the row is read twice a second.
 */
export async function supervised<Result>(
  world: World,
  run: { id: string; claim: number; heedAbort: boolean },
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const stop = (reason: StopReason) => controller.abort(stopError(reason, timeoutMs));
  const onShutdown = () => stop('shutdown');
  if (world.shutdown.aborted) onShutdown();
  world.shutdown.addEventListener('abort', onShutdown, { once: true });
  const deadline = setTimeout(() => stop('deadline'), timeoutMs);
  const poll = setInterval(() => {
    runSignals(world.db, run.id)
      .then((signals) => {
        if (signals !== undefined && signals.claim !== run.claim) stop('lost');
        if (signals?.aborting && run.heedAbort) stop('abort');
      })
      // A database that is away for a moment ends no step; the commit at its end will tell.
      .catch(() => {});
  }, POLL_MS);
  try {
    return await Promise.race([work(controller.signal), rejection(controller.signal)]);
  } catch (error) {
    // What an interrupted action throws says nothing of the step, which another worker goes on with; Node's own timers and
    // streams throw an AbortError in place of the reason.
    const { aborted, reason } = controller.signal;
    throw aborted && (isHandedOver(reason) || isAbortError(error)) ? reason : error;
  } finally {
    clearTimeout(deadline);
    clearInterval(poll);
    world.shutdown.removeEventListener('abort', onShutdown);
  }
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function stopError(reason: StopReason, timeoutMs: number): AppError {
  switch (reason) {
    case 'deadline':
      return new AppError(
        'step-timeout',
        `It did not end within ${Math.round(timeoutMs / 1000)} s and was stopped.`,
      );
    case 'abort':
      return new AppError('step-aborted', 'It was stopped because the run was aborted.');
    case 'lost':
      return new AppError('claim-lost', 'Another worker has taken this run over.');
    case 'shutdown':
      return new AppError('claim-lost', 'This worker is stopping; another one goes on.');
  }
}

/** Grace for a step to clean up after its signal before it is left behind. */
const GRACE_MS = 5_000;

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason), GRACE_MS).unref(), {
      once: true,
    });
  });
}
