import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { AppError } from '../errors.ts';
import type { CallOptions, KubernetesApi } from './kubernetes-api.ts';
import {
  type RawWorkload,
  type Revision,
  revisionOf,
  type Workload,
  workloadOf,
} from './kubernetes-objects.ts';
import { patchAgain } from './kubernetes-patch.ts';

/** What one patch of a Deployment or StatefulSet changes. Annotations and replicas land together or not at all. */
export interface DeploymentChange {
  readonly replicas?: number;
  /** null takes an annotation away. */
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly templateAnnotations?: Readonly<Record<string, string>>;
  /** Takes the place of the whole template, as a rollback wants it. */
  readonly template?: V1PodTemplateSpec;
}

type Decide = (current: Workload) => DeploymentChange | undefined;

interface Kind {
  readonly word: string;
  readonly plural: string;
}

const DEPLOYMENT: Kind = { word: 'deployment', plural: 'deployments' };
const STATEFUL_SET: Kind = { word: 'statefulset', plural: 'statefulsets' };
const APPS = { group: 'apps', version: 'v1' } as const;

/** Deployments and StatefulSets. They are read as they are stored: the SDK's types drop fields of newer clusters. */
export function createWorkloads(api: KubernetesApi) {
  async function read(
    { word, plural }: Kind,
    cluster: string,
    namespace: string,
    name: string,
    options: CallOptions,
  ): Promise<Workload | undefined> {
    const what = `show ${word} \`${name}\` in \`${namespace}\``;
    const found: RawWorkload | undefined = await api.find(
      cluster,
      what,
      [404],
      options,
      ({ custom }, request) =>
        custom.getNamespacedCustomObject({ ...APPS, namespace, plural, name }, request),
    );
    return found && workloadOf(found);
  }

  async function patch(
    kind: Kind,
    cluster: string,
    namespace: string,
    name: string,
    decide: Decide,
    options: CallOptions,
  ): Promise<Workload> {
    return patchAgain(options.signal, async () => {
      const current = await read(kind, cluster, namespace, name, options);
      if (current === undefined) throw missing(kind, cluster, namespace, name);
      const change = decide(current);
      return change === undefined ? current : send(kind, cluster, current, change, options);
    });
  }

  async function send(
    { word, plural }: Kind,
    cluster: string,
    current: Workload,
    change: DeploymentChange,
    options: CallOptions,
  ): Promise<Workload> {
    const { name, namespace } = current;
    const body = change.template === undefined ? mergePatch(current, change) : jsonPatch(current, change);
    // A refusal may quote the template, and its environment may hold a secret.
    const confidential = change.template !== undefined;
    const patched: RawWorkload = await api.write(
      cluster,
      `change ${word} \`${name}\` in \`${namespace}\``,
      { ...options, confidential },
      ({ custom }, request) =>
        custom.patchNamespacedCustomObject(
          { ...APPS, namespace, plural, name, body, fieldManager: 'dr-bot', fieldValidation: 'Strict' },
          request,
        ),
    );
    return workloadOf(patched);
  }

  /** The ReplicaSets of a Deployment, each with the template it was made from, newest revision first. */
  async function listRevisions(
    cluster: string,
    { namespace, uid, selector }: Workload,
    options: CallOptions,
  ): Promise<readonly Revision[]> {
    const what = `list replicasets in \`${namespace}\``;
    const found: { readonly items: readonly RawWorkload[] } = await api.read(
      cluster,
      what,
      options,
      ({ custom }, request) =>
        custom.listNamespacedCustomObject(
          { ...APPS, namespace, plural: 'replicasets', labelSelector: selector },
          request,
        ),
    );
    return found.items
      .filter(({ metadata }) => metadata?.ownerReferences?.some((owner) => owner.uid === uid))
      .map(revisionOf)
      .filter(({ revision }) => revision > 0)
      .sort((a, b) => b.revision - a.revision);
  }

  return {
    /** Undefined when there is no such Deployment. */
    readDeployment: (cluster: string, namespace: string, name: string, options: CallOptions) =>
      read(DEPLOYMENT, cluster, namespace, name, options),

    /** Undefined when there is no such StatefulSet. */
    readStatefulSet: (cluster: string, namespace: string, name: string, options: CallOptions) =>
      read(STATEFUL_SET, cluster, namespace, name, options),

    /**
     * Changes a Deployment as `decide` wants it, and only in the state `decide` saw: the patch carries that
     * resourceVersion. After a conflict or a lost reply it looks again and asks `decide` again, which answers undefined
     * when nothing is left to do. Throw in `decide` to stop.
     */
    patchDeployment: (
      cluster: string,
      namespace: string,
      name: string,
      decide: Decide,
      options: CallOptions,
    ) => patch(DEPLOYMENT, cluster, namespace, name, decide, options),

    /** The same for a StatefulSet. */
    patchStatefulSet: (
      cluster: string,
      namespace: string,
      name: string,
      decide: Decide,
      options: CallOptions,
    ) => patch(STATEFUL_SET, cluster, namespace, name, decide, options),

    listRevisions,
  };
}

function mergePatch(
  { resourceVersion }: Workload,
  { annotations, replicas, templateAnnotations }: DeploymentChange,
) {
  const template = templateAnnotations && { metadata: { annotations: templateAnnotations } };
  return { metadata: { resourceVersion, annotations }, spec: { replicas, template } };
}

/**
 * A merge patch would leave in the template what only the present one has. The resourceVersion is written and not
 * `test`ed: a stale one is then a conflict (409) as everywhere else, and not a 422 that could mean anything.
 */
function jsonPatch(current: Workload, { annotations = {}, template }: DeploymentChange) {
  const merged = Object.entries({ ...current.annotations, ...annotations });
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: current.resourceVersion },
    {
      op: 'add',
      path: '/metadata/annotations',
      value: Object.fromEntries(merged.filter(([, value]) => value !== null)),
    },
    { op: 'replace', path: '/spec/template', value: template },
  ];
}

function missing({ word }: Kind, cluster: string, namespace: string, name: string): AppError {
  return new AppError(
    'outside-refused',
    `Cluster \`${cluster}\` has no ${word} \`${name}\` in \`${namespace}\`. Check the names in the plan.`,
  );
}
