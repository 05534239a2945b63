import type { z } from 'zod';
import type { RegionReadiness, Seen } from '../domain/inventory.ts';
import type { DrRegion } from '../domain/plan-backup.ts';
import { AppError } from '../errors.ts';
import { attempt } from './attempt.ts';
import type { Look, Sources } from './look.ts';

/** Whether the region that takes over is ready (R16). Its health is asked by HTTP; the rest is read by nothing yet. */
export function inspectRegion(
  { clients: { http } }: Sources,
  { health: url }: Pick<z.infer<typeof DrRegion>, 'health'>,
  { signal }: Look,
): Promise<Seen<RegionReadiness>> {
  const unread = { missingImages: null, missingSecrets: null, dnsWritable: null, capacity: null };
  return attempt('The health check', signal, async () => {
    if (url === undefined) return { health: null, healthReason: null, ...unread };
    const refusal = await http
      .ask({ url, method: 'GET', signal })
      .then(({ status }) => (status >= 200 && status < 300 ? null : `answers HTTP ${status}`), orSilence);
    return { health: refusal === null ? 'ok' : 'failing', healthReason: refusal, ...unread };
  });
}

/** No answer is what a health check is about; a host that may not be asked is not. */
function orSilence(error: unknown): string {
  if (error instanceof AppError && error.code === 'outside-unreachable') return error.message;
  throw error;
}
