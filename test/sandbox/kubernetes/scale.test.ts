import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { Kubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { api, connect, mergePatch, startJanua, withQuick } from './helpers.ts';

let kube: Kubernetes;
afterEach(() => kube.stop());

const scaleTo = (replicas: number) => ({ ...api, body: { spec: { replicas } } });

test('pods take a moment to stop and one to two seconds to come back', async () => {
  kube = await startJanua({});
  const { apps, core } = connect(kube.kubeconfig);
  const ready: number[] = [];
  kube.control.onPods('janua', 'janua-api', (count) => ready.push(count));

  await apps.patchNamespacedDeploymentScale(scaleTo(0), mergePatch);
  const stopping = performance.now();
  await kube.control.settled('janua', 'janua-api');
  const stopped = performance.now();
  await apps.patchNamespacedDeploymentScale(scaleTo(4), mergePatch);
  await kube.control.settled('janua', 'janua-api');
  const back = performance.now() - stopped;

  expect(stopped - stopping).toBeGreaterThan(300);
  expect(stopped - stopping).toBeLessThan(3000);
  expect(back).toBeGreaterThan(1000);
  expect(back).toBeLessThan(6000);
  expect(ready.at(0)).toBe(4);
  expect(Math.min(...ready)).toBe(0);
  expect(ready.at(-1)).toBe(4);
  const pods = await core.listNamespacedPod({ namespace: 'janua', labelSelector: 'app=janua-api' });
  expect(pods.items.map((pod) => pod.status?.phase)).toEqual(['Running', 'Running', 'Running', 'Running']);
}, 15_000);

test('at 0 the status counts are left out while pods still terminate', async () => {
  kube = await startJanua(withQuick({ podStopMs: [600, 600] }));
  const { apps, core } = connect(kube.kubeconfig);

  const scale = await apps.patchNamespacedDeploymentScale(scaleTo(0), mergePatch);
  await delay(300);
  const { status } = await apps.readNamespacedDeployment(api);
  const pods = await core.listNamespacedPod({ namespace: 'janua' });

  expect(scale.spec?.replicas).toBeUndefined();
  expect(status?.observedGeneration).toBe(2);
  expect(status?.replicas).toBeUndefined();
  expect(pods.items.filter((pod) => pod.metadata?.deletionTimestamp)).toHaveLength(4);
});

test('generation moves with spec and annotations, resourceVersion with every status write', async () => {
  kube = await startJanua(withQuick({ podStopMs: [700, 700] }));
  const { apps } = connect(kube.kubeconfig);
  const versions = new Set<string | undefined>();

  await apps.patchNamespacedDeploymentScale(scaleTo(3), mergePatch);
  for (let look = 0; look < 12; look += 1) {
    const { metadata } = await apps.readNamespacedDeployment(api);
    expect(metadata?.generation).toBe(2);
    versions.add(metadata?.resourceVersion);
    await delay(50);
  }
  const body = { metadata: { annotations: { 'dr-bot/attempt': '1' } } };
  const annotated = await apps.patchNamespacedDeployment({ ...api, body }, mergePatch);

  expect(versions.size).toBeGreaterThanOrEqual(3);
  expect(annotated.metadata?.generation).toBe(3);
});

test('a write that changes nothing moves nothing', async () => {
  kube = await startJanua();
  const { apps } = connect(kube.kubeconfig);
  const before = await apps.readNamespacedDeployment(api);

  const after = await apps.patchNamespacedDeployment({ ...api, body: { spec: { replicas: 4 } } }, mergePatch);

  expect(after.metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);
});

test('a restless cluster moves resourceVersion of an idle Deployment, a calm one does not', async () => {
  const movesWhenIdle = async (restless: boolean) => {
    kube = await startJanua(withQuick({ restless }));
    const { apps } = connect(kube.kubeconfig);
    const before = await apps.readNamespacedDeployment(api);
    await delay(600);
    const after = await apps.readNamespacedDeployment(api);
    expect(after.metadata?.generation).toBe(1);
    return after.metadata?.resourceVersion !== before.metadata?.resourceVersion;
  };

  expect(await movesWhenIdle(false)).toBe(false);
  await kube.stop();
  expect(await movesWhenIdle(true)).toBe(true);
});

test('an autoscaler keeps its target in range, sleeps at 0, and one with minReplicas 0 wakes it up', async () => {
  kube = await startJanua();
  kube.control.seed({
    namespace: 'shop',
    deployments: [
      { name: 'web', replicas: 4, image: 'web:1', hpa: { minReplicas: 3, maxReplicas: 6 } },
      { name: 'worker', replicas: 1, image: 'worker:1', hpa: { minReplicas: 0, maxReplicas: 2 } },
    ],
  });
  const { apps, autoscaling } = connect(kube.kubeconfig);
  const web = { name: 'web', namespace: 'shop' };
  const replicasAfterSync = async (name: string, replicas: number) => {
    await apps.patchNamespacedDeploymentScale(
      { name, namespace: 'shop', body: { spec: { replicas } } },
      mergePatch,
    );
    await delay(300);
    return (await apps.readNamespacedDeployment({ name, namespace: 'shop' })).spec?.replicas;
  };

  expect(await replicasAfterSync('web', 1)).toBe(3);
  expect(await replicasAfterSync('web', 9)).toBe(6);
  expect(await replicasAfterSync('web', 0)).toBe(0);
  expect(await replicasAfterSync('worker', 0)).toBe(1);

  const asleep = await autoscaling.readNamespacedHorizontalPodAutoscaler(web);
  const active = asleep.status?.conditions?.find(({ type }) => type === 'ScalingActive');
  expect(active).toMatchObject({ status: 'False', reason: 'ScalingDisabled' });

  expect(await replicasAfterSync('web', 4)).toBe(4);
  kube.control.setDemand('shop', 'web', 20);
  await delay(250);
  expect((await apps.readNamespacedDeployment(web)).spec?.replicas).toBe(6);
});

test('a StatefulSet starts in order and stops from the end', async () => {
  kube = await startJanua();
  kube.control.seed({ namespace: 'data', statefulsets: [{ name: 'redis', replicas: 1, image: 'redis:7' }] });
  const { apps } = connect(kube.kubeconfig);
  const redis = { name: 'redis', namespace: 'data' };
  const seen: string[] = [];
  kube.control.onPods('data', 'redis', (_ready, pods) => seen.push(pods.map((pod) => pod.name).join(' ')));

  await apps.patchNamespacedStatefulSetScale({ ...redis, body: { spec: { replicas: 3 } } }, mergePatch);
  await expect
    .poll(async () => (await apps.readNamespacedStatefulSet(redis)).status?.readyReplicas, { timeout: 3000 })
    .toBe(3);
  await apps.patchNamespacedStatefulSetScale({ ...redis, body: { spec: { replicas: 1 } } }, mergePatch);
  await expect.poll(() => kube.control.list('pods', 'data').length, { timeout: 3000 }).toBe(1);

  const steps = seen.filter((names, at) => names !== seen[at - 1]);
  expect(steps).toEqual([
    'redis-0',
    'redis-0 redis-1',
    'redis-0 redis-1 redis-2',
    'redis-0 redis-1',
    'redis-0',
  ]);
});
