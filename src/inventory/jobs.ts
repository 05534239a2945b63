import type { JobRun } from '../domain/inventory.ts';
import type { Producer } from '../domain/plan-backup.ts';
import { Unread } from './attempt.ts';
import type { Look, Sources } from './look.ts';

/**
 * The runs of a CronJob, newest first. One that is suspended makes no more backups: that is told as a failed run that follows
 * the last one.
 */
export async function readCronJobRuns(
  { clients: { kubernetes } }: Sources,
  { cluster, namespace, name }: Extract<Producer, { kind: 'cronJob' }>,
  { signal }: Look,
): Promise<readonly JobRun[]> {
  const cronJob = await kubernetes.readCronJob(cluster, namespace, name, { signal });
  if (cronJob === undefined) throw new Unread('gone', `has no CronJob ${name} in ${namespace}`);
  const found = await kubernetes.listRuns(cluster, namespace, cronJob, { signal });
  const runs = found.map(({ name: id, reason, ...run }): JobRun => {
    return { ...run, id, from: 'cronJob', bytes: null, reason: reason?.slice(0, 200) ?? null };
  });
  if (!cronJob.suspended || runs[0]?.state === 'running') return runs;
  const since = runs[0]?.endedAt ?? cronJob.createdAt;
  const reason = `the CronJob ${name} is suspended and makes no backups`;
  const suspended = { state: 'failed', startedAt: since, endedAt: since, bytes: null, reason } as const;
  return [{ id: 'suspended', from: 'cronJob', ...suspended }, ...runs];
}
