import type { V1Job } from '@kubernetes/client-node';
import type { CallOptions, KubernetesApi } from './kubernetes-api.ts';

export interface CronJob {
  readonly uid: string;
  readonly suspended: boolean;
  readonly createdAt: Date;
}

/** One Job that a CronJob started, or that somebody started from it by hand. */
export interface CronJobRun {
  readonly name: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  /** `BackoffLimitExceeded: Job has reached the specified backoff limit` */
  readonly reason: string | null;
}

/** A CronJob keeps a handful of its Jobs; this only bounds a namespace that never cleans up. */
const MOST_JOBS = 500;

/** CronJobs, what became of their runs, and the volumes of a namespace. A watch looks all the time: it passes no hop. */
export function createJobs(api: KubernetesApi) {
  /** Undefined when there is no such CronJob. */
  async function readCronJob(
    cluster: string,
    namespace: string,
    name: string,
    options: CallOptions,
  ): Promise<CronJob | undefined> {
    const what = `show cronjob \`${name}\` in \`${namespace}\``;
    const found = await api.find(cluster, what, [404], { poll: true, ...options }, ({ batch }, request) =>
      batch.readNamespacedCronJob({ name, namespace }, request),
    );
    return (
      found && {
        uid: found.metadata?.uid ?? '',
        suspended: found.spec?.suspend ?? false,
        createdAt: found.metadata?.creationTimestamp ?? new Date(0),
      }
    );
  }

  /** The Jobs of a CronJob that are still there, newest first. */
  async function listRuns(
    cluster: string,
    namespace: string,
    { uid }: CronJob,
    options: CallOptions,
  ): Promise<readonly CronJobRun[]> {
    const what = `list jobs in \`${namespace}\``;
    const { items } = await api.read(cluster, what, { poll: true, ...options }, ({ batch }, request) =>
      batch.listNamespacedJob({ namespace, limit: MOST_JOBS }, request),
    );
    return items
      .filter(({ metadata }) => metadata?.ownerReferences?.some((owner) => owner.uid === uid))
      .map(runOf)
      .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
  }

  /** The names of the PersistentVolumeClaims of a namespace. */
  async function listVolumes(
    cluster: string,
    namespace: string,
    options: CallOptions,
  ): Promise<readonly string[]> {
    const what = `list persistentvolumeclaims in \`${namespace}\``;
    const { items } = await api.read(cluster, what, { poll: true, ...options }, ({ core }, request) =>
      core.listNamespacedPersistentVolumeClaim({ namespace }, request),
    );
    return items.flatMap(({ metadata }) => metadata?.name ?? []);
  }

  return { readCronJob, listRuns, listVolumes };
}

function runOf({ metadata, status }: V1Job): CronJobRun {
  const ended = status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  const failed = ended?.type === 'Failed';
  return {
    name: metadata?.name ?? '',
    state: ended === undefined ? 'running' : failed ? 'failed' : 'done',
    startedAt: status?.startTime ?? metadata?.creationTimestamp ?? new Date(0),
    endedAt: ended === undefined ? null : (status?.completionTime ?? ended.lastTransitionTime ?? null),
    reason: failed ? [ended.reason, ended.message].filter(Boolean).join(': ') : null,
  };
}
