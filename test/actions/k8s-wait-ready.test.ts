import { expect, test } from 'vitest';
import { z } from 'zod';
import { k8sWaitReady } from '../../src/actions/k8s-wait-ready.ts';
import { API, BOTH, type Janua, startJanua } from './k8s-setup.ts';

let janua: Janua;

const params = { ...API, stableFor: '0s' };
const PodStatus = z.object({ containerStatuses: z.array(z.record(z.string(), z.unknown())) });
const scale = (replicas: number) =>
  janua.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas } });

test('the preview names how many shall be ready', async () => {
  janua = await startJanua();

  const preview = await k8sWaitReady.preview(janua.step('ready', { phase: 'gate' }), params);

  expect(preview.lines).toEqual(['Wait until 4 of 4 of `janua-api` are ready']);
  expect(preview.shown).toEqual([{ name: 'janua-api', value: '4 of 4 ready' }]);
  expect(preview.blocked).toEqual([]);
});

test('ends when all wanted pods are ready, telling how far it is', async () => {
  janua = await startJanua({ podStartMs: [200, 1_200] });
  scale(0);
  await janua.control.settled('janua', 'janua-api');
  scale(4);

  const outcome = await k8sWaitReady.run(janua.step('ready'), params);

  expect(outcome).toMatchObject({
    kind: 'done',
    summary: '4 of 4 ready',
    output: { ready: { 'janua-api': 4 } },
  });
  expect(janua.progress.some((text) => /^[0-3] of 4 ready$/.test(text))).toBe(true);
  expect(janua.progress.at(-1)).toBe('4 of 4 ready');
});

test('waits for several Deployments at once', async () => {
  janua = await startJanua();

  const outcome = await k8sWaitReady.run(janua.step('ready'), { ...BOTH, stableFor: '0s' });

  expect(outcome).toMatchObject({ summary: '6 of 6 ready in 2 deployments' });
});

test('pods of the old ReplicaSet do not count as ready', async () => {
  janua = await startJanua({ podStartMs: [400, 500] });
  janua.control.patch('deployments', 'janua', 'janua-api', {
    spec: { template: { spec: { containers: [{ name: 'janua-api', image: 'janua/api:2.5.0' }] } } },
  });

  await k8sWaitReady.run(janua.step('ready'), params);

  const images = janua.control
    .list('pods', 'janua')
    .filter(({ metadata }) => metadata.name.startsWith('janua-api') && !metadata.deletionTimestamp)
    .map((pod) => JSON.stringify(pod.spec));
  expect(images).toHaveLength(4);
  expect(images.every((image) => image.includes('janua/api:2.5.0'))).toBe(true);
});

test('a crash loop fails with the pod, the reason and the restarts', async () => {
  janua = await startJanua();
  janua.control.setCrashLoop('janua', 'janua-api', true);
  await expect
    .poll(() => janua.control.get('deployments', 'janua', 'janua-api')?.status)
    .not.toMatchObject({ readyReplicas: 4 });

  const running = k8sWaitReady.run(janua.step('ready'), params);

  await expect(running).rejects.toMatchObject({ code: 'check-failed' });
  await expect(running).rejects.toThrow(/pod `janua-api-\S+` is in CrashLoopBackOff after [2-9]\d* restarts/);
  await expect(running).rejects.toThrow(/kubectl logs janua-api-\S+ -n janua --context janua --previous/);
}, 90_000);

test('a crash loop of the image that is being replaced is no fault', async () => {
  janua = await startJanua();
  janua.control.setCrashLoop('janua', 'janua-api', { image: 'janua/api:2.4.0' });
  await expect
    .poll(() => JSON.stringify(janua.control.list('pods', 'janua')), { timeout: 60_000 })
    .toMatch(/"restartCount":[2-9]/);

  janua.control.patch('deployments', 'janua', 'janua-api', {
    spec: { template: { spec: { containers: [{ name: 'janua-api', image: 'janua/api:2.5.0' }] } } },
  });

  await expect(k8sWaitReady.run(janua.step('ready'), params)).resolves.toMatchObject({ kind: 'done' });
}, 90_000);

test('with stableFor it must stay ready that long', async () => {
  janua = await startJanua();
  const begin = performance.now();
  let restarted = 0;
  setTimeout(() => {
    const [pod] = janua.control.list('pods', 'janua');
    janua.control.remove('pods', 'janua', pod?.metadata.name ?? '');
    restarted = performance.now();
  }, 300);

  await k8sWaitReady.run(janua.step('ready'), { ...API, stableFor: '800ms' });

  expect(performance.now() - begin).toBeGreaterThan(800);
  expect(performance.now() - restarted).toBeGreaterThan(800);
});

test('a restart between two looks begins stableFor anew, though every look finds all ready', async () => {
  janua = await startJanua();
  const [pod] = janua.control.list('pods', 'janua');
  const status = PodStatus.parse(pod?.status);
  const containerStatuses = status.containerStatuses.map((container) => ({ ...container, restartCount: 1 }));
  let restarted = 0;
  setTimeout(() => {
    janua.control.patch('pods', 'janua', pod?.metadata.name ?? '', { status: { containerStatuses } });
    restarted = performance.now();
  }, 500);

  await k8sWaitReady.run(janua.step('ready'), { ...API, stableFor: '800ms' });

  expect(performance.now() - restarted).toBeGreaterThan(800);
  expect(janua.progress).toEqual(['4 of 4 ready']);
});

test('an abort ends the wait with its reason', async () => {
  janua = await startJanua({ podStartMs: [5_000, 5_000] });
  scale(6);
  const signal = AbortSignal.timeout(300);

  const running = k8sWaitReady.run(janua.step('ready', { signal }), params);

  await expect(running).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('stableFor that is no duration is refused by the schema', () => {
  expect(k8sWaitReady.schema.safeParse({ ...API, stableFor: 'a while' }).success).toBe(false);
  expect(k8sWaitReady.schema.safeParse(API).data).toEqual(params);
});
