import type { Workload } from '../clients/kubernetes-objects.ts';
import type { Component } from '../domain/plan.ts';
import { AppError } from '../errors.ts';
import type { ActionContext, Need } from './action.ts';
import { assertNotSuperseded, standingMark } from './k8s-mark.ts';
import { reasonsOfGitOps } from './k8s-owners.ts';
import { replicasText } from './k8s-scale-counts.ts';
import { previousOfRun, recordFor, undoneRecordFor } from './k8s-scale-record.ts';
import { kubectlPlace, poll } from './k8s-workload.ts';
import type { Fence, Raised } from './pg-fence-way.ts';
import type { Pair } from './pg-standby-pair.ts';

type Server = NonNullable<Component['server']>;

/** The StatefulSet the old primary runs as is scaled to 0, and none of its pods is left, not even one that shuts down. */
export const workloadFence: Fence = {
  async preview(context, pair) {
    const server = serverOf(pair);
    const { cluster, namespace, statefulSet } = server;
    const { kubernetes } = context.clients;
    const options = { signal: context.signal };
    const [clusterUid, found, allowed] = await Promise.all([
      kubernetes.clusterUid(cluster, options),
      kubernetes.readStatefulSet(cluster, namespace, statefulSet, options),
      kubernetes.canI(
        cluster,
        { namespace, group: 'apps', resource: 'statefulsets', verb: 'patch', name: statefulSet },
        options,
      ),
    ]);
    const place = `\`${statefulSet}\` in \`${namespace}\``;
    const bound = { by: 'workload', cluster: clusterUid, namespace, name: statefulSet };
    if (found === undefined) {
      const blocked = [`Cluster \`${cluster}\` has no statefulset ${place}. Correct server in the plan.`];
      return { lines: [], bound, shown: [], undo: [], blocked };
    }
    const pods = await alivePods(context, server, found);
    return {
      lines: [
        `Old primary \`${pair.primary}\`: StatefulSet ${place}, ${found.replicas} → 0 replicas, until none of its pods is left`,
      ],
      bound: { ...bound, uid: found.uid },
      shown: [{ name: statefulSet, value: `${replicasText(found.replicas)}, ${pods.length} running` }],
      undo: [
        `\`${statefulSet}\` goes back to ${replicasText(found.replicas)}, only while \`${pair.standby}\` is not promoted`,
      ],
      blocked: [
        ...(allowed
          ? []
          : [
              `The bot may not change statefulset ${place}. Add it to deploy/kubernetes/role.yaml and apply that file.`,
            ]),
        ...ownerReasons(found, server),
      ],
    };
  },

  async raise(context, pair) {
    const server = serverOf(pair);
    const first = await readServer(context, server);
    const reasons = ownerReasons(first, server);
    if (reasons.length > 0) throw new AppError('target-refused', reasons.join(' '), { details: reasons });
    const stopped = await patch(context, server, (now) => {
      assertNotSuperseded(context, first, now);
      if (isOurs(context, now) && now.replicas === 0) return undefined;
      return { replicas: 0, annotations: recordFor(context, now) };
    });
    return untilGone(context, server, stopped);
  },

  async find(context, pair) {
    const server = serverOf(pair);
    const found = await readServer(context, server);
    if (!isOurs(context, found)) return undefined;
    if (found.replicas === 0) return untilGone(context, server, found);
    return `\`${found.name}\` was scaled to 0 by this step, and has ${replicasText(found.replicas)} now`;
  },

  async announce(context, pair) {
    await patch(context, serverOf(pair), (now) => ({
      annotations: undoneRecordFor(context, previousOfRun(context, now)),
    }));
  },

  // It stands at 0 as before, and nothing begins on a standby that is a primary already.
  withdraw: async () => undefined,

  async lower(context, pair, output) {
    const server = serverOf(pair);
    const found = await readServer(context, server);
    const previous = typeof output.previous === 'number' ? output.previous : previousOfRun(context, found);
    if (previous === undefined) return `nothing to take back: \`${found.name}\` was not stopped`;
    await patch(context, server, (now) => (now.replicas === previous ? undefined : { replicas: previous }));
    return `\`${found.name}\` back to ${replicasText(previous)}`;
  },

  byHand(pair) {
    const server = serverOf(pair);
    const { statefulSet } = server;
    const place = kubectlPlace(server);
    return [
      `kubectl get statefulset ${statefulSet} ${place} -o jsonpath='{.spec.replicas}'   # note this number: it is the way back`,
      `kubectl scale statefulset ${statefulSet} ${place} --replicas=0`,
      `kubectl get pods ${place}   # repeat until no pod of ${statefulSet} is left`,
    ];
  },

  needs(pair): readonly Need[] {
    const { cluster, namespace, statefulSet: name } = serverOf(pair);
    const right = { kind: 'kubernetes', connection: cluster, namespace } as const;
    return [
      {
        ...right,
        namespace: 'kube-system',
        group: '',
        resource: 'namespaces',
        verb: 'get',
        name: 'kube-system',
      },
      { ...right, group: 'apps', resource: 'statefulsets', verb: 'get', name },
      { ...right, group: 'apps', resource: 'statefulsets', verb: 'patch', name },
      { ...right, group: '', resource: 'pods', verb: 'list' },
    ];
  },
};

