import { createAutoscalerController } from './controllers/autoscalers.ts';
import { createDeploymentController } from './controllers/deployments.ts';
import { createEvents } from './controllers/events.ts';
import { createJobController, type RunJob } from './controllers/jobs.ts';
import { createKubelet, type Program } from './controllers/pods.ts';
import { createReplicaSetController } from './controllers/replicasets.ts';
import { createStatefulSetController } from './controllers/statefulsets.ts';
import { podView, workloadOf } from './controllers/workloads.ts';
import type { KubeObject } from './kinds.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { PodLogs } from './logs.ts';
import type { Store } from './store.ts';
import type { Time } from './time.ts';

/** How fast the cluster moves; all in milliseconds of its own time. */
export interface Tempo {
  readonly podStartMs: readonly [number, number];
  readonly podStopMs: readonly [number, number];
  readonly statusWriteMs: number;
  readonly hpaSyncMs: number;
}

const tickMs = 50;
/** When time is moved, the controllers act at least this often in it. */
const movedTickMs = 250;
/** Of a longer time nothing happens but in the end. */
const livedThroughMs = 5 * 60_000;

interface CrashLoop {
  /** Only pods of this image crash. */
  readonly image?: string;
  /** How long a container lives, Ready, before it dies again; 0 unless told. */
  readonly aliveMs?: number;
}

export type Cluster = ReturnType<typeof createCluster>;

/** The controllers on one timer, and what the world may decide about its pods. */
export function createCluster(deps: {
  readonly store: Store;
  readonly lifecycle: Lifecycle;
  readonly logs: PodLogs;
  readonly time: Time;
  readonly random: () => number;
  readonly tempo: Tempo;
  readonly restless: boolean;
}) {
  const { store, lifecycle, logs, time, random, tempo, restless } = deps;
  const clock = time.date;
  const crashing = new Map<string, CrashLoop>();
  const lost = new Set<string>();
  const programs = new Map<string, Program>();
  const demands = new Map<string, number>();
  let seen = 0;
  let lookedAt = 0;
  let runJob: RunJob = () => ({ exitCode: 0 });

  const keyOf = (pod: KubeObject) => `${pod.metadata.namespace}/${workloadOf(pod)}`;

  function livesFor(pod: KubeObject): number | undefined {
    const loop = crashing.get(keyOf(pod));
    if (!loop || (loop.image !== undefined && loop.image !== podView(pod).image)) return undefined;
    return loop.aliveMs ?? 0;
  }

  const emit = createEvents(store, clock);
  const { podStartMs: startMs, podStopMs: stopMs, statusWriteMs, hpaSyncMs: syncMs } = tempo;
  const kubelet = createKubelet({
    store,
    logs,
    emit,
    clock,
    random,
    startMs,
    stopMs,
    livesFor,
    isLost: (pod) => lost.has(keyOf(pod)),
    programOf: (pod) => programs.get(keyOf(pod)),
  });
  const replicaSets = createReplicaSetController({ store, lifecycle, emit, random });
  const deployments = createDeploymentController({ store, emit, clock, statusWriteMs, restless });
  const statefulSets = createStatefulSetController({ store, lifecycle });
  const jobs = createJobController({ store, logs, kubelet, emit, clock, random, run: (job) => runJob(job) });
  const demand = (namespace: string, name: string) => demands.get(`${namespace}/${name}`);
  const autoscalers = createAutoscalerController({ store, emit, clock, random, syncMs, demand });

  function tick(instantly = false): void {
    const now = time.ms();
    autoscalers.reconcile(now);
    kubelet.reconcile(now, instantly);
    const quiet = store.version() === seen && now - lookedAt < statusWriteMs;
    if (quiet) return;
    seen = store.version();
    lookedAt = now;
    replicaSets.reconcile();
    deployments.reconcile(now);
    statefulSets.reconcile();
    jobs.reconcile();
    lifecycle.reconcile();
  }

  const timer = setInterval(tick, tickMs);

  return {
    stop: () => clearInterval(timer),

    /** Moves the cluster's time and lets its controllers live through it, before this returns. Jobs take real time. */
    advance(ms: number): void {
      time.move(Math.max(0, ms - livedThroughMs));
      for (let left = Math.min(ms, livedThroughMs); left > 0; left -= movedTickMs) {
        time.move(Math.min(left, movedTickMs));
        tick();
      }
    },

    /** Lets everything that is new come up at once, without pods taking their time. */
    settleInstantly(): void {
      for (let before = -1; before !== store.version(); ) {
        before = store.version();
        tick(true);
      }
    },

    setCrashLoop(namespace: string, workload: string, mode: boolean | CrashLoop): void {
      const key = `${namespace}/${workload}`;
      if (mode === false) crashing.delete(key);
      else crashing.set(key, mode === true ? {} : mode);
    },

    /** The node of a workload's pods no longer answers: they are not Ready, and deleted ones never go away. */
    setNodeLost(namespace: string, workload: string, isLost: boolean): void {
      const key = `${namespace}/${workload}`;
      if (isLost) lost.add(key);
      else lost.delete(key);
    },

    /** Gives the pods of a workload something that really runs. Done when it runs in those that are there. */
    setProgram(namespace: string, workload: string, program: Program): Promise<void> {
      const key = `${namespace}/${workload}`;
      programs.set(key, program);
      return kubelet.adopt(store.list('pods', namespace).filter((pod) => keyOf(pod) === key));
    },

    setDemand(namespace: string, autoscaler: string, replicas: number | undefined): void {
      const key = `${namespace}/${autoscaler}`;
      if (replicas === undefined) demands.delete(key);
      else demands.set(key, replicas);
    },

    onJob(run: RunJob): void {
      runJob = run;
    },
  };
}
