import { createHash } from 'node:crypto';
import { member } from '../json.ts';
import type { KubeObject } from '../kinds.ts';
import type { PodLogs } from '../logs.ts';
import { type Store, timestamp } from '../store.ts';
import type { EmitEvent } from './events.ts';
import { type PodView, podView } from './workloads.ts';

type Range = readonly [minMs: number, maxMs: number];

/** What really runs in the pods of a workload. */
export interface Program {
  /** The pod is Ready when this is done. A rejection is a container that ended while starting. */
  start(pod: PodView): Promise<unknown>;
  /** The pod is gone only when this is done. It may come before `start` is done, and comes for a crash too. */
  stop(pod: PodView): Promise<unknown>;
}

interface Life {
  state:
    | 'starting'
    | 'launching'
    | 'launched'
    | 'running'
    | 'failed'
    | 'crashing'
    | 'lost'
    | 'stopping'
    | 'finished';
  /** When the state ends, in milliseconds of the cluster's time. */
  until: number;
  restarts: number;
  /** How the container last ended; it stays in the status when a new one runs. */
  lastState?: object;
  /** What runs in it since its last start. */
  program?: Program | undefined;
  /** The end of what ran in it before. */
  ended: Promise<unknown>;
}

const crashEveryMs = 1_000;

export type Kubelet = ReturnType<typeof createKubelet>;

