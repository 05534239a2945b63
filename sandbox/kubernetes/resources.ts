export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly subresources: readonly string[];
  /** What moves `metadata.generation`; a Deployment's annotations count because its ReplicaSets get them. */
  readonly generation: 'spec' | 'spec and annotations' | 'never';
  /** The class of @kubernetes/client-node whose type map is the schema; absent for custom resources. */
  readonly model?: string;
}

const core = { group: '', version: 'v1', namespaced: true, subresources: [], generation: 'never' } as const;
const apps = { ...core, group: 'apps', subresources: ['scale', 'status'], generation: 'spec' } as const;
const batch = { ...core, group: 'batch', subresources: ['status'], generation: 'spec' } as const;

export const resources = {
  namespaces: { ...core, plural: 'namespaces', kind: 'Namespace', namespaced: false, model: 'V1Namespace' },
  pods: { ...core, plural: 'pods', kind: 'Pod', subresources: ['log', 'status'], model: 'V1Pod' },
  events: { ...core, plural: 'events', kind: 'Event', model: 'CoreV1Event' },
  secrets: { ...core, plural: 'secrets', kind: 'Secret', model: 'V1Secret' },
  persistentvolumeclaims: {
    ...core,
    plural: 'persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    subresources: ['status'],
    model: 'V1PersistentVolumeClaim',
  },
  configmaps: { ...core, plural: 'configmaps', kind: 'ConfigMap', model: 'V1ConfigMap' },
  deployments: {
    ...apps,
    plural: 'deployments',
    kind: 'Deployment',
    generation: 'spec and annotations',
    model: 'V1Deployment',
  },
  statefulsets: { ...apps, plural: 'statefulsets', kind: 'StatefulSet', model: 'V1StatefulSet' },
  replicasets: { ...apps, plural: 'replicasets', kind: 'ReplicaSet', model: 'V1ReplicaSet' },
  horizontalpodautoscalers: {
    ...core,
    group: 'autoscaling',
    version: 'v2',
    plural: 'horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    subresources: ['status'],
    model: 'V2HorizontalPodAutoscaler',
  },
  jobs: { ...batch, plural: 'jobs', kind: 'Job', model: 'V1Job' },
  cronjobs: { ...batch, plural: 'cronjobs', kind: 'CronJob', model: 'V1CronJob' },
  scaledobjects: {
    ...core,
    group: 'keda.sh',
    version: 'v1alpha1',
    plural: 'scaledobjects',
    kind: 'ScaledObject',
    generation: 'spec',
  },
} satisfies Record<string, Resource>;

export type Plural = keyof typeof resources;

export function isPlural(name: string): name is Plural {
  return Object.hasOwn(resources, name);
}

export function groupVersion(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version;
}
