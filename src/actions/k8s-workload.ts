import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Hpa, Workload } from '../clients/kubernetes-objects.ts';
import type { Json } from '../domain/canonical.ts';
import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import type { ActionContext, Need, Preview } from './action.ts';

export const KubernetesName = z
  .string()
  .regex(
    /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\$\{[^}]+\})$/,
    'expected a Kubernetes name like "janua-api"',
  );

/** The parameters all Deployment actions share. `cluster` is a connection of connections.yml. */
export const target = {
  cluster: KubernetesName,
  namespace: KubernetesName,
  deployments: z.array(KubernetesName).min(1).max(20),
};
export type Target = z.infer<z.ZodObject<typeof target>>;
export type Place = Pick<Target, 'cluster' | 'namespace'>;

/** Replicas by Deployment name. */
export type Counts = Readonly<Record<string, number>>;

/** A plan of later steps may name what is not known yet; such a step is previewed in words only. */
export function unresolvedPreview(context: ActionContext, params: Target, verb: string): Preview | undefined {
  const names = [params.cluster, params.namespace, ...params.deployments];
  if (!hasSymbols(names)) return undefined;
  const place = `${params.deployments.join(', ')} in ${params.namespace}`;
  return {
    lines: [`${verb} ${place}, named by an earlier step`],
    bound: names,
    shown: [],
    undo: [],
    blocked: context.phase === 'gate' ? [`${place} is not known yet. Name it in the plan.`] : [],
  };
}

/** The Deployments that exist, and a sentence for each that does not. */
export async function findWorkloads(context: ActionContext, params: Target, poll = false) {
  const { cluster, namespace } = params;
  const looked = await Promise.all(
    params.deployments.map((name) =>
      context.clients.kubernetes.readDeployment(cluster, namespace, name, { signal: context.signal, poll }),
    ),
  );
  const missing = params.deployments
    .filter((_, index) => looked[index] === undefined)
    .map(
      (name) => `Cluster \`${cluster}\` has no deployment \`${name}\` in \`${namespace}\`. Check the plan.`,
    );
  return { found: looked.filter((workload) => workload !== undefined), missing };
}

/** All of them, or an error that names the missing ones. */
export async function readWorkloads(
  context: ActionContext,
  params: Target,
  poll = false,
): Promise<readonly Workload[]> {
  const { found, missing } = await findWorkloads(context, params, poll);
  if (missing.length > 0) throw new AppError('outside-refused', missing.join(' '));
  return found;
}

export function readHpa(context: ActionContext, params: Target, name: string): Promise<Hpa | undefined> {
  const { signal, clients } = context;
  return clients.kubernetes.readHpaFor(params.cluster, params.namespace, name, { signal });
}

/** Looks whether the bot may patch each Deployment, so that nobody approves what the cluster would refuse. */
export async function missingRights(context: ActionContext, params: Target): Promise<readonly string[]> {
  const { cluster, namespace } = params;
  const answers = await Promise.all(
    params.deployments.map((name) =>
      context.clients.kubernetes.canI(
        cluster,
        { namespace, group: 'apps', resource: 'deployments', verb: 'patch', name },
        { signal: context.signal },
      ),
    ),
  );
  return params.deployments
    .filter((_, index) => answers[index] === false)
    .map(
      (name) =>
        `The bot may not change deployment \`${name}\` in \`${namespace}\`. Add it to deploy/kubernetes/role.yaml and apply that file.`,
    );
}

/** What an approval of these Deployments rests on: which cluster, which objects, and what each becomes. */
export function boundTo(
  clusterUid: string,
  params: Target,
  workloads: readonly Workload[],
  facts: (workload: Workload) => Readonly<Record<string, Json>>,
): Json {
  const deployments = workloads.map((workload) => ({
    name: workload.name,
    uid: workload.uid,
    ...facts(workload),
  }));
  return { cluster: clusterUid, namespace: params.namespace, deployments };
}

/** The cluster is known by its namespace kube-system; everything else is inside one namespace. */
export function needsOf(
  params: Target,
  uses: { readonly patch: boolean; readonly scalers: boolean },
): readonly Need[] {
  const right = (group: string, resource: string, verb: string, name?: string) => ({
    kind: 'kubernetes' as const,
    connection: params.cluster,
    namespace: params.namespace,
    group,
    resource,
    verb,
    ...(name !== undefined && { name }),
  });
  const verbs = uses.patch ? ['get', 'patch'] : ['get'];
  return [
    { ...right('', 'namespaces', 'get', 'kube-system'), namespace: 'kube-system' },
    ...params.deployments.flatMap((name) => verbs.map((verb) => right('apps', 'deployments', verb, name))),
    right('', 'pods', 'list'),
    ...(uses.scalers ? SCALERS.map(([group, resource]) => right(group, resource, 'list')) : []),
  ];
}

const SCALERS = [
  ['autoscaling', 'horizontalpodautoscalers'],
  ['keda.sh', 'scaledobjects'],
] as const;

/** ` -n janua --context janua`: kubectl is never left to its current context. */
export function kubectlPlace({ cluster, namespace }: Place): string {
  return `-n ${namespace} --context ${cluster}`;
}

/** A wait looks this long after its last look, in milliseconds: it learns of the end at most a tenth of the wait too late. */
function pauseAfter(waitedMs: number): number {
  return Math.min(500, Math.max(25, waitedMs / 10));
}

/** How long a wait bears a cluster that does not answer: an API server is replaced in less. */
const AWAY_LIMIT_MS = 30_000;

/** Repeats `look` until it gives a value. Ends by the step's deadline, through the signal. */
export async function poll<Result>(
  context: ActionContext,
  look: () => Promise<Result | undefined>,
): Promise<Result> {
  const { signal } = context;
  const begin = performance.now();
  let answered = begin;
  for (;;) {
    try {
      const result = await look();
      if (result !== undefined) return result;
      answered = performance.now();
    } catch (error) {
      const away = error instanceof AppError && error.retry === 'later';
      if (!away || performance.now() - answered > AWAY_LIMIT_MS) throw error;
      context.progress('the cluster does not answer, asking again');
    }
    await sleep(pauseAfter(performance.now() - begin), undefined, { signal }).catch(() =>
      signal.throwIfAborted(),
    );
  }
}
