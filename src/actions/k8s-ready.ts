import type { Workload } from '../clients/kubernetes-objects.ts';
import type { Pod } from '../clients/kubernetes-pods.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { type Counts, kubectlPlace, poll, readWorkloads, type Target } from './k8s-workload.ts';

/** Restarts after which a pod that waits to be restarted is called a crash loop: about 10 s of trying. */
const CRASH_LOOP_RESTARTS = 2;
/** A rollout that was stuck before may say so until its first progress. */
const STUCK_LIMIT_MS = 5_000;

interface Readiness {
  readonly workload: Workload;
  readonly pods: readonly Pod[];
  readonly ready: boolean;
}

/**
 * Waits until the controller has seen the newest spec and all wanted pods are of it and ready, with none of an older
 * ReplicaSet left, for `stableForMs` without a restart. A crash loop or a stuck rollout ends the wait with its reason.
 */
export async function untilReady(
  context: ActionContext,
  params: Target,
  stableForMs: number,
): Promise<Counts> {
  let told = '';
  let steady: { readonly restarts: number; readonly since: number } | undefined;
  let stuckSince: number | undefined;
  return poll(context, async () => {
    const all = await readinessOf(context, params);
    for (const readiness of all) assertNoCrashLoop(params, readiness);

    const stuck = all.find(({ workload, ready }) => !ready && workload.status.stuck !== undefined);
    stuckSince = stuck === undefined ? undefined : (stuckSince ?? performance.now());
    if (stuck && stuckSince !== undefined && performance.now() - stuckSince > STUCK_LIMIT_MS) {
      throw stuckRollout(params, stuck);
    }

    const note = readyText(all.map(({ workload }) => workload));
    if (note !== told) context.progress(note);
    told = note;

    const restarts = all.flatMap(({ pods }) => pods).reduce((sum, pod) => sum + pod.restarts, 0);
    if (!all.every(({ ready }) => ready)) steady = undefined;
    else if (steady?.restarts !== restarts) steady = { restarts, since: performance.now() };
    if (steady === undefined || performance.now() - steady.since < stableForMs) return undefined;
    return Object.fromEntries(all.map(({ workload }) => [workload.name, workload.status.ready]));
  });
}

/** `3 of 4 ready`, with names where there are several. */
export function readyText(workloads: readonly Workload[]): string {
  const counts = workloads.map(({ name, replicas, status }) => {
    const count = `${Math.min(status.ready, replicas)} of ${replicas}`;
    return workloads.length === 1 ? count : `\`${name}\` ${count}`;
  });
  return `${counts.join(', ')} ready`;
}

/** The same for a card's line, however many Deployments there are. */
export function readySummary(ready: Counts): string {
  const counts = Object.values(ready);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return `${total} of ${total} ready${counts.length > 1 ? ` in ${counts.length} deployments` : ''}`;
}

async function readinessOf(context: ActionContext, params: Target): Promise<readonly Readiness[]> {
  const { signal, clients } = context;
  const { cluster, namespace } = params;
  const workloads = await readWorkloads(context, params, true);
  return Promise.all(
    workloads.map(async (workload) => {
      const listed = await clients.kubernetes.listPods(cluster, namespace, workload.selector, {
        signal,
        poll: true,
      });
      return { workload, pods: newestPods(workload, listed), ready: isReady(workload) };
    }),
  );
}

function isReady({ generation, replicas, status }: Workload): boolean {
  return (
    status.observedGeneration >= generation &&
    status.updated === replicas &&
    status.ready === replicas &&
    status.replicas === replicas
  );
}

/**
 * The pods of the newest ReplicaSet. Older ones may well crash: replacing them may be why a rollout runs. The newest
 * set has as many pods as the controller calls updated, and the youngest pod among such sets.
 */
function newestPods({ generation, status }: Workload, pods: readonly Pod[]): readonly Pod[] {
  if (status.observedGeneration < generation) return [];
  const sets = Map.groupBy(
    pods.filter(({ terminating }) => !terminating),
    ({ templateHash }) => templateHash,
  );
  const youngest = (set: readonly Pod[]) => Math.max(...set.map(({ createdAt }) => createdAt.getTime()));
  const updated = [...sets.values()].filter((set) => set.length === status.updated);
  return updated.sort((a, b) => youngest(b) - youngest(a))[0] ?? [];
}

function assertNoCrashLoop(params: Target, { workload, pods }: Readiness): void {
  const pod = pods.find(({ waiting, restarts }) => {
    return waiting === 'CrashLoopBackOff' && restarts >= CRASH_LOOP_RESTARTS;
  });
  if (pod === undefined) return;
  throw new AppError(
    'check-failed',
    `\`${workload.name}\` does not start: pod \`${pod.name}\` is in ${pod.waiting} after ${pod.restarts} restarts. Its last words: kubectl logs ${pod.name} ${kubectlPlace(params)} --previous`,
  );
}

function stuckRollout(params: Target, { workload, pods }: Readiness): AppError {
  const pod = pods.find(({ ready }) => !ready);
  const why =
    pod === undefined ? '' : ` Pod \`${pod.name}\` is not ready${pod.waiting ? `: ${pod.waiting}` : ''}.`;
  return new AppError(
    'check-failed',
    `The rollout of \`${workload.name}\` is stuck (${workload.status.stuck}), ${readyText([workload])}.${why} See why: kubectl describe deployment ${workload.name} ${kubectlPlace(params)}`,
  );
}
