import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Kubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { startKubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';

const namespace = 'veza';
const name = 'veza-db';
let kube: Kubernetes;
let happened: string[];
let stopped: PromiseWithResolvers<void>;

beforeEach(async () => {
  kube = await startKubernetes({ podStartMs: [20, 40], podStopMs: [20, 40] });
  kube.control.seed({ namespace, statefulsets: [{ name, replicas: 1, image: 'postgres:15' }] });
  happened = [];
  stopped = Promise.withResolvers<void>();
});
afterEach(() => kube.stop());

const pods = () => kube.control.list('pods', namespace);
const scale = (replicas: number) =>
  kube.control.patch('statefulsets', namespace, name, { spec: { replicas } });
const readyReplicas = () => kube.control.get('statefulsets', namespace, name)?.status;

function giveProgram(start: () => Promise<void> = async () => undefined): Promise<void> {
  return kube.control.setProgram(namespace, name, {
    start: async (pod) => {
      happened.push(`start ${pod.name}`);
      await start();
    },
    stop: async (pod) => {
      happened.push(`stop ${pod.name}`);
      await stopped.promise;
    },
  });
}

test('a pod that is there gets its program at once, and is gone only when the program has stopped', async () => {
  await giveProgram();
  expect(happened).toEqual(['start veza-db-0']);

  scale(0);
  await expect.poll(() => happened).toEqual(['start veza-db-0', 'stop veza-db-0']);
  await sleep(200);
  expect(pods()).toHaveLength(1);
  stopped.resolve();

  await expect.poll(pods).toEqual([]);
});

test('a new pod is ready only when its program is up', async () => {
  const started = Promise.withResolvers<void>();
  stopped.resolve();
  await giveProgram();
  scale(0);
  await expect.poll(pods).toEqual([]);
  await giveProgram(() => started.promise);

  scale(1);
  await expect.poll(() => happened.at(-1)).toBe('start veza-db-0');
  await sleep(200);
  expect(readyReplicas()).not.toHaveProperty('readyReplicas');
  started.resolve();

  await expect.poll(readyReplicas).toHaveProperty('readyReplicas', 1);
});

test('a program that cannot start is a container that crashes and is tried again', async () => {
  stopped.resolve();
  let broken = true;
  await giveProgram();
  scale(0);
  await expect.poll(pods).toEqual([]);
  await giveProgram(async () => {
    if (broken) throw new Error('no disk');
  });

  scale(1);
  await expect.poll(() => JSON.stringify(pods()), { timeout: 3_000 }).toContain('CrashLoopBackOff');
  broken = false;

  await expect.poll(readyReplicas, { timeout: 3_000 }).toHaveProperty('readyReplicas', 1);
});

test('on a lost node a pod is not ready and does not go away until the node is back', async () => {
  stopped.resolve();
  await giveProgram();

  kube.control.setNodeLost(namespace, name, true);
  await expect.poll(readyReplicas).not.toHaveProperty('readyReplicas');
  scale(0);
  await sleep(300);
  expect(pods()).toHaveLength(1);
  expect(happened).toEqual(['start veza-db-0']);
  kube.control.setNodeLost(namespace, name, false);

  await expect.poll(pods).toEqual([]);
});
