import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment, V1ReplicaSet } from '@kubernetes/client-node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Kubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { api, connect, jsonPatch, mergePatch, startJanua, strategicPatch } from './helpers.ts';

let kube: Kubernetes;
let client: ReturnType<typeof connect>;
beforeEach(async () => {
  kube = await startJanua();
  client = connect(kube.kubeconfig);
});
afterEach(() => kube.stop());

const revision = 'deployment.kubernetes.io/revision';
const revisionOf = (object: V1Deployment | V1ReplicaSet) => object.metadata?.annotations?.[revision];
const imageOf = (object: V1Deployment | V1ReplicaSet) => object.spec?.template?.spec?.containers[0]?.image;
const progressing = (object: V1Deployment) =>
  object.status?.conditions?.find(({ type }) => type === 'Progressing');

const setImage = (image: string) =>
  client.apps.patchNamespacedDeployment(
    { ...api, body: { spec: { template: { spec: { containers: [{ name: 'janua-api', image }] } } } } },
    strategicPatch,
  );

async function replicaSets(): Promise<V1ReplicaSet[]> {
  const { items } = await client.apps.listNamespacedReplicaSet({
    namespace: 'janua',
    labelSelector: 'app=janua-api',
  });
  return items.sort((a, b) => Number(revisionOf(a)) - Number(revisionOf(b)));
}

test('a restart by template annotation replaces every pod and never falls below the minimum', async () => {
  const before = kube.control.list('pods', 'janua').map((pod) => pod.metadata.uid);
  const ready: number[] = [];
  kube.control.onPods('janua', 'janua-api', (count) => ready.push(count));

  const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-11-21T10:00:00Z' };
  const body = { spec: { template: { metadata: { annotations } } } };
  await client.apps.patchNamespacedDeployment({ ...api, body }, mergePatch);
  await kube.control.settled('janua', 'janua-api');

  const after = kube.control.list('pods', 'janua');
  expect(after).toHaveLength(4);
  expect(after.filter((pod) => before.includes(pod.metadata.uid))).toEqual([]);
  expect(after[0]?.metadata.annotations).toMatchObject(annotations);
  expect(Math.min(...ready)).toBe(3);
  const deployment = await client.apps.readNamespacedDeployment(api);
  expect(revisionOf(deployment)).toBe('2');
  expect(progressing(deployment)).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
});

test('an undo reuses the old ReplicaSet under a new revision', async () => {
  const [first] = await replicaSets();
  await setImage('janua/api:2.5.0');
  await kube.control.settled('janua', 'janua-api');

  const body = [{ op: 'replace', path: '/spec/template', value: first?.spec?.template }];
  await client.apps.patchNamespacedDeployment({ ...api, body }, jsonPatch);
  await kube.control.settled('janua', 'janua-api');

  const sets = await replicaSets();
  expect(sets.map(imageOf)).toEqual(['janua/api:2.5.0', 'janua/api:2.4.0']);
  expect(sets.map(revisionOf)).toEqual(['2', '3']);
  expect(sets.map((set) => set.spec?.replicas)).toEqual([0, 4]);
  expect(sets[1]?.metadata?.uid).toBe(first?.metadata?.uid);
  expect(sets[1]?.metadata?.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1');
  expect(revisionOf(await client.apps.readNamespacedDeployment(api))).toBe('3');
});

test('a bad image crash-loops, misses its deadline, is not rolled back, and an undo heals it', async () => {
  const [first] = await replicaSets();
  kube.control.setCrashLoop('janua', 'janua-api', { image: 'janua/api:2.5.0' });
  const deadline = { spec: { progressDeadlineSeconds: 1, minReadySeconds: 0 } };
  await client.apps.patchNamespacedDeployment({ ...api, body: deadline }, mergePatch);

  await setImage('janua/api:2.5.0');
  await delay(2500);

  const stuck = await client.apps.readNamespacedDeployment(api);
  expect(progressing(stuck)).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
  expect(imageOf(stuck)).toBe('janua/api:2.5.0');
  expect(stuck.status?.availableReplicas).toBe(3);
  const pods = await client.core.listNamespacedPod({ namespace: 'janua' });
  const broken = pods.items.find((pod) => pod.spec?.containers[0]?.image === 'janua/api:2.5.0');
  const container = broken?.status?.containerStatuses?.[0];
  expect(container?.state?.waiting?.reason).toBe('CrashLoopBackOff');
  expect(container?.lastState?.terminated?.exitCode).toBe(1);
  expect(container?.restartCount).toBeGreaterThanOrEqual(1);
  const log = { name: broken?.metadata?.name ?? '', namespace: 'janua' };
  expect(await client.core.readNamespacedPodLog({ ...log, previous: true })).toContain('exited with code 1');

  const body = [{ op: 'replace', path: '/spec/template', value: first?.spec?.template }];
  await client.apps.patchNamespacedDeployment({ ...api, body }, jsonPatch);
  await kube.control.settled('janua', 'janua-api');
  expect(progressing(await client.apps.readNamespacedDeployment(api))?.reason).toBe('NewReplicaSetAvailable');
}, 15_000);

test('a crash loop takes running pods down until it ends', async () => {
  const ready: number[] = [];
  kube.control.onPods('janua', 'janua-api', (count) => ready.push(count));

  kube.control.setCrashLoop('janua', 'janua-api', true);
  await expect.poll(() => ready.at(-1)).toBe(0);
  kube.control.setCrashLoop('janua', 'janua-api', false);

  await expect.poll(() => ready.at(-1), { timeout: 3000 }).toBe(4);
});

test('with Recreate the last old pod is gone before the first new one exists', async () => {
  const deployments = [{ name: 'solo', replicas: 2, image: 'solo:1', strategy: { type: 'Recreate' } }];
  kube.control.seed({ namespace: 'janua', deployments });
  const images: string[] = [];
  kube.control.onPods('janua', 'solo', (_ready, pods) =>
    images.push([...new Set(pods.map((pod) => pod.image))].join('+')),
  );

  const template = { spec: { containers: [{ name: 'solo', image: 'solo:2' }] } };
  await client.apps.patchNamespacedDeployment(
    { name: 'solo', namespace: 'janua', body: { spec: { template } } },
    mergePatch,
  );
  await kube.control.settled('janua', 'solo');

  expect(images.filter((image, at) => image !== images[at - 1])).toEqual(['solo:1', '', 'solo:2']);
});

test('history keeps no more old ReplicaSets than revisionHistoryLimit', async () => {
  await client.apps.patchNamespacedDeployment(
    { ...api, body: { spec: { revisionHistoryLimit: 1 } } },
    mergePatch,
  );

  for (const image of ['janua/api:2.5.0', 'janua/api:2.6.0', 'janua/api:2.7.0']) {
    await setImage(image);
    await kube.control.settled('janua', 'janua-api');
  }

  await expect
    .poll(async () => (await replicaSets()).map(imageOf))
    .toEqual(['janua/api:2.6.0', 'janua/api:2.7.0']);
});
