import { Deployment, ReplicaSet } from '../kinds.ts';
import type { Store } from '../store.ts';
import { createDeploymentStatus } from './deployment-status.ts';
import type { EmitEvent } from './events.ts';
import { nextStep } from './rollout.ts';
import {
  hashLabel,
  ownedBy,
  ownerReference,
  revisionAnnotation,
  templateHash,
  withReplicas,
} from './workloads.ts';

const revisionHistory = 'deployment.kubernetes.io/revision-history';
const notCopied = ['kubectl.kubernetes.io/last-applied-configuration', revisionAnnotation, revisionHistory];

const revisionOf = (set: ReplicaSet) => Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);

/** Deployment → ReplicaSets: one per template, numbered revisions, history, rolling update, and the status. */
export function createDeploymentController(deps: {
  readonly store: Store;
  readonly emit: EmitEvent;
  readonly clock: () => Date;
  readonly statusWriteMs: number;
  readonly restless: boolean;
}) {
  const { store, emit } = deps;
  const status = createDeploymentStatus(deps);

  function reconcileOne(deployment: Deployment, now: number): void {
    const sets = ownedBy(store, 'replicasets', deployment)
      .map((set) => ReplicaSet.parse(set))
      .sort((a, b) => revisionOf(a) - revisionOf(b));
    const hash = templateHash(deployment.spec.template);
    const existing = sets.find((set) => set.metadata.labels?.[hashLabel] === hash);
    const newest = Math.max(0, ...sets.filter((set) => set !== existing).map(revisionOf));
    const { paused } = deployment.spec;
    const current = paused
      ? (existing ?? sets.at(-1))
      : existing
        ? renumber(existing, newest)
        : first(deployment, hash, newest);
    if (!current) return;
    const old = sets.filter((set) => set.metadata.uid !== current.metadata.uid);
    copyAnnotations(deployment, current);
    const steps = paused
      ? new Map([[current, deployment.spec.replicas]])
      : nextStep(deployment, current, old, podsOf(old));
    for (const [set, replicas] of steps) scale(deployment, set, replicas);
    for (const set of surplusHistory(deployment, old))
      store.remove('replicasets', set.metadata.namespace ?? '', set.metadata.name);
    status.write(deployment, current.metadata.name, now);
  }

  function podsOf(sets: readonly ReplicaSet[]): number {
    return sets.reduce((sum, set) => sum + ownedBy(store, 'pods', set).length, 0);
  }

  /** A template that comes back (rollout undo) takes the next revision; its ReplicaSet remembers the former one. */
  function renumber(set: ReplicaSet, newest: number): ReplicaSet {
    const own = revisionOf(set);
    if (own > newest) return set;
    const { annotations = {} } = set.metadata;
    const past = annotations[revisionHistory] ? `${annotations[revisionHistory]},${own}` : String(own);
    const renamed = { ...annotations, [revisionAnnotation]: String(newest + 1), [revisionHistory]: past };
    return ReplicaSet.parse(
      store.update('replicasets', { ...set, metadata: { ...set.metadata, annotations: renamed } }),
    );
  }

  /** The ReplicaSet of a new template, made, or adopted when a Deployment of the same name left it behind. */
  function first(deployment: Deployment, hash: string, newest: number): ReplicaSet {
    const { name, namespace } = deployment.metadata;
    const { template, minReadySeconds, selector } = deployment.spec;
    const labels = { ...template.metadata.labels, [hashLabel]: hash };
    const orphan = store.get('replicasets', namespace ?? '', `${name}-${hash}`);
    if (orphan) {
      const ownerReferences = [ownerReference(deployment)];
      return ReplicaSet.parse(
        store.update('replicasets', { ...orphan, metadata: { ...orphan.metadata, ownerReferences } }),
      );
    }
    const draft = {
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: { [revisionAnnotation]: String(newest + 1) },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas: 0,
        minReadySeconds,
        selector: { matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    return ReplicaSet.parse(store.create('replicasets', store.prepare('replicasets', draft)));
  }

  /** The revision goes to the Deployment without moving its generation, its own annotations go to the ReplicaSet. */
  function copyAnnotations(deployment: Deployment, set: ReplicaSet): void {
    const own = deployment.metadata.annotations ?? {};
    const copied = Object.fromEntries(Object.entries(own).filter(([key]) => !notCopied.includes(key)));
    const annotations = { ...set.metadata.annotations, ...copied };
    store.update('replicasets', { ...set, metadata: { ...set.metadata, annotations } });
    const revision = set.metadata.annotations?.[revisionAnnotation] ?? '1';
    if (own[revisionAnnotation] === revision) return;
    const numbered = { ...deployment.metadata, annotations: { ...own, [revisionAnnotation]: revision } };
    // With the status, as the real controller writes it.
    const writer = { manager: 'kube-controller-manager', subresource: 'status' };
    store.update('deployments', { ...deployment, metadata: numbered }, writer);
  }

  function scale(deployment: Deployment, set: ReplicaSet, replicas: number): void {
    const { namespace = '', name } = set.metadata;
    const stored = store.get('replicasets', namespace, name);
    if (!stored || set.spec.replicas === replicas) return;
    store.update('replicasets', withReplicas(ReplicaSet.parse(stored), replicas));
    const direction = replicas > set.spec.replicas ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${name} from ${set.spec.replicas} to ${replicas}`;
    emit(deployment, 'Normal', 'ScalingReplicaSet', message, 'deployment-controller');
  }

  return {
    reconcile(now: number): void {
      for (const object of store.list('deployments')) reconcileOne(Deployment.parse(object), now);
      status.forgetMissing();
    },
  };
}

/** Old ReplicaSets without pods, beyond `revisionHistoryLimit`; `old` is in the order of revisions. */
function surplusHistory(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const empty = old.filter((set) => set.spec.replicas === 0 && !set.status?.replicas);
  return empty.slice(0, Math.max(0, empty.length - deployment.spec.revisionHistoryLimit));
}
