import type { Hpa, Workload } from '../clients/kubernetes-objects.ts';
import type { Pod } from '../clients/kubernetes-pods.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import type { Hpas } from './k8s-scale-counts.ts';
import { type Counts, kubectlPlace, poll, readWorkloads, type Target } from './k8s-workload.ts';

interface Standing {
  readonly workload: Workload;
  readonly wanted: number;
  readonly held: boolean;
  readonly settled: boolean;
  readonly note: string;
}

/**
 * Waits until every Deployment asks for the wanted count and has that many pods. For 0 that means that none is left,
 * not even one that is shutting down: it may still write. For more, pods need not be ready yet.
 */
export async function untilScaled(
  context: ActionContext,
  params: Target,
  wanted: Counts,
  hpas: Hpas,
): Promise<void> {
  let told = '';
  await poll(context, async () => {
    const standings = await standingsOf(context, params, wanted, hpas, true);
    const lost = standings.find(({ held }) => !held);
    if (lost !== undefined) throw setByOthers(params, lost);
    const open = standings.filter(({ settled }) => !settled);
    const note = open.map((standing) => standing.note).join(', ');
    if (note !== '' && note !== told) context.progress(note);
    told = note;
    return open.length === 0 ? true : undefined;
  });
}

/** The same, looked at once: throws with what is not as it should be. */
export async function assertScaled(
  context: ActionContext,
  params: Target,
  wanted: Counts,
  hpas: Hpas,
): Promise<void> {
  for (const standing of await standingsOf(context, params, wanted, hpas, false)) {
    if (!standing.held) throw setByOthers(params, standing);
    if (standing.settled) continue;
    throw new AppError('check-failed', `Deployment ${standing.note}, wanted are ${standing.wanted}.`);
  }
}

async function standingsOf(
  context: ActionContext,
  params: Target,
  wanted: Counts,
  hpas: Hpas,
  polled: boolean,
): Promise<readonly Standing[]> {
  const options = { signal: context.signal, poll: polled };
  const workloads = await readWorkloads(context, params, polled);
  return Promise.all(
    workloads.map(async (workload) => {
      const pods = await context.clients.kubernetes.listPods(
        params.cluster,
        params.namespace,
        workload.selector,
        options,
      );
      return standingOf(workload, pods, wanted[workload.name] ?? 0, hpas.get(workload.name));
    }),
  );
}

function standingOf(
  workload: Workload,
  pods: readonly Pod[],
  wanted: number,
  hpa: Hpa | undefined,
): Standing {
  const { name, replicas, status } = workload;
  const held = isAt(workload, wanted, hpa);
  // Evicted and finished pods stay in the list until somebody removes them; nothing runs in them.
  const alive = pods.filter(({ phase }) => phase !== 'Succeeded' && phase !== 'Failed');
  const staying = alive.filter(({ terminating }) => !terminating).length;
  const rollingOut = status.updated < status.replicas;
  const settled =
    wanted === 0 ? alive.length === 0 : staying === replicas || (rollingOut && staying > replicas);
  const note =
    wanted === 0
      ? `\`${name}\`: ${alive.length} ${alive.length === 1 ? 'pod' : 'pods'} left`
      : `\`${name}\`: ${staying} of ${replicas} pods`;
  return { workload, wanted, held, settled: held && settled, note };
}

/** Asks for the wanted count, or, where an HPA took over after a scale up, for one in its range. */
export function isAt({ replicas }: Workload, wanted: number, hpa: Hpa | undefined): boolean {
  if (replicas === wanted) return true;
  return wanted > 0 && hpa !== undefined && replicas >= hpa.min && replicas <= hpa.max;
}

function setByOthers(params: Target, { workload, wanted }: Standing): AppError {
  const { name, replicas } = workload;
  return new AppError(
    'check-failed',
    `Deployment \`${name}\` was set to ${replicas} replicas by something else while it should have ${wanted}. See by what, and stop that first: kubectl get deployment ${name} ${kubectlPlace(params)} -o yaml --show-managed-fields`,
  );
}
