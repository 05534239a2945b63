import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { defineAction } from './action.ts';
import { readySummary, readyText, untilReady } from './k8s-ready.ts';
import { boundTo, findWorkloads, kubectlPlace, needsOf, target, unresolvedPreview } from './k8s-workload.ts';

const Params = z.strictObject({
  ...target,
  /** How long everything must stay ready without a restart. */
  stableFor: z
    .string()
    .refine((text) => parseDuration(text) !== undefined, 'expected a duration like "30s"')
    .default('0s'),
});
type Params = z.infer<typeof Params>;

export const k8sWaitReady = defineAction<Params>({
  name: 'k8s.waitReady',
  summary: 'Waits until all pods of Deployments are of the newest version and ready.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    ready: 'ready pods by name of Deployment',
  },

  async preview(context, params) {
    const unresolved = unresolvedPreview(context, params, 'Wait for');
    if (unresolved !== undefined) return unresolved;
    const { cluster } = params;
    const clusterUid = await context.clients.kubernetes.clusterUid(cluster, { signal: context.signal });
    const { found, missing } = await findWorkloads(context, params);
    const stable = parseDuration(params.stableFor) === 0 ? '' : ` for ${params.stableFor}`;
    return {
      lines: found.map(({ name, replicas }) => {
        const all = replicas === 0 ? 'all pods' : `${replicas} of ${replicas}`;
        return `Wait until ${all} of \`${name}\` are ready${stable}`;
      }),
      bound: boundTo(clusterUid, params, found, () => ({ target: 'ready' })),
      shown: found.map((workload) => ({ name: workload.name, value: readyText([workload]) })),
      undo: [],
      blocked: missing,
    };
  },

  async run(context, params) {
    await context.clients.kubernetes.clusterUid(params.cluster, { signal: context.signal });
    const ready = await untilReady(context, params, parseDuration(params.stableFor) ?? 0);
    return {
      kind: 'done',
      summary: readySummary(ready),
      output: { ready },
      facts: Object.entries(ready).map(([name, count]) => ({ name, value: `${count} of ${count} ready` })),
    };
  },

  byHand: (params) =>
    params.deployments.map((name) => `kubectl rollout status deployment ${name} ${kubectlPlace(params)}`),

  needs: (params) => needsOf(params, { patch: false, scalers: false }),
});