/** Throws when the fence that `step` of this run raised no longer stands: it is being given back, or was scaled up again. */
export async function requireStopped(context: ActionContext, pair: Pair, step: string): Promise<void> {
  const server = serverOf(pair);
  const found = await readServer(context, server);
  const stands = standingMark({ ...context, step: { id: step, attempt: 0 } }, found) !== undefined;
  if (found.replicas === 0 && stands) return;
  const why = stands ? `asks for ${replicasText(found.replicas)}` : 'is given back';
  throw new AppError(
    'check-failed',
    `StatefulSet \`${found.name}\` of the old primary ${why}, so it may come back. Nothing was promoted. See by what; then: kubectl scale statefulset ${found.name} ${kubectlPlace(server)} --replicas=0`,
  );
}

function serverOf({ component }: Pair): Server {
  if (component.server !== undefined) return component.server;
  throw new AppError(
    'plan-invalid',
    `The plan does not say as what \`${component.id}\` runs. Give it \`server\` with cluster, namespace and statefulSet, or fence by host or read-only.`,
  );
}

async function readServer(context: ActionContext, server: Server): Promise<Workload> {
  const { cluster, namespace, statefulSet } = server;
  const found = await context.clients.kubernetes.readStatefulSet(cluster, namespace, statefulSet, {
    signal: context.signal,
  });
  if (found !== undefined) return found;
  throw new AppError(
    'outside-refused',
    `Cluster \`${cluster}\` has no statefulset \`${statefulSet}\` in \`${namespace}\`. Correct server in the plan.`,
  );
}

function patch(
  context: ActionContext,
  { cluster, namespace, statefulSet }: Server,
  decide: Parameters<ActionContext['clients']['kubernetes']['patchStatefulSet']>[3],
): Promise<Workload> {
  const { kubernetes } = context.clients;
  return kubernetes.patchStatefulSet(cluster, namespace, statefulSet, decide, { signal: context.signal });
}

async function alivePods(context: ActionContext, { cluster, namespace }: Server, { selector }: Workload) {
  const options = { signal: context.signal, poll: true };
  const pods = await context.clients.kubernetes.listPods(cluster, namespace, selector, options);
  return pods.filter(({ phase }) => phase !== 'Succeeded' && phase !== 'Failed');
}

async function untilGone(context: ActionContext, server: Server, stopped: Workload): Promise<Raised> {
  let told = '';
  await poll(context, async () => {
    const [now, pods] = await Promise.all([readServer(context, server), alivePods(context, server, stopped)]);
    if (now.replicas !== 0)
      throw new AppError(
        'check-failed',
        `StatefulSet \`${now.name}\` was set to ${replicasText(now.replicas)} by something else while it should have 0. See by what, and stop that first: kubectl get statefulset ${now.name} ${kubectlPlace(server)} -o yaml --show-managed-fields`,
      );
    const left = pods.map(({ name }) => `\`${name}\``).join(', ');
    if (left !== '' && left !== told)
      context.progress(`${left} still shuts down; if its host is dead, switch that off and fence by host`);
    told = left;
    return pods.length === 0 ? true : undefined;
  });
  return {
    evidence: `\`${stopped.name}\` in \`${stopped.namespace}\` has 0 replicas and no pod`,
    output: { previous: previousOfRun(context, stopped) ?? null },
  };
}

function isOurs(context: ActionContext, workload: Workload): boolean {
  return standingMark(context, workload) !== undefined;
}

/** What would scale it up again behind our back. */
function ownerReasons(workload: Workload, server: Server): readonly string[] {
  const operators = workload.owners.map(
    ({ kind, name }) =>
      `${kind} \`${name}\` owns statefulset \`${workload.name}\`, and its operator would start it again. Fence through that operator, or by host or read-only.`,
  );
  return [...operators, ...reasonsOfGitOps(server, 'statefulset', workload)];
}
