import { z } from 'zod';
import type { Workload } from '../clients/kubernetes-objects.ts';
import { type ActionContext, defineAction, type Outcome } from './action.ts';
import { readyText, untilReady } from './k8s-ready.ts';
import {
  boundTo,
  findWorkloads,
  kubectlPlace,
  missingRights,
  needsOf,
  readWorkloads,
  target,
  unresolvedPreview,
} from './k8s-workload.ts';

const Params = z.strictObject(target);
type Params = z.infer<typeof Params>;

/** The annotation `kubectl rollout restart` writes, and ours beside it, by which a repeated attempt knows its own work. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const RESTARTED_BY = 'dr-bot/restarted-by';

export const k8sRolloutRestart = defineAction<Params>({
  name: 'k8s.rolloutRestart',
  summary: 'Replaces all pods of Deployments by new ones and waits until they are ready.',
  schema: Params,
  class: 'reversible',
  recovery: 'observe',
  gives: {
    restartedAt: 'when it was restarted, ISO 8601, by name of Deployment',
  },

  async preview(context, params) {
    const unresolved = unresolvedPreview(context, params, 'Restart');
    if (unresolved !== undefined) return unresolved;
    const { cluster } = params;
    const clusterUid = await context.clients.kubernetes.clusterUid(cluster, { signal: context.signal });
    const [{ found, missing }, rights] = await Promise.all([
      findWorkloads(context, params),
      missingRights(context, params),
    ]);
    return {
      lines: found.map(({ name, namespace, replicas, strategy }) => {
        const how =
          strategy === 'Recreate' ? 'stopped together, then started anew' : 'replaced one after another';
        return `\`${name}\` in \`${namespace}\`: ${replicas === 1 ? '1 pod' : `${replicas} pods`} ${how}`;
      }),
      bound: boundTo(clusterUid, params, found, () => ({ target: 'restarted' })),
      shown: found.map((workload) => ({ name: workload.name, value: readyText([workload]) })),
      undo: found.map(
        ({ name }) => `\`${name}\`: nothing to take back, its pods are new and its settings the same`,
      ),
      blocked: [
        ...missing,
        ...(missing.length === 0 ? rights : []),
        ...found
          .filter(({ paused }) => paused)
          .map(
            ({ name }) =>
              `The rollout of \`${name}\` is paused, so a restart has no effect. Run: kubectl rollout resume deployment ${name} ${kubectlPlace(params)}`,
          ),
      ],
    };
  },

  async run(context, params) {
    const { signal, clients } = context;
    const results = await Promise.allSettled(
      params.deployments.map((name) =>
        clients.kubernetes.patchDeployment(
          params.cluster,
          params.namespace,
          name,
          (workload) =>
            isRestarted(context, workload) ? undefined : { templateAnnotations: marksFor(context) },
          { signal },
        ),
      ),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    await untilReady(context, params, 0);
    return doneOf(await readWorkloads(context, params));
  },

  async verify(context, params) {
    await untilReady(context, params, 0);
  },

  async observe(context, params) {
    const { found, missing } = await findWorkloads(context, params);
    if (missing.length > 0) return { happened: 'unknown', seen: missing };
    // Where only some are restarted, running again restarts the others and leaves these.
    if (!found.every((workload) => isRestarted(context, workload))) return { happened: 'no' };
    return { happened: 'yes', outcome: doneOf(found) };
  },

  async undo() {
    return { summary: 'nothing to take back: a restart changes no settings', facts: [] };
  },

  byHand: (params) =>
    params.deployments.flatMap((name) => [
      `kubectl rollout restart deployment ${name} ${kubectlPlace(params)}`,
      `kubectl rollout status deployment ${name} ${kubectlPlace(params)}`,
    ]),

  needs: (params) => needsOf(params, { patch: true, scalers: false }),
});

function isRestarted({ run, step }: ActionContext, { templateAnnotations }: Workload): boolean {
  return templateAnnotations[RESTARTED_BY]?.startsWith(`${run.id}/${step.id}/`) ?? false;
}

function marksFor({ key, now }: ActionContext): Readonly<Record<string, string>> {
  return { [RESTARTED_AT]: now.toISOString(), [RESTARTED_BY]: key };
}

function doneOf(workloads: readonly Workload[]): Extract<Outcome, { kind: 'done' }> {
  const times = workloads.map(({ name, templateAnnotations }) => [
    name,
    templateAnnotations[RESTARTED_AT] ?? '',
  ]);
  return {
    kind: 'done',
    summary: readyText(workloads),
    output: { restartedAt: Object.fromEntries(times) },
    facts: workloads.map((workload) => ({
      name: workload.name,
      value: `restarted, ${readyText([workload])}`,
    })),
  };
}
