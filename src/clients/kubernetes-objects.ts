import type {
  V1DeploymentSpec,
  V1DeploymentStatus,
  V1LabelSelector,
  V1ObjectMeta,
  V1PodTemplateSpec,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';

export type {
  V1Container as ContainerSpec,
  V1EnvVar as Variable,
  V1PodSpec as PodSpec,
  V1PodTemplateSpec as PodTemplate,
} from '@kubernetes/client-node';

/** The label a ReplicaSet adds to its pods and to its copy of the template. */
export const HASH_LABEL = 'pod-template-hash';

/** A Deployment or StatefulSet as the API server wrote it: fields that the SDK does not know are still in it. */
export interface RawWorkload {
  readonly metadata?: V1ObjectMeta;
  readonly spec?: V1DeploymentSpec & { readonly updateStrategy?: { readonly type?: string } };
  readonly status?: V1DeploymentStatus;
}

/** A Deployment or StatefulSet, with what Kubernetes leaves out (counts of 0, empty maps) filled in. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** What its pods are made from, nothing left out. */
  readonly template: V1PodTemplateSpec;
  readonly templateAnnotations: Readonly<Record<string, string>>;
  readonly owners: readonly Owner[];
  /** A rollout that somebody paused: template changes have no effect. */
  readonly paused: boolean;
  /** `Recreate` stops all pods before it starts new ones; a StatefulSet with `OnDelete` replaces none by itself. */
  readonly strategy: string;
  /** The label selector of its pods, as the API takes it. */
  readonly selector: string;
  /** What the spec asks for; the other counts are what the controller reports. */
  readonly replicas: number;
  readonly status: {
    readonly observedGeneration: number;
    /** Pods of all ReplicaSets; those of a Deployment without the ones that are shutting down. */
    readonly replicas: number;
    readonly updated: number;
    readonly ready: number;
    /** The rollout passed its progress deadline. A Deployment never rolls back by itself. */
    readonly stuck: string | undefined;
  };
}

export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** One ReplicaSet of a Deployment's history. */
export interface Revision {
  /** Moves: a template that comes back takes the next number, and this one is gone. */
  readonly revision: number;
  /** Numbers the same template had before. */
  readonly former: readonly number[];
  readonly replicaSet: string;
  readonly uid: string;
  readonly createdAt: Date;
  readonly template: V1PodTemplateSpec;
  /** The value of the label by which its pods are known. */
  readonly templateHash: string;
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

export function workloadOf({ metadata, spec, status }: RawWorkload): Workload {
  const stuck = status?.conditions?.find(
    (condition) => condition.type === 'Progressing' && condition.status === 'False',
  );
  return {
    ...identityOf(metadata),
    resourceVersion: metadata?.resourceVersion ?? '',
    generation: metadata?.generation ?? 0,
    annotations: metadata?.annotations ?? {},
    template: spec?.template ?? {},
    templateAnnotations: spec?.template.metadata?.annotations ?? {},
    paused: spec?.paused ?? false,
    strategy: (spec?.strategy ?? spec?.updateStrategy)?.type ?? 'RollingUpdate',
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

const REVISION = 'deployment.kubernetes.io/revision';

/** The template comes without the label that its ReplicaSet added, so that equal templates are equal. */
export function revisionOf({ metadata, spec }: RawWorkload): Revision {
  const { template = {} } = spec ?? {};
  const { [HASH_LABEL]: templateHash = '', ...labels } = template.metadata?.labels ?? {};
  const annotations = metadata?.annotations ?? {};
  return {
    revision: Number(annotations[REVISION] ?? 0),
    former: (annotations[`${REVISION}-history`] ?? '').split(',').filter(Boolean).map(Number),
    replicaSet: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    createdAt: new Date(metadata?.creationTimestamp ?? 0),
    template: { ...template, metadata: { ...template.metadata, labels } },
    templateHash,
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

export function identityOf(metadata: V1ObjectMeta | undefined) {
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
