import { describe, expect, test } from 'vitest';
import { k8sScale } from '../../src/actions/k8s-scale.ts';
import { API, type Janua, patchesOf, startJanua } from './k8s-setup.ts';

let janua: Janua;

const toZero = { ...API, replicas: 0 };
const worker = { ...API, deployments: ['janua-worker'], replicas: 0 };
type Params = Parameters<typeof k8sScale.run>[1];

async function expectRefused(params: Params, words: readonly string[]): Promise<void> {
  const preview = await k8sScale.preview(janua.step('stop', { phase: 'gate' }), params);
  const running = k8sScale.run(janua.step('stop'), params);

  for (const word of words) expect(preview.blocked.join('\n')).toContain(word);
  await expect(running).rejects.toMatchObject({ code: 'target-refused' });
  for (const word of words) await expect(running).rejects.toThrow(word);
  expect(patchesOf(janua)).toEqual([]);
}

async function expectAllowed(params: Params): Promise<void> {
  const preview = await k8sScale.preview(janua.step('stop', { phase: 'gate' }), params);

  expect(preview.blocked).toEqual([]);
  await expect(k8sScale.run(janua.step('stop'), params)).resolves.toMatchObject({ kind: 'done' });
}

test('an HPA that may scale up from 0 is refused with the command that changes it', async () => {
  janua = await startJanua();
  const [hpa] = janua.control.list('horizontalpodautoscalers', 'janua');
  const name = hpa?.metadata.name ?? '';
  janua.control.patch('horizontalpodautoscalers', 'janua', name, { spec: { minReplicas: 0 } });

  await expectRefused(toZero, [
    'minReplicas 0',
    `kubectl patch hpa ${name} -n janua --context janua --type merge -p '{"spec":{"minReplicas":1}}'`,
  ]);
  janua.control.patch('horizontalpodautoscalers', 'janua', name, { spec: { minReplicas: 1 } });
  await expectAllowed(toZero);
});

describe.each([
  {
    owner: 'Argo CD by its tracking annotation',
    mark: { annotations: { 'argocd.argoproj.io/tracking-id': 'janua:apps/Deployment:janua/janua-worker' } },
    command:
      'kubectl annotate application janua -n argocd --context janua argocd.argoproj.io/skip-reconcile=true',
    pause: { 'argocd.argoproj.io/skip-reconcile': 'true' },
  },
  {
    owner: 'Argo CD by its label',
    mark: { labels: { 'argocd.argoproj.io/instance': 'janua' } },
    command:
      'kubectl annotate deployment janua-worker -n janua --context janua argocd.argoproj.io/skip-reconcile=true',
    pause: { 'argocd.argoproj.io/skip-reconcile': 'true' },
  },
  {
    owner: 'a Flux Kustomization',
    mark: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } },
    command:
      'kubectl annotate deployment janua-worker -n janua --context janua kustomize.toolkit.fluxcd.io/reconcile=disabled',
    pause: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
  },
  {
    owner: 'a Flux HelmRelease',
    mark: { labels: { 'helm.toolkit.fluxcd.io/name': 'janua' } },
    command:
      'kubectl annotate deployment janua-worker -n janua --context janua helm.toolkit.fluxcd.io/driftDetection=disabled',
    pause: { 'helm.toolkit.fluxcd.io/driftDetection': 'disabled' },
  },
  {
    owner: 'KEDA by its label',
    mark: { labels: { 'scaledobject.keda.sh/name': 'worker-queue' } },
    command:
      'kubectl annotate scaledobject worker-queue -n janua --context janua autoscaling.keda.sh/paused=true',
    pause: { 'autoscaling.keda.sh/paused-replicas': '2' },
  },
])('a Deployment of $owner', ({ mark, command, pause }) => {
  test('is refused with the command that pauses its owner, and scaled when the pause is declared', async () => {
    janua = await startJanua();
    janua.control.patch('deployments', 'janua', 'janua-worker', { metadata: mark });

    await expectRefused(worker, [command]);
    janua.control.patch('deployments', 'janua', 'janua-worker', { metadata: { annotations: pause } });
    await expectAllowed(worker);
  });
});

test('a Deployment that KEDA scales is known by its ScaledObject, and so is the pause', async () => {
  janua = await startJanua({ keda: true }, { empty: true });
  janua.control.seed({
    namespace: 'janua',
    deployments: [{ name: 'janua-worker', replicas: 2, image: 'janua/worker:2.4.0' }],
    scaledObjects: [{ name: 'worker-queue', deployment: 'janua-worker', minReplicas: 1, maxReplicas: 5 }],
  });

  await expectRefused(worker, ['KEDA scales `janua-worker` (ScaledObject `worker-queue`)']);
  janua.control.patch('scaledobjects', 'janua', 'worker-queue', {
    metadata: { annotations: { 'autoscaling.keda.sh/paused-replicas': '0' } },
  });
  await expectAllowed(worker);
});

test('an HPA that a ScaledObject owns gives KEDA away even where ScaledObjects may not be listed', async () => {
  janua = await startJanua();
  const [hpa] = janua.control.list('horizontalpodautoscalers', 'janua');
  janua.control.patch('horizontalpodautoscalers', 'janua', hpa?.metadata.name ?? '', {
    metadata: {
      ownerReferences: [
        {
          apiVersion: 'keda.sh/v1alpha1',
          kind: 'ScaledObject',
          name: 'api-load',
          uid: 'a1',
          controller: true,
        },
      ],
    },
  });
  janua.control.fault({ answer: 403, times: Number.POSITIVE_INFINITY, on: { resource: 'scaledobjects' } });

  await expectRefused(toZero, ['ScaledObject `api-load`']);
});

test('another cluster than the one in connections.yml is refused by preview and run', async () => {
  janua = await startJanua();
  const step = { ...janua.step('stop'), clients: janua.clientsFor('another-uid') };

  await expect(k8sScale.preview(step, toZero)).rejects.toMatchObject({ code: 'target-refused' });
  await expect(k8sScale.run(step, toZero)).rejects.toMatchObject({ code: 'target-refused' });
  expect(patchesOf(janua)).toEqual([]);
});
