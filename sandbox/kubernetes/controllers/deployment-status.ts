import { type Condition, Deployment, ReplicaSet } from '../kinds.ts';
import { type Store, timestamp } from '../store.ts';
import { bounds } from './rollout.ts';
import {
  condition,
  hashLabel,
  ownedBy,
  podView,
  templateHash,
  withoutZeros,
  workloadOf,
} from './workloads.ts';

/** Times are real milliseconds (`performance.now`). */
interface Memory {
  progress: string;
  progressAt: number;
  wroteAt: number;
}

/** Writes `status` of Deployments: when it changes, and every `statusWriteMs` while a Deployment is busy (or restless). */
export function createDeploymentStatus(deps: {
  readonly store: Store;
  readonly clock: () => Date;
  readonly statusWriteMs: number;
  readonly restless: boolean;
}) {
  const { store, clock } = deps;
  const memories = new Map<string, Memory>();

  function write(given: Deployment, setName: string, now: number): void {
    const { namespace = '', name, uid } = given.metadata;
    const stored = store.get('deployments', namespace, name);
    if (!stored) return;
    const deployment = Deployment.parse(stored);
    const counts = count(deployment);
    const progress = JSON.stringify([counts, templateHash(deployment.spec.template)]);
    const memory = memories.get(uid) ?? { progress, progressAt: now, wroteAt: now };
    memories.set(uid, memory);
    if (memory.progress !== progress) Object.assign(memory, { progress, progressAt: now });

    const { replicas } = deployment.spec;
    const complete =
      counts.updated === replicas && counts.replicas === replicas && counts.available === replicas;
    const stalled = now - memory.progressAt > deployment.spec.progressDeadlineSeconds * 1000;
    const before = deployment.status?.conditions;
    const at = timestamp(clock());
    const conditions = [
      condition(before, availability(deployment, counts.available), at),
      condition(before, progressing(before, setName, { ...counts, complete, stalled }), at),
    ];
    const status = {
      observedGeneration: deployment.metadata.generation,
      ...withoutZeros({
        replicas: counts.replicas,
        updatedReplicas: counts.updated,
        readyReplicas: counts.ready,
        availableReplicas: counts.available,
        unavailableReplicas: counts.unavailable,
      }),
      conditions,
    };
    const written = store.update('deployments', { ...stored, status });
    if (written !== stored) memory.wroteAt = now;
    const busy = !complete || terminating(deployment);
    if ((busy || deps.restless) && now - memory.wroteAt >= deps.statusWriteMs) {
      memory.wroteAt = now;
      // A real cluster stores whole seconds; the milliseconds make each of these writes a change.
      const touched = conditions.map((one) => ({ ...one, lastUpdateTime: clock().toISOString() }));
      store.update('deployments', { ...written, status: { ...status, conditions: touched } });
    }
  }

  function count(deployment: Deployment) {
    const sets = ownedBy(store, 'replicasets', deployment).map((set) => ReplicaSet.parse(set));
    const hash = templateHash(deployment.spec.template);
    const total = (key: 'replicas' | 'readyReplicas' | 'availableReplicas', of = sets) =>
      of.reduce((sum, set) => sum + (set.status?.[key] ?? 0), 0);
    const available = total('availableReplicas');
    const planned = sets.reduce((sum, set) => sum + set.spec.replicas, 0);
    return {
      replicas: total('replicas'),
      updated: total(
        'replicas',
        sets.filter((set) => set.metadata.labels?.[hashLabel] === hash),
      ),
      ready: total('readyReplicas'),
      available,
      unavailable: Math.max(0, planned - available),
    };
  }

  function terminating(deployment: Deployment): boolean {
    const { name, namespace } = deployment.metadata;
    return store.list('pods', namespace).some((pod) => workloadOf(pod) === name && podView(pod).terminating);
  }

  return {
    write,
    forgetMissing(): void {
      const living = new Set(store.list('deployments').map(({ metadata }) => metadata.uid));
      for (const uid of memories.keys()) if (!living.has(uid)) memories.delete(uid);
    },
  };
}

function availability(deployment: Deployment, available: number): Condition {
  const enough = available >= deployment.spec.replicas - bounds(deployment).unavailable;
  return {
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`,
  };
}

const completed = 'NewReplicaSetAvailable';

/** A finished rollout stays finished when pods fail later or the Deployment is scaled, as in the real controller. */
function progressing(
  before: readonly Condition[] | undefined,
  setName: string,
  now: { replicas: number; updated: number; complete: boolean; stalled: boolean },
): Condition {
  const known = before?.find(({ type }) => type === 'Progressing');
  const set = `ReplicaSet "${setName}"`;
  const say = (status: string, reason: string, message: string) => ({
    type: 'Progressing',
    status,
    reason,
    message,
  });
  if (now.complete) return say('True', completed, `${set} has successfully progressed.`);
  if (known?.reason === completed && known.message?.includes(set) && now.replicas === now.updated)
    return known;
  if (now.stalled) return say('False', 'ProgressDeadlineExceeded', `${set} has timed out progressing.`);
  return say('True', 'ReplicaSetUpdated', `${set} is progressing.`);
}
