import type { V1ContainerStatus, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { HASH_LABEL, type Owner } from './kubernetes-objects.ts';

export interface Pod {
  readonly name: string;
  readonly uid: string;
  /** What keeps it: a ReplicaSet, a StatefulSet, a Job. */
  readonly owner: Owner | undefined;
  readonly spec: V1PodSpec | undefined;
  readonly containers: readonly Container[];
  /** Why the scheduler found no node for it. */
  readonly unscheduled: string | undefined;
  readonly phase: string;
  readonly terminating: boolean;
  readonly ready: boolean;
  /** The most often restarted container counts. */
  readonly restarts: number;
  /** Why a container waits: `CrashLoopBackOff`, `ImagePullBackOff`. */
  readonly waiting: string | undefined;
  /** The same for all pods of one ReplicaSet. */
  readonly templateHash: string;
  readonly createdAt: Date;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  /** `sha256:…` of the image that really runs, where the node knows it. */
  readonly digest: string | undefined;
  readonly ready: boolean;
  readonly restarts: number;
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  /** How the present or the last life of it ended. */
  readonly ended: Ending | undefined;
}

export interface Ending {
  readonly reason: string;
  readonly exitCode: number;
  readonly at: Date | undefined;
  readonly message: string;
}

export function podOf(pod: V1Pod): Pod {
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller);
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return {
    name: pod.metadata?.name ?? '',
    uid: pod.metadata?.uid ?? '',
    owner: owner && { kind: owner.kind, name: owner.name },
    spec: pod.spec,
    containers: containers.map(containerOf),
    unscheduled: scheduled?.status === 'False' ? (scheduled.message ?? scheduled.reason) : undefined,
    phase: pod.status?.phase ?? 'Unknown',
    terminating: pod.metadata?.deletionTimestamp !== undefined,
    ready: pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    restarts: Math.max(0, ...containers.map((container) => container.restartCount)),
    waiting: containers.find((container) => container.state?.waiting !== undefined)?.state?.waiting?.reason,
    templateHash: pod.metadata?.labels?.[HASH_LABEL] ?? '',
    createdAt: pod.metadata?.creationTimestamp ?? new Date(0),
  };
}

function containerOf({
  name,
  image,
  imageID,
  ready,
  restartCount,
  state,
  lastState,
}: V1ContainerStatus): Container {
  const ended = state?.terminated ?? lastState?.terminated;
  const waiting = state?.waiting;
  return {
    name,
    image,
    digest: /sha256:[0-9a-f]{64}/.exec(imageID)?.[0],
    ready,
    restarts: restartCount,
    waiting: waiting && { reason: waiting.reason ?? 'waiting', message: waiting.message ?? '' },
    ended: ended && {
      reason: ended.reason ?? 'ended',
      exitCode: ended.exitCode,
      at: ended.finishedAt,
      message: ended.message ?? '',
    },
  };
}