/** Starts, crashes and stops the pods; each takes its own random time. */
export function createKubelet(deps: {
  readonly store: Store;
  readonly logs: PodLogs;
  readonly emit: EmitEvent;
  readonly clock: () => Date;
  readonly random: () => number;
  readonly startMs: Range;
  readonly stopMs: Range;
  /** How many milliseconds its container lives before it crashes; undefined: it does not crash. */
  livesFor(pod: KubeObject): number | undefined;
  /** Its node does not answer: nothing on it is seen to start, stop or go away. */
  isLost(pod: KubeObject): boolean;
  programOf(pod: KubeObject): Program | undefined;
}) {
  const { store, logs, emit, clock, random } = deps;
  const lives = new Map<string, Life>();
  const between = ([min, max]: Range) => min + random() * (max - min);

  function begin(pod: KubeObject, now: number, instantly: boolean): void {
    lives.set(pod.metadata.uid, {
      state: 'starting',
      until: instantly ? now : now + between(deps.startMs),
      restarts: 0,
      ended: Promise.resolve(),
    });
    const waiting = { reason: 'ContainerCreating' };
    write(pod, { phase: 'Pending', ready: false, state: { waiting } }, 0);
    emit(
      pod,
      'Normal',
      'Scheduled',
      `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to node-1`,
      'default-scheduler',
    );
  }

  function launch(pod: KubeObject, life: Life): void {
    const program = deps.programOf(pod);
    if (!program) {
      run(pod, life);
      return;
    }
    life.state = 'launching';
    life.program = program;
    const turn = (state: 'launched' | 'failed') => () => {
      if (life.state === 'launching') life.state = state;
    };
    life.ended.then(() => program.start(podView(pod))).then(turn('launched'), turn('failed'));
  }

  function end(pod: KubeObject, life: Life | undefined): Promise<unknown> {
    const { program, ended = Promise.resolve() } = life ?? {};
    return program ? ended.then(() => program.stop(podView(pod))) : ended;
  }

  function run(pod: KubeObject, life: Life): void {
    life.state = 'running';
    life.until = Number.POSITIVE_INFINITY;
    write(
      pod,
      {
        phase: 'Running',
        ready: true,
        state: { running: { startedAt: timestamp(clock()) } },
        lastState: life.lastState,
      },
      life.restarts,
    );
    emit(pod, 'Normal', 'Started', 'Started container', 'kubelet');
  }

  /** Starts, lives for `aliveMs` and dies, again and again. A container that ran before the crashes began dies at once. */
  function crashLoop(pod: KubeObject, life: Life, now: number, aliveMs: number): void {
    if (life.state !== 'running' && aliveMs > 0) {
      if (now < life.until) return;
      run(pod, life);
      life.until = now + aliveMs;
    } else if (now >= life.until || life.until === Number.POSITIVE_INFINITY) crash(pod, life, now);
  }

  function crash(pod: KubeObject, life: Life, now: number): void {
    if (life.state !== 'starting') {
      life.restarts += 1;
      logs.restart(pod.metadata.uid);
    }
    life.state = 'crashing';
    life.until = now + crashEveryMs;
    life.ended = end(pod, life).catch(() => undefined);
    life.program = undefined;
    logs.append(pod.metadata.uid, 'fatal: the process exited with code 1 during start');
    const at = timestamp(clock());
    const terminated = { exitCode: 1, reason: 'Error', startedAt: at, finishedAt: at };
    life.lastState = { terminated };
    const message = `back-off 10s restarting failed container pod=${pod.metadata.name}`;
    const waiting = { reason: 'CrashLoopBackOff', message };
    write(
      pod,
      { phase: 'Running', ready: false, state: { waiting }, lastState: life.lastState },
      life.restarts,
    );
    emit(pod, 'Warning', 'BackOff', 'Back-off restarting failed container', 'kubelet');
  }

  function stop(pod: KubeObject, life: Life | undefined, now: number): void {
    const { uid, namespace = '', name } = pod.metadata;
    if (life?.state === 'stopping') {
      if (now < life.until) return;
      lives.delete(uid);
      logs.forget(uid);
      store.remove('pods', namespace, name);
      return;
    }
    const stopping: Life = {
      state: 'stopping',
      until: Number.POSITIVE_INFINITY,
      restarts: life?.restarts ?? 0,
      ended: end(pod, life),
    };
    lives.set(uid, stopping);
    const until = now + between(deps.stopMs);
    // A program that cannot be stopped keeps its pod.
    stopping.ended.then(
      () => {
        stopping.until = until;
      },
      () => undefined,
    );
    emit(pod, 'Normal', 'Killing', 'Stopping container', 'kubelet');
  }

  function lose(pod: KubeObject, life: Life): void {
    life.state = 'lost';
    life.until = 0;
    const message = `Node node-1 which was running pod ${pod.metadata.name} is unresponsive`;
    write(
      pod,
      { phase: 'Running', ready: false, state: {}, why: { reason: 'NodeLost', message } },
      life.restarts,
    );
  }

  interface ContainerNow {
    readonly phase: string;
    readonly ready: boolean;
    readonly state: object;
    readonly lastState?: object | undefined;
    readonly why?: object;
  }

  function write(
    pod: KubeObject,
    { phase, ready, state, lastState = {}, why = {} }: ContainerNow,
    restartCount: number,
  ): void {
    const { uid } = pod.metadata;
    const { image } = podView(pod);
    const name = String(member(pod, 'spec', 'containers', 0, 'name'));
    const flag = String(ready).replace(/^./, (first) => first.toUpperCase());
    const conditionOf = (type: string, status: string) => ({
      type,
      status,
      lastProbeTime: null,
      lastTransitionTime: timestamp(clock()),
    });
    const started = phase !== 'Pending';
    const status = {
      phase,
      ...why,
      startTime: pod.metadata.creationTimestamp,
      conditions: [
        conditionOf('PodScheduled', 'True'),
        conditionOf('Initialized', 'True'),
        conditionOf('ContainersReady', flag),
        conditionOf('Ready', flag),
      ],
      ...(started && { podIP: podIp(uid), hostIP: '10.0.0.1' }),
      containerStatuses: [
        {
          name,
          image,
          imageID: imageId(image),
          ready,
          started: ready,
          restartCount,
          state,
          lastState,
          ...(started && { containerID: `containerd://${uid}` }),
        },
      ],
    };
    store.update('pods', { ...pod, status }, { manager: 'kubelet', subresource: 'status' });
  }

  return {
    /** One look at every pod. `instantly`: pods seen for the first time need no time to start. */
    reconcile(now: number, instantly = false): void {
      for (const pod of store.list('pods')) {
        const life = lives.get(pod.metadata.uid);
        if (life && deps.isLost(pod)) {
          if (life.state !== 'lost') lose(pod, life);
        } else if (pod.metadata.deletionTimestamp) stop(pod, life, now);
        else if (!life) begin(pod, now, instantly);
        else if (life.state === 'finished' || life.state === 'launching') continue;
        else {
          const aliveMs = deps.livesFor(pod);
          if (aliveMs !== undefined) crashLoop(pod, life, now, aliveMs);
          else if (life.state === 'failed') crash(pod, life, now);
          else if (life.state === 'launched') run(pod, life);
          else if (life.state !== 'running' && now >= life.until) launch(pod, life);
        }
      }
    },

    /** Starts the program of pods that run already; done when all are up. */
    async adopt(pods: readonly KubeObject[]): Promise<void> {
      for (const pod of pods) {
        const life = lives.get(pod.metadata.uid);
        if (life?.state !== 'running' || life.program) continue;
        life.program = deps.programOf(pod);
        await life.program?.start(podView(pod));
      }
    },

    /** The one container of a Job's pod has ended. */
    finish(pod: KubeObject, exitCode: number): void {
      const life = lives.get(pod.metadata.uid);
      if (life) life.state = 'finished';
      const reason = exitCode === 0 ? 'Completed' : 'Error';
      const terminated = { exitCode, reason, finishedAt: timestamp(clock()) };
      const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
      write(pod, { phase, ready: false, state: { terminated } }, podView(pod).restarts);
    },
  };
}

/** What a node calls the image it pulled: its repository with the digest of what the tag meant then. */
function imageId(image: string): string {
  const [named = image, digest = createHash('sha256').update(image).digest('hex')] = image.split('@sha256:');
  return `${named.replace(/:[^/:]*$/, '')}@sha256:${digest}`;
}

/** A stable address from the uid, so that a pod keeps its own. */
function podIp(uid: string): string {
  const [a = 0, b = 0] = createHash('sha256').update(uid).digest();
  return `10.1.${a}.${(b % 254) + 1}`;
}
