import { setTimeout as sleep } from 'node:timers/promises';
import type { V1ResourceAttributes } from '@kubernetes/client-node';
import type { Connections } from '../domain/connections.ts';
import { AppError } from '../errors.ts';
import { type CallOptions, createKubernetesApi } from './kubernetes-api.ts';
import {
  type Hpa,
  hpaOf,
  type KedaList,
  type Pod,
  podOf,
  type ScaledObject,
  scaledObjectFor,
  type Workload,
  workloadOf,
} from './kubernetes-objects.ts';

/** How often a patch looks again after a conflict or a lost reply. */
const PATCH_TRIES = 5;

/** What one patch of a Deployment changes. Annotations and replicas land together or not at all. */
export interface DeploymentChange {
  readonly replicas?: number;
  /** null takes an annotation away. */
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly templateAnnotations?: Readonly<Record<string, string>>;
}

/** Kubernetes by connection name. Nothing is opened, and the SDK (0.7 s) not loaded, before it is used. */
export function createKubernetes(connections: Connections) {
  const api = createKubernetesApi(connections);

  /** Undefined when there is no such Deployment. */
  async function readDeployment(
    name: string,
    namespace: string,
    deployment: string,
    options: CallOptions,
  ): Promise<Workload | undefined> {
    const what = `show deployment \`${deployment}\` in \`${namespace}\``;
    const found = await api.find(name, what, [404], options, ({ apps }, request) =>
      apps.readNamespacedDeployment({ name: deployment, namespace }, request),
    );
    return found && workloadOf(found);
  }

  /** The HorizontalPodAutoscaler whose target is this Deployment. */
  async function readHpaFor(
    name: string,
    namespace: string,
    deployment: string,
    options: CallOptions,
  ): Promise<Hpa | undefined> {
    const what = `list horizontalpodautoscalers in \`${namespace}\``;
    const { items } = await api.read(name, what, options, ({ autoscaling }, request) =>
      autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace }, request),
    );
    const found = items.find(({ spec }) => {
      const target = spec?.scaleTargetRef;
      return target?.kind === 'Deployment' && target.name === deployment;
    });
    return found && hpaOf(found);
  }

  /** KEDA's ScaledObject for this Deployment. Without KEDA, or without the right to look, undefined. */
  async function readScaledObjectFor(
    name: string,
    namespace: string,
    deployment: string,
    options: CallOptions,
  ): Promise<ScaledObject | undefined> {
    const what = `list scaledobjects in \`${namespace}\``;
    const found: KedaList | undefined = await api.find(
      name,
      what,
      [403, 404],
      options,
      ({ custom }, request) =>
        custom.listNamespacedCustomObject(
          { group: 'keda.sh', version: 'v1alpha1', namespace, plural: 'scaledobjects' },
          request,
        ),
    );
    return found && scaledObjectFor(found, deployment);
  }

  async function listPods(
    name: string,
    namespace: string,
    selector: string,
    options: CallOptions,
  ): Promise<readonly Pod[]> {
    const { items } = await api.read(name, `list pods in \`${namespace}\``, options, ({ core }, request) =>
      core.listNamespacedPod({ namespace, labelSelector: selector }, request),
    );
    return items.map(podOf);
  }

  /**
   * Changes a Deployment as `decide` wants it, and only in the state `decide` saw: the patch carries that
   * resourceVersion. After a conflict or a lost reply it looks again and asks `decide` again, which answers undefined
   * when nothing is left to do. Throw in `decide` to stop.
   */
  async function patchDeployment(
    name: string,
    namespace: string,
    deployment: string,
    decide: (current: Workload) => DeploymentChange | undefined,
    options: CallOptions,
  ): Promise<Workload> {
    for (let tries = 1; ; tries++) {
      try {
        const current = await readDeployment(name, namespace, deployment, options);
        if (current === undefined) throw missing(name, namespace, deployment);
        const change = decide(current);
        if (change === undefined) return current;
        return await patch(name, current, change, options);
      } catch (error) {
        if (tries === PATCH_TRIES || !(error instanceof AppError) || error.retry === 'never') throw error;
      }
      await pause(50 * 2 ** tries * (0.5 + Math.random()), options.signal);
    }
  }

  async function patch(name: string, current: Workload, change: DeploymentChange, options: CallOptions) {
    const { namespace, resourceVersion } = current;
    const body = {
      metadata: { resourceVersion, annotations: change.annotations },
      spec: {
        replicas: change.replicas,
        template: change.templateAnnotations && { metadata: { annotations: change.templateAnnotations } },
      },
    };
    const what = `change deployment \`${current.name}\` in \`${namespace}\``;
    const patched = await api.write(name, what, options, ({ apps }, request) =>
      apps.patchNamespacedDeployment(
        { name: current.name, namespace, body, fieldManager: 'dr-bot', fieldValidation: 'Strict' },
        request,
      ),
    );
    return workloadOf(patched);
  }

  /** Asks the cluster whether the bot may do this (SelfSubjectAccessReview). */
  async function canI(name: string, right: V1ResourceAttributes, options: CallOptions): Promise<boolean> {
    const review = await api.read(name, 'say what the bot may do', options, ({ authorization }, request) =>
      authorization.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes: right } } }, request),
    );
    return review.status?.allowed ?? false;
  }

  return {
    clusterUid: api.clusterUid,
    readDeployment,
    readHpaFor,
    readScaledObjectFor,
    listPods,
    patchDeployment,
    canI,
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

function missing(name: string, namespace: string, deployment: string): AppError {
  return new AppError(
    'outside-refused',
    `Cluster \`${name}\` has no deployment \`${deployment}\` in \`${namespace}\`. Check the names in the plan.`,
  );
}
