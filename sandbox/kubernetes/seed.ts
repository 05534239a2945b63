import { randomUUID } from 'node:crypto';
import { hashLabel, ownerReference, revisionAnnotation, templateHash } from './controllers/workloads.ts';
import { type Deployment, type OwnerReference, ReplicaSet } from './kinds.ts';
import type { Plural } from './resources.ts';
import { timestamp } from './store.ts';

interface WorkloadSeed {
  readonly name: string;
  readonly replicas: number;
  readonly image: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Environment variables whose values are in a secret. */
  readonly secretEnv?: Readonly<Record<string, { readonly name: string; readonly key: string }>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

interface DeploymentSeed extends WorkloadSeed {
  readonly hpa?: { readonly minReplicas: number; readonly maxReplicas: number };
  readonly strategy?: object;
  readonly progressDeadlineSeconds?: number;
  readonly revisionHistoryLimit?: number;
  /** All revisions, oldest first, and when each was rolled out; the last one is `image`. */
  readonly history?: readonly Revision[];
}

interface Revision {
  readonly image: string;
  readonly at: Date;
}

export interface Seed {
  readonly namespace: string;
  readonly deployments?: readonly DeploymentSeed[];
  readonly statefulsets?: readonly WorkloadSeed[];
  /** Plain text; stored as base64. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly configMaps?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly scaledObjects?: readonly {
    readonly name: string;
    readonly deployment: string;
    readonly minReplicas: number;
    readonly maxReplicas: number;
  }[];
  /** Pods are Ready at once (default); false lets them start in their own time. */
  readonly ready?: boolean;
  /** Secrets the bot may read and patch. */
  readonly patchedSecrets?: readonly string[];
  /** The bot gets `leastPrivilege()` on what is seeded (default). */
  readonly grant?: boolean;
}

export interface SeededObject {
  readonly plural: Plural;
  readonly metadata: Record<string, unknown> & { readonly name: string };
  readonly [key: string]: unknown;
}

/** The objects of a seed, in the order in which they can be created. */
export function objectsOf(seed: Seed): SeededObject[] {
  const { namespace } = seed;
  const named = (name: string) => ({ name, namespace });
  return [
    {
      plural: 'namespaces',
      metadata: { name: namespace, labels: { 'kubernetes.io/metadata.name': namespace } },
    },
    ...Object.entries(seed.secrets ?? {}).map(([name, values]): SeededObject => {
      const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
      return { plural: 'secrets', metadata: named(name), type: 'Opaque', data: Object.fromEntries(data) };
    }),
    ...Object.entries(seed.configMaps ?? {}).map(
      ([name, data]): SeededObject => ({ plural: 'configmaps', metadata: named(name), data }),
    ),
    ...(seed.deployments ?? []).flatMap((deployment) => deploymentObjects(namespace, deployment)),
    ...(seed.statefulsets ?? []).map(
      (set): SeededObject => ({
        plural: 'statefulsets',
        ...workload(namespace, set, { serviceName: set.name }),
      }),
    ),
    ...(seed.scaledObjects ?? []).map(
      ({ name, deployment, minReplicas, maxReplicas }): SeededObject => ({
        plural: 'scaledobjects',
        metadata: named(name),
        spec: {
          scaleTargetRef: { name: deployment },
          minReplicaCount: minReplicas,
          maxReplicaCount: maxReplicas,
        },
      }),
    ),
  ];
}

function deploymentObjects(namespace: string, seed: DeploymentSeed): SeededObject[] {
  const { strategy, progressDeadlineSeconds, revisionHistoryLimit, hpa } = seed;
  const extra = {
    ...(strategy && { strategy }),
    ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
    ...(revisionHistoryLimit !== undefined && { revisionHistoryLimit }),
  };
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: seed.name };
  const cpu = {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
  };
  const metrics = [cpu];
  return [
    { plural: 'deployments', ...workload(namespace, seed, extra) },
    ...(hpa
      ? [
          {
            plural: 'horizontalpodautoscalers' as const,
            metadata: { name: seed.name, namespace },
            spec: { scaleTargetRef, ...hpa, metrics },
          },
        ]
      : []),
  ];
}

function workload(namespace: string, seed: WorkloadSeed, extra: object) {
  const { name, replicas, image, annotations, ownerReferences } = seed;
  const app = { app: name };
  const labels = { ...app, ...seed.labels };
  return {
    metadata: {
      name,
      namespace,
      labels,
      ...(annotations && { annotations }),
      ...(ownerReferences && { ownerReferences }),
    },
    spec: {
      replicas,
      selector: { matchLabels: app },
      template: {
        metadata: { labels: app },
        spec: {
          containers: [{ name, image, env: environment(seed) }],
        },
      },
      ...extra,
    },
  };
}

function environment({ env = {}, secretEnv = {} }: WorkloadSeed): object[] {
  return [
    ...Object.entries(env).map(([name, value]) => ({ name, value })),
    ...Object.entries(secretEnv).map(([name, secretKeyRef]) => ({ name, valueFrom: { secretKeyRef } })),
  ];
}

/** The ReplicaSets that a Deployment's rollouts have left, without pods, as its controller would have made them. */
export function historyOf(deployment: Deployment, history: readonly Revision[]): ReplicaSet[] {
  const { name, namespace } = deployment.metadata;
  const { selector, template } = deployment.spec;
  return history.map(({ image, at }, index) => {
    const containers = template.spec.containers.map((container) => ({ ...container, image }));
    const own = { ...template, spec: { ...template.spec, containers } };
    const hash = templateHash(own);
    const labels = { ...template.metadata.labels, [hashLabel]: hash };
    return ReplicaSet.parse({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        uid: randomUUID(),
        generation: 1,
        creationTimestamp: timestamp(at),
        labels,
        annotations: { [revisionAnnotation]: String(index + 1) },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template: { ...own, metadata: { ...own.metadata, labels } },
      },
    });
  });
}
