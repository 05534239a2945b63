import type { V1ResourceAttributes } from '@kubernetes/client-node';
import type { Connections } from '../domain/connections.ts';
import { type CallOptions, createKubernetesApi } from './kubernetes-api.ts';
import { createJobs } from './kubernetes-jobs.ts';
import { createLooks } from './kubernetes-look.ts';
import { type Hpa, hpaOf, type KedaList, type ScaledObject, scaledObjectFor } from './kubernetes-objects.ts';
import { createSecrets } from './kubernetes-secrets.ts';
import { createWorkloads } from './kubernetes-workloads.ts';

export type { DeploymentChange } from './kubernetes-workloads.ts';

/** Kubernetes by connection name. Nothing is opened, and the SDK (0.7 s) not loaded, before it is used. */
export function createKubernetes(connections: Connections) {
  const api = createKubernetesApi(connections);

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

  /** Asks the cluster whether the bot may do this (SelfSubjectAccessReview). */
  async function canI(name: string, right: V1ResourceAttributes, options: CallOptions): Promise<boolean> {
    const review = await api.read(name, 'say what the bot may do', options, ({ authorization }, request) =>
      authorization.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes: right } } }, request),
    );
    return review.status?.allowed ?? false;
  }

  return {
    clusterUid: api.clusterUid,
    ...createWorkloads(api),
    readHpaFor,
    readScaledObjectFor,
    ...createLooks(api),
    ...createJobs(api),
    ...createSecrets(api),
    canI,
  };
}
