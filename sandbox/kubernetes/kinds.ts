import { z } from 'zod';
import type { Plural } from './resources.ts';

/*
 * The parts of each kind that the controllers read, with the defaults and limits of the real API. Types and unknown
 * fields are checked before, in decode.ts; unknown keys pass through here.
 */

const Labels = z.record(z.string(), z.string());
const Count = z.int().min(0, 'must be greater than or equal to 0');

export const OwnerReference = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
});
export type OwnerReference = z.infer<typeof OwnerReference>;

const ManagedFields = z.looseObject({
  manager: z.string(),
  operation: z.string(),
  time: z.string(),
  subresource: z.string().optional(),
  fieldsV1: z.looseObject({}),
});
export type ManagedFields = z.infer<typeof ManagedFields>;

export const Metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string(),
  deletionTimestamp: z.string().optional(),
  labels: Labels.optional(),
  annotations: Labels.optional(),
  ownerReferences: z.array(OwnerReference).optional(),
  managedFields: z.array(ManagedFields).optional(),
});
export type Metadata = z.infer<typeof Metadata>;

/** What every stored object is; the kind's own members are read through the schemas below. */
export const KubeObject = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: Metadata });
export type KubeObject = z.infer<typeof KubeObject>;

/** An object somebody wants to create: its metadata is not complete yet. */
export type Draft = { readonly metadata: Record<string, unknown> } & { readonly [key: string]: unknown };

const Container = z.looseObject({
  name: z.string({ error: 'name is required' }).min(1, 'name must not be empty'),
  image: z.string({ error: 'image is required' }).min(1, 'image must not be empty'),
  imagePullPolicy: z.string().default('IfNotPresent'),
});

const PodSpec = z.looseObject({
  containers: z
    .array(Container, { error: 'at least one container is needed' })
    .min(1, 'at least one container is needed'),
  restartPolicy: z.string().default('Always'),
  terminationGracePeriodSeconds: Count.default(30),
});

const Template = z.looseObject({
  metadata: z.looseObject({ labels: Labels.optional(), annotations: Labels.optional() }).default({}),
  spec: PodSpec,
});
export type Template = z.infer<typeof Template>;

const Selector = z.looseObject({ matchLabels: Labels.default({}) });
const IntOrPercent = z.union([Count, z.string().regex(/^\d+%$/, 'must be an integer or a percentage')]);

const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastUpdateTime: z.string().optional(),
  lastTransitionTime: z.string().optional(),
});
export type Condition = z.infer<typeof Condition>;

const Rolling = { maxSurge: '25%', maxUnavailable: '25%' };
const Strategy = z.looseObject({
  type: z
    .enum(['RollingUpdate', 'Recreate'], { error: 'supported values: "Recreate", "RollingUpdate"' })
    .default('RollingUpdate'),
  rollingUpdate: z
    .looseObject({ maxSurge: IntOrPercent.default('25%'), maxUnavailable: IntOrPercent.default('25%') })
    .optional(),
});

const workload = {
  replicas: Count.default(1),
  selector: Selector,
  template: Template,
  minReadySeconds: Count.default(0),
  revisionHistoryLimit: Count.default(10),
};
const WorkloadStatus = z.looseObject({
  observedGeneration: z.int().optional(),
  replicas: Count.optional(),
  updatedReplicas: Count.optional(),
  readyReplicas: Count.optional(),
  availableReplicas: Count.optional(),
  conditions: z.array(Condition).optional(),
});

export const Deployment = KubeObject.extend({
  spec: z.looseObject({
    ...workload,
    paused: z.boolean().default(false),
    progressDeadlineSeconds: Count.default(600),
    strategy: Strategy.default({ type: 'RollingUpdate', rollingUpdate: Rolling }),
  }),
  status: WorkloadStatus.optional(),
});
export type Deployment = z.infer<typeof Deployment>;

export const ReplicaSet = KubeObject.extend({
  spec: z.looseObject(workload),
  status: WorkloadStatus.optional(),
});
export type ReplicaSet = z.infer<typeof ReplicaSet>;

export const StatefulSet = KubeObject.extend({
  spec: z.looseObject({ ...workload, serviceName: z.string().optional() }),
  status: WorkloadStatus.optional(),
});
export type StatefulSet = z.infer<typeof StatefulSet>;

const ContainerStatus = z.looseObject({ name: z.string(), ready: z.boolean(), restartCount: Count });

const Pod = KubeObject.extend({
  spec: PodSpec,
  status: z
    .looseObject({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      conditions: z.array(Condition).optional(),
      containerStatuses: z.array(ContainerStatus).optional(),
    })
    .optional(),
});

export const Autoscaler = KubeObject.extend({
  spec: z
    .looseObject({
      minReplicas: Count.default(1),
      maxReplicas: z.int().min(1, 'must be greater than 0'),
      metrics: z
        .array(z.looseObject({ type: z.string(), resource: z.looseObject({ name: z.string() }).optional() }))
        .optional(),
      scaleTargetRef: z.looseObject({
        apiVersion: z.string().optional(),
        kind: z.string(),
        name: z.string(),
      }),
    })
    .refine((spec) => spec.maxReplicas >= spec.minReplicas, {
      path: ['maxReplicas'],
      error: 'must be greater than or equal to `minReplicas`',
    }),
  status: z.looseObject({ conditions: z.array(Condition).optional() }).optional(),
});
export type Autoscaler = z.infer<typeof Autoscaler>;

const JobSpec = z.looseObject({
  backoffLimit: Count.default(6),
  template: Template,
  /** Another controller than the cluster's own, which then leaves the Job alone. */
  managedBy: z.string().optional(),
});

export const Job = KubeObject.extend({
  spec: JobSpec,
  status: z.looseObject({ conditions: z.array(Condition).optional(), active: Count.optional() }).optional(),
});
export type Job = z.infer<typeof Job>;

export const CronJob = KubeObject.extend({
  spec: z.looseObject({
    schedule: z.string({ error: 'schedule is required' }),
    suspend: z.boolean().default(false),
    jobTemplate: z.looseObject({ spec: JobSpec }),
  }),
});

const Namespace = KubeObject.extend({
  status: z.looseObject({ phase: z.string() }).default({ phase: 'Active' }),
});

const SecretKey = z
  .string()
  .regex(
    /^[-._a-zA-Z0-9]{1,253}$/,
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  );

const Secret = KubeObject.extend({
  type: z.string().default('Opaque'),
  immutable: z.boolean().optional(),
  data: z.record(SecretKey, z.base64({ error: 'must be base64' })).optional(),
});

/** The schema of each kind: what it must satisfy to be stored (422), and the defaults it gets. */
export const schemas = {
  namespaces: Namespace,
  pods: Pod,
  events: KubeObject,
  secrets: Secret,
  persistentvolumeclaims: KubeObject,
  configmaps: KubeObject,
  deployments: Deployment,
  statefulsets: StatefulSet,
  replicasets: ReplicaSet,
  horizontalpodautoscalers: Autoscaler,
  jobs: Job,
  cronjobs: CronJob,
  scaledobjects: KubeObject,
} satisfies Record<Plural, z.ZodType<KubeObject>>;
