import { type KubeObject, ReplicaSet } from '../kinds.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Store } from '../store.ts';
import type { EmitEvent } from './events.ts';
import { createPod, isActive, ownedBy, podView, randomSuffix, withoutZeros } from './workloads.ts';

/** Keeps each ReplicaSet at its number of pods. Unready pods go first, as in the real controller. */
export function createReplicaSetController(deps: {
  readonly store: Store;
  readonly lifecycle: Lifecycle;
  readonly emit: EmitEvent;
  readonly random: () => number;
}) {
  const { store, lifecycle, emit, random } = deps;

  function reconcileOne(set: ReplicaSet): void {
    const pods = ownedBy(store, 'pods', set).filter(isActive);
    const surplus = pods.length - set.spec.replicas;
    for (let missing = -surplus; missing > 0; missing -= 1) {
      const pod = createPod(store, set, `${set.metadata.name}-${randomSuffix(random)}`, set.spec.template);
      emit(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, 'replicaset-controller');
      pods.push(pod);
    }
    for (const pod of pods.toSorted(leastWanted).slice(0, Math.max(0, surplus))) {
      lifecycle.remove('pods', pod.metadata.namespace ?? '', pod.metadata.name);
      emit(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, 'replicaset-controller');
    }
    const { namespace = '', name, generation } = set.metadata;
    const kept = ownedBy(store, 'pods', set).filter(isActive);
    const ready = kept.filter((pod) => podView(pod).ready).length;
    const status = {
      ...withoutZeros({ fullyLabeledReplicas: kept.length, readyReplicas: ready, availableReplicas: ready }),
      replicas: kept.length,
      observedGeneration: generation,
    };
    const current = store.get('replicasets', namespace, name);
    if (current) store.update('replicasets', { ...current, status });
  }

  return {
    reconcile(): void {
      for (const set of store.list('replicasets')) reconcileOne(ReplicaSet.parse(set));
    },
  };
}

function leastWanted(a: KubeObject, b: KubeObject): number {
  const [left, right] = [podView(a), podView(b)];
  if (left.ready !== right.ready) return left.ready ? 1 : -1;
  return left.restarts !== right.restarts
    ? right.restarts - left.restarts
    : left.name.localeCompare(right.name);
}
