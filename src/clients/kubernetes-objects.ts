import type {
  V1Deployment,
  V1LabelSelector,
  V1ObjectMeta,
  V1Pod,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';

/** A Deployment, with what Kubernetes leaves out (counts of 0, empty maps) filled in. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly templateAnnotations: Readonly<Record<string, string>>;
  readonly owners: readonly Owner[];
  /** A rollout that somebody paused: template changes have no effect. */
  readonly paused: boolean;
  /** `Recreate` stops all pods before it starts new ones. */
  readonly strategy: string;
  /** The label selector of its pods, as the API takes it. */
  readonly selector: string;
  /** What the spec asks for; the other counts are what the controller reports. */
  readonly replicas: number;
  readonly status: {
    readonly observedGeneration: number;
    /** Pods of all ReplicaSets, without those that are shutting down. */
    readonly replicas: number;
    readonly updated: number;
    readonly ready: number;
    /** The rollout passed its progress deadline. A Deployment never rolls back by itself. */
    readonly stuck: string | undefined;
  };
}

interface Owner {
  readonly kind: string;
  readonly name: string;
}

export interface Hpa {
  readonly name: string;
  readonly uid: string;
  readonly min: number;
  readonly max: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly owners: readonly Owner[];
}

export interface ScaledObject {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Pod {
  readonly name: string;
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

export function workloadOf(deployment: V1Deployment): Workload {
  const { spec, status } = deployment;
  const stuck = status?.conditions?.find(
    (condition) => condition.type === 'Progressing' && condition.status === 'False',
  );
  return {
    ...identityOf(deployment.metadata),
    resourceVersion: deployment.metadata?.resourceVersion ?? '',
    generation: deployment.metadata?.generation ?? 0,
    annotations: deployment.metadata?.annotations ?? {},
    templateAnnotations: spec?.template.metadata?.annotations ?? {},
    paused: spec?.paused ?? false,
    strategy: spec?.strategy?.type ?? 'RollingUpdate',
    selector: selectorText(spec?.selector ?? {}),
    replicas: spec?.replicas ?? 1,
    status: {
      observedGeneration: status?.observedGeneration ?? 0,
      replicas: status?.replicas ?? 0,
      updated: status?.updatedReplicas ?? 0,
      ready: status?.readyReplicas ?? 0,
      stuck: stuck?.reason,
    },
  };
}

export function hpaOf(hpa: V2HorizontalPodAutoscaler): Hpa {
  return { ...identityOf(hpa.metadata), min: hpa.spec?.minReplicas ?? 1, max: hpa.spec?.maxReplicas ?? 1 };
}

export function podOf(pod: V1Pod): Pod {
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return {
    name: pod.metadata?.name ?? '',
    phase: pod.status?.phase ?? 'Unknown',
    terminating: pod.metadata?.deletionTimestamp !== undefined,
    ready: pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    restarts: Math.max(0, ...containers.map((container) => container.restartCount)),
    waiting: containers.find((container) => container.state?.waiting !== undefined)?.state?.waiting?.reason,
    templateHash: pod.metadata?.labels?.['pod-template-hash'] ?? '',
    createdAt: pod.metadata?.creationTimestamp ?? new Date(0),
  };
}

/** KEDA's list of ScaledObjects, as far as we need it: the SDK knows no type for it. */
export interface KedaList {
  readonly items?: readonly {
    readonly metadata?: V1ObjectMeta;
    readonly spec?: { readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string } };
  }[];
}

export function scaledObjectFor(list: KedaList, deployment: string): ScaledObject | undefined {
  const found = list.items?.find(({ spec }) => {
    const { kind = 'Deployment', name } = spec?.scaleTargetRef ?? {};
    return kind === 'Deployment' && name === deployment;
  });
  return found && { name: found.metadata?.name ?? '', annotations: found.metadata?.annotations ?? {} };
}

function identityOf(metadata: V1ObjectMeta | undefined) {
  return {
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    uid: metadata?.uid ?? '',
    labels: metadata?.labels ?? {},
    owners: metadata?.ownerReferences?.map(({ kind, name }) => ({ kind, name })) ?? [],
  };
}

function selectorText(selector: V1LabelSelector): string {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const rules = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
  });
  return [...equal, ...rules].join(',');
}
