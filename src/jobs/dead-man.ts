import { messageOf } from '../errors.ts';
import type { World } from './world.ts';

const PING_MS = 10_000;

/**
 * Tells a dead-man switch outside that the watch still runs. A switch that does not answer is
 * logged, because its silence calls people by itself.
 */
export function pingDeadMan(
  url: string | undefined,
  { log, shutdown }: Pick<World, 'log' | 'shutdown'>,
): void {
  if (url === undefined) return;
  const signal = AbortSignal.any([shutdown, AbortSignal.timeout(PING_MS)]);
  fetch(url, { method: 'POST', signal, redirect: 'error' }).then(
    async (response) => {
      await response.body?.cancel();
      if (!response.ok) log({ status: response.status }, 'the dead-man switch refused the ping');
    },
    (error: unknown) => log({ reason: messageOf(error) }, 'the dead-man switch could not be pinged'),
  );
}
