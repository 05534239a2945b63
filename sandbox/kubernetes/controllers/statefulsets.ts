import { type KubeObject, StatefulSet } from '../kinds.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Store } from '../store.ts';
import { createPod, ownedBy, podView, templateHash, withoutZeros } from './workloads.ts';

const revisionLabel = 'controller-revision-hash';

/** Ordered pods `name-0`, `name-1` …: one step at a time, the next only when all before are Ready. */
export function createStatefulSetController(deps: { readonly store: Store; readonly lifecycle: Lifecycle }) {
  const { store, lifecycle } = deps;

  function reconcileOne(set: StatefulSet): void {
    const { name, namespace = '', generation } = set.metadata;
    const revision = `${name}-${templateHash(set.spec.template)}`;
    const pods = new Map(ownedBy(store, 'pods', set).map((pod) => [ordinalOf(pod), pod]));
    step(set, pods, revision);

    const all = ownedBy(store, 'pods', set).filter((pod) => !podView(pod).terminating);
    const ready = all.filter((pod) => podView(pod).ready).length;
    const updated = all.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision).length;
    const status = {
      observedGeneration: generation,
      replicas: all.length,
      availableReplicas: ready,
      updateRevision: revision,
      currentRevision: updated === set.spec.replicas ? revision : (set.status?.currentRevision ?? revision),
      ...withoutZeros({
        readyReplicas: ready,
        updatedReplicas: updated,
        currentReplicas: all.length - updated || updated,
      }),
    };
    const stored = store.get('statefulsets', namespace, name);
    if (stored) store.update('statefulsets', { ...stored, status });
  }

  function step(set: StatefulSet, pods: ReadonlyMap<number, KubeObject>, revision: string): void {
    const { name, namespace = '' } = set.metadata;
    const { replicas, template } = set.spec;
    const above = Math.max(...pods.keys());
    if (above >= replicas) return void lifecycle.remove('pods', namespace, `${name}-${above}`);
    for (let ordinal = 0; ordinal < replicas; ordinal += 1) {
      const pod = pods.get(ordinal);
      if (!pod) {
        // The pod of a deleted set of the same name may still be terminating.
        if (store.get('pods', namespace, `${name}-${ordinal}`)) return;
        createPod(store, set, `${name}-${ordinal}`, template, { [revisionLabel]: revision });
        return;
      }
      if (!podView(pod).ready && pod.metadata.labels?.[revisionLabel] === revision) return;
    }
    for (let ordinal = replicas - 1; ordinal >= 0; ordinal -= 1) {
      const pod = pods.get(ordinal);
      if (!pod || pod.metadata.labels?.[revisionLabel] === revision) continue;
      return void lifecycle.remove('pods', namespace, pod.metadata.name);
    }
  }

  return {
    reconcile(): void {
      for (const set of store.list('statefulsets')) reconcileOne(StatefulSet.parse(set));
    },
  };
}

const ordinalOf = (pod: KubeObject) => Number(/\d+$/.exec(pod.metadata.name)?.[0] ?? 0);
