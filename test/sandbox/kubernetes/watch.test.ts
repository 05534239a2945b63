import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Kubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { api, connect, mergePatch, startJanua } from './helpers.ts';

interface Seen {
  readonly type: string;
  readonly object: { code?: number; reason?: string; metadata: { name: string; resourceVersion: string } };
}

let kube: Kubernetes;
let client: ReturnType<typeof connect>;
let watching: AbortController[] = [];
beforeEach(async () => {
  kube = await startJanua();
  client = connect(kube.kubeconfig);
});
afterEach(async () => {
  for (const watch of watching) watch.abort();
  watching = [];
  await kube.stop();
});

const pods = '/api/v1/namespaces/janua/pods';

async function watch(path: string, query: Record<string, string> = {}) {
  const seen: Seen[] = [];
  let ended = false;
  const onEvent = (type: string, object: Seen['object']) => seen.push({ type, object });
  watching.push(await client.watch.watch(path, query, onEvent, () => (ended = true)));
  return { seen, types: () => seen.map(({ type }) => type), ended: () => ended };
}

test('a watch from a list sees every pod go and come, and misses nothing in between', async () => {
  const { metadata } = await client.core.listNamespacedPod({ namespace: 'janua' });
  await client.apps.patchNamespacedDeploymentScale({ ...api, body: { spec: { replicas: 2 } } }, mergePatch);
  await kube.control.settled('janua', 'janua-api');

  const { types } = await watch(pods, {
    resourceVersion: metadata?.resourceVersion ?? '',
    labelSelector: 'app=janua-api',
  });
  await expect.poll(() => types().filter((type) => type === 'DELETED').length).toBe(2);
  await client.apps.patchNamespacedDeploymentScale({ ...api, body: { spec: { replicas: 4 } } }, mergePatch);

  await expect.poll(() => types().filter((type) => type === 'ADDED').length, { timeout: 3000 }).toBe(2);
  expect(types()).toContain('MODIFIED');
});

test('a watch without a version begins with what is there', async () => {
  const { seen } = await watch('/apis/apps/v1/namespaces/janua/deployments');

  await expect
    .poll(() => seen.map(({ type, object }) => `${type} ${object.metadata.name}`))
    .toEqual(['ADDED janua-api']);
});

test('an object that leaves the selector of a watch is deleted for it', async () => {
  const { types } = await watch('/apis/apps/v1/namespaces/janua/deployments', {
    labelSelector: 'app=janua-api,!retired',
  });
  await expect.poll(types).toEqual(['ADDED']);

  await client.apps.patchNamespacedDeployment(
    { ...api, body: { metadata: { labels: { retired: 'yes' } } } },
    mergePatch,
  );

  await expect.poll(types).toEqual(['ADDED', 'DELETED']);
});

test('open watches are told 410 and end, and older versions are gone for good', async () => {
  const { metadata } = await client.core.listNamespacedPod({ namespace: 'janua' });
  await client.apps.patchNamespacedDeployment(
    { ...api, body: { metadata: { labels: { moved: 'yes' } } } },
    mergePatch,
  );
  const open = await watch(pods);
  await expect.poll(() => open.seen.length).toBe(4);

  kube.control.expireWatches();
  await expect.poll(open.ended).toBe(true);
  const late = await watch(pods, { resourceVersion: metadata?.resourceVersion ?? '' });
  await expect.poll(late.ended).toBe(true);

  expect(open.seen.at(-1)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  expect(late.seen).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
});

test('a watch ends after timeoutSeconds', async () => {
  const { ended } = await watch(pods, { timeoutSeconds: '1' });

  await delay(700);
  expect(ended()).toBe(false);
  await expect.poll(ended, { timeout: 2000 }).toBe(true);
});

test('watching needs its own right', async () => {
  const rule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
  kube.control.setRules('reader', [rule]);
  const reader = connect(kube.control.kubeconfigFor('reader'));

  const error = await new Promise((resolve) => void reader.watch.watch(pods, {}, () => {}, resolve));

  expect(error).toMatchObject({ statusCode: 403 });
});
