import { isJsonObject, member } from '../json.ts';
import { Autoscaler, type KubeObject } from '../kinds.ts';
import type { Plural } from '../resources.ts';
import { type Store, timestamp } from '../store.ts';
import type { EmitEvent } from './events.ts';
import { condition } from './workloads.ts';

const targets: Readonly<Record<string, Plural>> = { Deployment: 'deployments', StatefulSet: 'statefulsets' };

export type Demand = (namespace: string, autoscaler: string) => number | undefined;

/**
 * Keeps targets between minReplicas and maxReplicas. A target at 0 is left alone (`ScalingDisabled`), unless the
 * autoscaler itself has `minReplicas: 0`: then its metrics bring pods back. Metrics are a number the world sets.
 */
export function createAutoscalerController(deps: {
  readonly store: Store;
  readonly emit: EmitEvent;
  readonly clock: () => Date;
  readonly random: () => number;
  readonly syncMs: number;
  readonly demand: Demand;
}) {
  const { store, emit, clock } = deps;
  const scaledAt = new Map<string, string>();
  let dueAt = 0;

  function reconcileOne(autoscaler: Autoscaler): void {
    const { namespace = '', name } = autoscaler.metadata;
    const { kind, name: targetName } = autoscaler.spec.scaleTargetRef;
    const plural = targets[kind];
    const target = plural && store.get(plural, namespace, targetName);
    const replicas = member(target, 'spec', 'replicas');
    const current = typeof replicas === 'number' ? replicas : undefined;
    const verdict = judge(autoscaler.spec, current, deps.demand(namespace, name));
    if (target && current !== undefined && verdict.desired !== current) {
      rescale(autoscaler, plural, target, verdict.desired, current);
    }
    write(autoscaler, current ?? 0, verdict);
  }

  function rescale(
    autoscaler: Autoscaler,
    plural: Plural,
    target: KubeObject,
    desired: number,
    replicas: number,
  ): void {
    const spec = isJsonObject(target.spec) ? target.spec : {};
    const { generation = 0 } = target.metadata;
    const metadata = { ...target.metadata, generation: generation + 1 };
    store.update(
      plural,
      { ...target, metadata, spec: { ...spec, replicas: desired } },
      { manager: 'kube-controller-manager', subresource: 'scale' },
    );
    scaledAt.set(autoscaler.metadata.uid, timestamp(clock()));
    const why =
      replicas < autoscaler.spec.minReplicas
        ? 'Current number of replicas below Spec.MinReplicas'
        : replicas > autoscaler.spec.maxReplicas
          ? 'Current number of replicas above Spec.MaxReplicas'
          : `metrics ${desired > replicas ? 'above' : 'below'} target`;
    emit(
      autoscaler,
      'Normal',
      'SuccessfulRescale',
      `New size: ${desired}; reason: ${why}`,
      'horizontal-pod-autoscaler',
    );
  }

  function write(autoscaler: Autoscaler, current: number, verdict: Verdict): void {
    const { namespace = '', name } = autoscaler.metadata;
    const stored = store.get('horizontalpodautoscalers', namespace, name);
    if (!stored) return;
    const now = timestamp(clock());
    const before = autoscaler.status?.conditions;
    const lastScaleTime = scaledAt.get(autoscaler.metadata.uid);
    const status = {
      ...(lastScaleTime && { lastScaleTime }),
      ...(current > 0 && { currentReplicas: current, currentMetrics: measured(autoscaler.spec) }),
      desiredReplicas: verdict.desired,
      conditions: verdict.conditions.map((said) => {
        // This kind's conditions have no lastUpdateTime.
        const { lastUpdateTime: _at, ...next } = condition(before, said, now);
        return next;
      }),
    };
    store.update('horizontalpodautoscalers', { ...stored, status });
  }

  /** What is measured is never twice the same, so every look at the metrics is a write of the status. */
  function measured(spec: Autoscaler['spec']) {
    const used = deps.random();
    return (spec.metrics ?? []).flatMap(({ type, resource }) => {
      const current = {
        averageUtilization: Math.round(60 + 20 * used),
        averageValue: `${Math.round(1e6 * used)}u`,
      };
      return resource ? [{ type, resource: { name: resource.name, current } }] : [];
    });
  }

  return {
    reconcile(now: number): void {
      if (now < dueAt) return;
      dueAt = now + deps.syncMs;
      for (const object of store.list('horizontalpodautoscalers')) reconcileOne(Autoscaler.parse(object));
    },
  };
}

interface Verdict {
  readonly desired: number;
  readonly conditions: readonly ReturnType<typeof say>[];
}

function judge(spec: Autoscaler['spec'], current: number | undefined, demand: number | undefined): Verdict {
  const { minReplicas, maxReplicas } = spec;
  if (current === undefined) {
    const message = "the HPA controller was unable to get the target's current scale";
    return { desired: 0, conditions: [say('AbleToScale', 'False', 'FailedGetScale', message)] };
  }
  const able = say('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size');
  if (current === 0 && minReplicas > 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    return { desired: 0, conditions: [able, say('ScalingActive', 'False', 'ScalingDisabled', message)] };
  }
  const found = 'the HPA was able to successfully calculate a replica count';
  const active = say('ScalingActive', 'True', 'ValidMetricFound', found);
  const asked = demand ?? Math.max(1, current);
  const desired = Math.min(maxReplicas, Math.max(minReplicas, asked));
  return { desired, conditions: [able, active, limited(asked, minReplicas, maxReplicas)] };
}

function limited(asked: number, min: number, max: number) {
  const count = 'the desired replica count is';
  if (asked < min) return say('ScalingLimited', 'True', 'TooFewReplicas', `${count} less than the minimum`);
  if (asked > max) return say('ScalingLimited', 'True', 'TooManyReplicas', `${count} more than the maximum`);
  return say('ScalingLimited', 'False', 'DesiredWithinRange', `${count} within the acceptable range`);
}

function say(type: string, status: 'True' | 'False', reason: string, message: string) {
  return { type, status, reason, message };
}
