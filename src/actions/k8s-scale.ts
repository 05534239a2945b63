import { z } from 'zod';
import type { DeploymentChange } from '../clients/kubernetes.ts';
import type { Workload } from '../clients/kubernetes-objects.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Observation, type Outcome, type Undone } from './action.ts';
import { assertNotSuperseded, markOf, standingMark } from './k8s-mark.ts';
import { reasonsAgainstScaling } from './k8s-owners.ts';
import {
  clampTo,
  countsIn,
  foresee,
  type Hpas,
  replicasText,
  scaleOutput,
  standingFact,
  wantedOf,
} from './k8s-scale-counts.ts';
import { previousOfStep, recordFor, undoneRecordFor } from './k8s-scale-record.ts';
import { assertScaled, isAt, untilScaled } from './k8s-scale-wait.ts';
import {
  boundTo,
  type Counts,
  findWorkloads,
  kubectlPlace,
  missingRights,
  needsOf,
  readHpa,
  readWorkloads,
  target,
  unresolvedPreview,
} from './k8s-workload.ts';

/** A number, or a text that an input or an earlier step fills with one. */
const Count = z.union([
  z.int().min(0),
  z.string().regex(/^(\d{1,4}|\$\{[^}]+\})$/, 'expected a count like 3'),
]);

const Params = z
  .strictObject({
    ...target,
    replicas: Count.optional(),
    /** The earlier scale step whose former counts come back. */
    restore: z.string().optional(),
  })
  .refine(({ replicas, restore }) => (replicas === undefined) !== (restore === undefined), {
    message:
      'expected exactly one of "replicas" (a count) and "restore" (the id of an earlier k8s.scale step)',
  });
type Params = z.infer<typeof Params>;

export const k8sScale = defineAction<Params>({
  name: 'k8s.scale',
  summary: 'Sets the replicas of Deployments, or gives them back the counts they had before an earlier step.',
  schema: Params,
  class: 'reversible',
  recovery: 'observe',
  gives: {
    previous: 'replicas before, by name of Deployment',
    replicas: 'replicas now, by name of Deployment',
  },

  async preview(context, params) {
    const unresolved = unresolvedPreview(context, params, 'Scale');
    if (unresolved !== undefined) return unresolved;
    const { cluster } = params;
    const clusterUid = await context.clients.kubernetes.clusterUid(cluster, { signal: context.signal });
    const { found, missing } = await findWorkloads(context, params);
    const [hpas, rights] = await Promise.all([
      hpasOf(context, params, found),
      missingRights(context, params),
    ]);
    const plans = found.map((workload) => foresee(context, params, workload, hpas.get(workload.name)));
    const unknown = plans.filter(({ to }) => to === undefined);
    return {
      lines: plans.map(({ line }) => line),
      bound: boundTo(clusterUid, params, found, ({ name }) => {
        const hpa = hpas.get(name);
        return {
          target: params.restore === undefined ? String(params.replicas) : 'previous',
          hpa: hpa === undefined ? null : { uid: hpa.uid, min: hpa.min, max: hpa.max },
        };
      }),
      shown: found.map((workload) => standingFact(workload, hpas.get(workload.name))),
      undo: plans.map(({ undo }) => undo),
      blocked: [
        ...missing,
        ...(missing.length === 0 ? rights : []),
        ...(await interference(context, params, found, hpas)),
        ...(context.phase === 'gate' && unknown.length > 0
          ? [`How many replicas is not known: ${params.replicas}. Name the count in the plan.`]
          : []),
      ],
      ...(unknown.length === 0 && { output: scaleOutput(plans) }),
    };
  },

  async run(context, params) {
    const workloads = await readWorkloads(context, params);
    const hpas = await hpasOf(context, params, workloads);
    const reasons = await interference(context, params, workloads, hpas);
    if (reasons.length > 0) throw new AppError('target-refused', reasons.join(' '), { details: reasons });
    const wanted = wantedByName(context, params, workloads, hpas);
    const changed = await patchAll(context, params, workloads, (first, now) => {
      assertNotSuperseded(context, first, now);
      const replicas = wanted[now.name] ?? now.replicas;
      if (isMarked(context, now) && now.replicas === replicas) return undefined;
      return { replicas, annotations: recordFor(context, now) };
    });
    await untilScaled(context, params, wanted, hpas);
    return doneOf(context, changed, wanted);
  },

  async verify(context, params, output) {
    const workloads = await readWorkloads(context, params);
    const hpas = await hpasOf(context, params, workloads);
    await assertScaled(context, params, countsIn(output, 'replicas'), hpas);
  },

  async observe(context, params): Promise<Observation> {
    const { found, missing } = await findWorkloads(context, params);
    if (missing.length > 0) return { happened: 'unknown', seen: missing };
    if (!found.some((workload) => isMarked(context, workload))) return { happened: 'no' };
    const hpas = await hpasOf(context, params, found);
    const wanted = wantedByName(context, params, found, hpas);
    const strange = found.filter((workload) => {
      return (
        isMarked(context, workload) && !isAt(workload, wanted[workload.name] ?? 0, hpas.get(workload.name))
      );
    });
    if (strange.length > 0) {
      const seen = strange.map(({ name, replicas }) => {
        return `\`${name}\` was scaled to ${wanted[name]} by this step, and has ${replicas} replicas now`;
      });
      const howToTell = `kubectl get deployment ${strange[0]?.name} ${kubectlPlace(params)} -o yaml --show-managed-fields`;
      return { happened: 'unknown', seen, howToTell };
    }
    // Some are done and some are not: running again does the rest and leaves the former counts as recorded.
    if (!found.every((workload) => isMarked(context, workload))) return { happened: 'no' };
    await untilScaled(context, params, wanted, hpas);
    return { happened: 'yes', outcome: doneOf(context, found, wanted) };
  },

  async undo(context, params, output): Promise<Undone> {
    const workloads = await readWorkloads(context, params);
    const hpas = await hpasOf(context, params, workloads);
    const recorded = countsIn(output, 'previous');
    const previousOf = (workload: Workload) => recorded[workload.name] ?? previousOfStep(context, workload);
    const wanted: Record<string, number> = {};
    for (const workload of workloads) {
      const previous = previousOf(workload);
      if (previous !== undefined) wanted[workload.name] = clampTo(previous, hpas.get(workload.name));
    }
    await patchAll(context, params, workloads, (first, now) => {
      const replicas = wanted[now.name];
      const undone = markOf(context, now)?.undone === true;
      if (undone && (replicas === undefined || now.replicas === replicas)) return undefined;
      const annotations = undoneRecordFor(context, previousOf(first));
      return replicas === undefined ? { annotations } : { replicas, annotations };
    });
    const touched = Object.keys(wanted);
    if (touched.length === 0) return { summary: 'nothing to take back: nothing was scaled', facts: [] };
    await untilScaled(context, { ...params, deployments: touched }, wanted, hpas);
    const facts = Object.entries(wanted).map(([name, count]) => ({
      name,
      value: `back to ${replicasText(count)}`,
    }));
    return { summary: facts.map(({ name, value }) => `\`${name}\` ${value}`).join(', '), facts };
  },

  byHand(params) {
    const place = kubectlPlace(params);
    return params.deployments.flatMap((name) => {
      const get = `kubectl get deployment ${name} ${place} -o jsonpath='{.spec.replicas}'`;
      if (params.restore !== undefined) {
        return [
          `kubectl scale deployment ${name} ${place} --replicas=N   # N: the number noted before step ${params.restore}`,
        ];
      }
      return [
        `${get}   # note this number: it is the way back`,
        `kubectl scale deployment ${name} ${place} --replicas=${params.replicas}`,
        `kubectl get pods ${place}   # repeat until the pods of ${name} are ${params.replicas}`,
      ];
    });
  },

  needs: (params) => [
    ...needsOf(params, { patch: true, scalers: true }),
    ...(params.restore === undefined ? [] : [{ kind: 'step' as const, name: params.restore }]),
  ],
});

