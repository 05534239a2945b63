import type { Deployment, ReplicaSet } from '../kinds.ts';

/** How many pods each ReplicaSet of a Deployment should have now. */
export type Wanted = ReadonlyMap<ReplicaSet, number>;

const available = (set: ReplicaSet) => set.status?.availableReplicas ?? 0;
const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number) =>
  sets.reduce((total, set) => total + count(set), 0);

/** The next step of a rollout: `Recreate` waits until the old pods are gone (`oldPods` counts terminating ones too), `RollingUpdate` keeps within surge and unavailable. */
export function nextStep(
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
  oldPods: number,
): Wanted {
  return deployment.spec.strategy.type === 'Recreate'
    ? recreate(deployment.spec.replicas, current, old, oldPods)
    : roll(deployment, current, old);
}

function recreate(
  replicas: number,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
  oldPods: number,
): Wanted {
  const wanted = new Map(old.map((set): [ReplicaSet, number] => [set, 0]));
  return wanted.set(current, oldPods > 0 ? current.spec.replicas : replicas);
}

function roll(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Wanted {
  const { replicas } = deployment.spec;
  const { surge, unavailable } = bounds(deployment);
  const planned = (set: ReplicaSet) => set.spec.replicas;
  const total = sum([current, ...old], planned);

  const room = Math.max(0, replicas + surge - total);
  const next = planned(current) < replicas ? Math.min(replicas, planned(current) + room) : replicas;
  const wanted = new Map<ReplicaSet, number>([[current, next]]);

  const minAvailable = replicas - unavailable;
  const notYetAvailable = Math.max(0, planned(current) - available(current));
  let removable = Math.max(0, total - minAvailable - notYetAvailable);
  let spare = Math.max(0, sum([current, ...old], available) - minAvailable);
  for (const set of old) {
    const dead = Math.min(Math.max(0, planned(set) - available(set)), removable);
    const alive = Math.min(planned(set) - dead, spare, removable - dead);
    removable -= dead + alive;
    spare -= alive;
    wanted.set(set, planned(set) - dead - alive);
  }
  return wanted;
}

/** `maxSurge` rounds up, `maxUnavailable` down; both 0 would never move, so one may then be unavailable. */
export function bounds(deployment: Deployment): { surge: number; unavailable: number } {
  const { replicas, strategy } = deployment.spec;
  if (strategy.type === 'Recreate') return { surge: 0, unavailable: replicas };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy.rollingUpdate ?? {};
  const share = (of: string | number) =>
    typeof of === 'number' ? of : (Number.parseInt(of, 10) * replicas) / 100;
  const surge = Math.ceil(share(maxSurge));
  const unavailable = Math.floor(share(maxUnavailable));
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
