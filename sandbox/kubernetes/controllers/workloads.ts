import { createHash, randomUUID } from 'node:crypto';
import { canonical, member } from '../json.ts';
import type { Condition, KubeObject, OwnerReference, Template } from '../kinds.ts';
import type { Plural } from '../resources.ts';
import type { Store } from '../store.ts';

export const hashLabel = 'pod-template-hash';
export const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** The template without the label that its own hash adds, hashed: equal templates share a ReplicaSet. */
export function templateHash(template: Template): string {
  const { [hashLabel]: _hash, ...labels } = template.metadata.labels ?? {};
  const bare = { ...template, metadata: { ...template.metadata, labels } };
  return createHash('sha256').update(canonical(bare)).digest('hex').slice(0, 10);
}

export function ownerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function ownedBy(store: Store, plural: Plural, owner: KubeObject): KubeObject[] {
  return store
    .list(plural, owner.metadata.namespace)
    .filter((object) => object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid));
}

/** What the rest of the sandbox sees of a pod. */
export interface PodView {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly phase: string;
  readonly image: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  readonly restarts: number;
}

export function podView(pod: KubeObject): PodView {
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    ip: String(member(pod, 'status', 'podIP') ?? ''),
    phase: String(member(pod, 'status', 'phase') ?? 'Pending'),
    image: String(member(pod, 'spec', 'containers', 0, 'image') ?? ''),
    ready: member(pod, 'status', 'containerStatuses', 0, 'ready') === true,
    terminating: pod.metadata.deletionTimestamp !== undefined,
    restarts: Number(member(pod, 'status', 'containerStatuses', 0, 'restartCount') ?? 0),
  };
}

/** Still wanted: not terminating and not at its end. */
export function isActive(pod: KubeObject): boolean {
  const { phase, terminating } = podView(pod);
  return !terminating && phase !== 'Succeeded' && phase !== 'Failed';
}

/** The Deployment, StatefulSet or Job a pod belongs to, by name, also when that is gone already. */
export function workloadOf(pod: KubeObject): string | undefined {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller);
  const hash = pod.metadata.labels?.[hashLabel];
  return owner?.kind === 'ReplicaSet' && hash ? owner.name.slice(0, -hash.length - 1) : owner?.name;
}

export function createPod(
  store: Store,
  owner: KubeObject,
  name: string,
  template: Template,
  labels = {},
): KubeObject {
  const draft = {
    metadata: {
      ...template.metadata,
      name,
      namespace: owner.metadata.namespace,
      uid: randomUUID(),
      labels: { ...template.metadata.labels, ...labels },
      ownerReferences: [ownerReference(owner)],
    },
    spec: { ...template.spec, nodeName: 'node-1' },
  };
  return store.create('pods', store.prepare('pods', draft));
}

/** The suffix of generated names: no vowels, as in Kubernetes. */
export function randomSuffix(random: () => number): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from({ length: 5 }, () => letters[Math.floor(random() * letters.length)]).join('');
}

/** A workload with other replicas; its generation moves as by a client's write. */
export function withReplicas<T extends KubeObject & { spec: { replicas: number } }>(
  object: T,
  replicas: number,
): T {
  if (object.spec.replicas === replicas) return object;
  const { generation = 0 } = object.metadata;
  return {
    ...object,
    metadata: { ...object.metadata, generation: generation + 1 },
    spec: { ...object.spec, replicas },
  };
}

/** Counts of 0 are left out, as the real API leaves them out. */
export function withoutZeros<T extends Record<string, unknown>>(counts: T): Partial<T> {
  const kept: Partial<T> = { ...counts };
  for (const key of Object.keys(counts)) if (counts[key] === 0) Reflect.deleteProperty(kept, key);
  return kept;
}

/** The condition to store: its times only move when what it says has changed. */
export function condition(before: readonly Condition[] | undefined, next: Condition, now: string): Condition {
  const known = before?.find(({ type }) => type === next.type);
  if (known && known.status === next.status && known.reason === next.reason && known.message === next.message)
    return known;
  const lastTransitionTime = known?.status === next.status ? known.lastTransitionTime : now;
  return { ...next, lastUpdateTime: now, lastTransitionTime };
}