async function hpasOf(context: ActionContext, params: Params, workloads: readonly Workload[]): Promise<Hpas> {
  const read = async ({ name }: Workload) => [name, await readHpa(context, params, name)] as const;
  return new Map(await Promise.all(workloads.map(read)));
}

async function interference(
  context: ActionContext,
  params: Params,
  workloads: readonly Workload[],
  hpas: Hpas,
): Promise<readonly string[]> {
  const reasons = await Promise.all(
    workloads.map((workload) => reasonsAgainstScaling(context, params, workload, hpas.get(workload.name))),
  );
  return reasons.flat();
}

/** The count each Deployment shall have; throws where it cannot be known. */
function wantedByName(
  context: ActionContext,
  params: Params,
  workloads: readonly Workload[],
  hpas: Hpas,
): Counts {
  const counts = workloads.map((workload) => {
    const { name } = workload;
    const wanted = wantedOf(context, params, workload, hpas.get(name));
    if (wanted !== undefined) return [name, wanted.replicas] as const;
    const why =
      params.restore === undefined
        ? `"${params.replicas}" is not a count`
        : `step ${params.restore} left no count and the deployment bears no mark of ${context.run.id}`;
    throw new AppError(
      'check-failed',
      `How many replicas \`${name}\` shall have is not known: ${why}. Set it by hand, then skip this step: kubectl scale deployment ${name} ${kubectlPlace(params)} --replicas=N`,
    );
  });
  return Object.fromEntries(counts);
}

/**
 * Patches all Deployments at once, by what was first seen of each and what is there now, and waits for every answer:
 * nothing is still under way when a fault of one of them ends the step.
 */
async function patchAll(
  context: ActionContext,
  params: Params,
  workloads: readonly Workload[],
  decide: (first: Workload, now: Workload) => DeploymentChange | undefined,
): Promise<readonly Workload[]> {
  const { signal, clients } = context;
  const results = await Promise.allSettled(
    workloads.map((first) => {
      const change = (now: Workload) => decide(first, now);
      return clients.kubernetes.patchDeployment(params.cluster, params.namespace, first.name, change, {
        signal,
      });
    }),
  );
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Done by this step and not taken back. */
function isMarked(context: ActionContext, workload: Workload): boolean {
  return standingMark(context, workload) !== undefined;
}

function doneOf(
  context: ActionContext,
  workloads: readonly Workload[],
  wanted: Counts,
): Extract<Outcome, { kind: 'done' }> {
  const changes = workloads.map((workload) => {
    const { name } = workload;
    return { name, from: previousOfStep(context, workload) ?? workload.replicas, to: wanted[name] ?? 0 };
  });
  const inFull = changes.map(({ name, from, to }) => `\`${name}\` ${from} → ${to}`).join(', ');
  const total = (pick: 'from' | 'to') => changes.reduce((sum, change) => sum + change[pick], 0);
  const inShort = `${changes.length} deployments ${total('from')} → ${total('to')} replicas`;
  return {
    kind: 'done',
    summary: inFull.length <= SUMMARY_LIMIT ? inFull : inShort,
    output: scaleOutput(changes),
    facts: changes.map(({ name, from, to }) => ({ name, value: `${from} → ${replicasText(to)}` })),
  };
}

const SUMMARY_LIMIT = 60;
