import { setTimeout as delay } from 'node:timers/promises';
import { Job, type KubeObject } from '../kinds.ts';
import type { PodLogs } from '../logs.ts';
import { type Store, timestamp } from '../store.ts';
import type { EmitEvent } from './events.ts';
import type { Kubelet } from './pods.ts';
import { createPod, ownedBy, podView, randomSuffix } from './workloads.ts';

interface JobOutcome {
  readonly exitCode: number;
  /** What the container printed, line by line. */
  readonly log?: string;
  /** How long it ran, in milliseconds; 300 unless told. */
  readonly afterMs?: number;
}

export type RunJob = (job: KubeObject) => JobOutcome | Promise<JobOutcome>;

/** One pod a Job; what its program would do is a function. A failed pod is tried again up to `backoffLimit`. */
export function createJobController(deps: {
  readonly store: Store;
  readonly logs: PodLogs;
  readonly kubelet: Kubelet;
  readonly emit: EmitEvent;
  readonly clock: () => Date;
  readonly random: () => number;
  readonly run: RunJob;
}) {
  const { store, logs, kubelet, emit, clock } = deps;
  const begun = new Set<string>();

  function reconcileOne(job: Job): void {
    if (job.spec.managedBy !== undefined) return;
    if (job.status?.conditions?.some(({ status }) => status === 'True')) return;
    const pods = ownedBy(store, 'pods', job);
    const failed = pods.filter((pod) => podView(pod).phase === 'Failed').length;
    const succeeded = pods.filter((pod) => podView(pod).phase === 'Succeeded').length;
    const open = pods.find((pod) => !['Failed', 'Succeeded'].includes(podView(pod).phase));
    if (open && podView(open).ready && !begun.has(open.metadata.uid)) void execute(job, open);
    if (succeeded > 0) settle(job, { succeeded, failed }, 'Complete');
    else if (failed > job.spec.backoffLimit) settle(job, { succeeded, failed }, 'Failed');
    else {
      if (!open) start(job);
      write(job, { active: 1, ready: open && podView(open).ready ? 1 : 0, ...(failed > 0 && { failed }) });
    }
  }

  function start(job: Job): void {
    const { name, uid } = job.metadata;
    const labels = {
      'batch.kubernetes.io/job-name': name,
      'job-name': name,
      'batch.kubernetes.io/controller-uid': uid,
    };
    const pod = createPod(store, job, `${name}-${randomSuffix(deps.random)}`, job.spec.template, labels);
    emit(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, 'job-controller');
  }

  async function execute(job: Job, pod: KubeObject): Promise<void> {
    begun.add(pod.metadata.uid);
    const { exitCode, log = 'ok', afterMs = 300 } = await deps.run(job);
    await delay(afterMs, undefined, { ref: false });
    const running = store.get('pods', pod.metadata.namespace ?? '', pod.metadata.name);
    begun.delete(pod.metadata.uid);
    if (running?.metadata.uid !== pod.metadata.uid) return;
    for (const line of log.split('\n')) logs.append(pod.metadata.uid, line);
    kubelet.finish(running, exitCode);
  }

  function settle(
    job: Job,
    counts: { succeeded: number; failed: number },
    type: 'Complete' | 'Failed',
  ): void {
    const [reason, message] =
      type === 'Complete'
        ? ['CompletionsReached', 'Reached expected number of succeeded pods']
        : ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'];
    const at = timestamp(clock());
    const { succeeded, failed } = counts;
    write(job, {
      ...(succeeded > 0 && { succeeded, completionTime: at }),
      ...(failed > 0 && { failed }),
      ready: 0,
      conditions: [{ type, status: 'True', reason, message, lastProbeTime: at, lastTransitionTime: at }],
    });
    emit(
      job,
      type === 'Complete' ? 'Normal' : 'Warning',
      type === 'Complete' ? 'Completed' : reason,
      message,
      'job-controller',
    );
  }

  function write(job: Job, counts: object): void {
    const stored = store.get('jobs', job.metadata.namespace ?? '', job.metadata.name);
    const startTime = job.metadata.creationTimestamp;
    if (stored) store.update('jobs', { ...stored, status: { startTime, ...counts } });
  }

  return {
    reconcile(): void {
      for (const job of store.list('jobs')) reconcileOne(Job.parse(job));
    },
  };
}
