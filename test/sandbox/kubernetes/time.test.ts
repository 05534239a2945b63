import { afterEach, describe, expect, test } from 'vitest';
import { member } from '../../../sandbox/kubernetes/json.ts';
import type { Kubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { api, connect, mergePatch, startJanua, withQuick } from './helpers.ts';

const start = new Date('2026-11-21T02:14:40Z');
const minute = 60_000;

let kube: Kubernetes;
afterEach(() => kube.stop());

const deployment = () => kube.control.get('deployments', 'janua', 'janua-api');
const pods = () => kube.control.list('pods', 'janua');

describe('time that is moved', () => {
  test('is lived through: pods come, a rollout misses its deadline, and objects bear the new time', async () => {
    kube = await startJanua({ clock: () => start });
    kube.control.setCrashLoop('janua', 'janua-api', { image: 'janua/api:2.5.0' });
    const containers = [{ name: 'janua-api', image: 'janua/api:2.5.0' }];
    kube.control.patch('deployments', 'janua', 'janua-api', {
      spec: { progressDeadlineSeconds: 90, template: { spec: { containers } } },
    });

    kube.control.advance(minute);
    const before = deployment();
    kube.control.advance(minute);

    const progressing = (object = deployment()) => member(object, 'status', 'conditions', 1);
    expect(progressing(before)).toMatchObject({ type: 'Progressing', status: 'True' });
    expect(progressing()).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      lastTransitionTime: expect.stringMatching(/^2026-11-21T02:16:/),
    });
  });

  test('makes crash-looping pods Ready again and again, for as long as they live', async () => {
    kube = await startJanua({});
    kube.control.setCrashLoop('janua', 'janua-api', { aliveMs: 4000 });
    kube.control.advance(1000);
    const ready = new Set<unknown>();
    const unsubscribe = kube.control.onPods('janua', 'janua-api', (count) => ready.add(count));

    kube.control.advance(minute);
    unsubscribe();
    const restarts = pods().map((pod) => member(pod, 'status', 'containerStatuses', 0, 'restartCount'));
    kube.control.setCrashLoop('janua', 'janua-api', false);
    kube.control.advance(minute);

    expect([ready.has(0), ready.has(4)]).toEqual([true, true]);
    expect(Math.min(...restarts.map(Number))).toBeGreaterThanOrEqual(10);
    expect(member(deployment(), 'status', 'readyReplicas')).toBe(4);
  });

  test('measures something else at every sync of an autoscaler', async () => {
    kube = await startJanua(withQuick({ hpaSyncMs: 15_000 }));
    kube.control.seed({
      namespace: 'shop',
      deployments: [{ name: 'web', replicas: 4, image: 'web:1', hpa: { minReplicas: 3, maxReplicas: 6 } }],
    });
    const { autoscaling } = connect(kube.kubeconfig);
    const look = () => autoscaling.readNamespacedHorizontalPodAutoscaler({ name: 'web', namespace: 'shop' });

    kube.control.advance(15_000);
    const before = await look();
    kube.control.advance(15_000);
    const after = await look();
    kube.control.setDemand('shop', 'web', 6);
    kube.control.advance(15_000);

    expect(after.metadata?.resourceVersion).not.toBe(before.metadata?.resourceVersion);
    expect(after.spec).toEqual(before.spec);
    expect(after.status?.currentMetrics?.[0]?.resource?.current.averageValue).toMatch(/^\d+u$/);
    expect(after.status?.lastScaleTime).toBeUndefined();
    expect((await look()).status?.lastScaleTime).toBeInstanceOf(Date);
  });
});

describe('metadata.managedFields', () => {
  const owners = async () => {
    const { metadata } = await connect(kube.kubeconfig).apps.readNamespacedDeployment(api);
    return Object.fromEntries(
      (metadata?.managedFields ?? []).map(({ manager, subresource = '', fieldsV1, time }) => [
        `${manager} ${subresource}`.trim(),
        { fields: fieldsV1, time: time?.toISOString() },
      ]),
    );
  };

  test('says who owns which field, and when they last changed one', async () => {
    kube = await startJanua({ clock: () => start });
    const before = await owners();

    kube.control.advance(minute);
    await connect(kube.kubeconfig).apps.patchNamespacedDeployment(
      { ...api, fieldManager: 'dr-bot', body: { spec: { replicas: 3 } } },
      mergePatch,
    );
    kube.control.advance(minute);

    const after = await owners();
    expect(Object.keys(before)).toEqual(['kubectl-create', 'kube-controller-manager status']);
    expect(before['kubectl-create']).toMatchObject({
      fields: { 'f:spec': { 'f:replicas': {} } },
      time: '2026-11-21T02:14:40.000Z',
    });
    expect(after['dr-bot']).toEqual({
      fields: { 'f:spec': { 'f:replicas': {} } },
      time: '2026-11-21T02:15:40.000Z',
    });
    expect(after['kubectl-create']).toMatchObject({ time: '2026-11-21T02:14:40.000Z' });
    expect(after['kubectl-create']).not.toHaveProperty('fields.f:spec.f:replicas');
    expect(after['kube-controller-manager status']?.time).not.toBe(
      before['kube-controller-manager status']?.time,
    );
  });

  test('is the server’s own: what a client sends is not believed, and is no change', async () => {
    kube = await startJanua();
    const { apps } = connect(kube.kubeconfig);
    const before = await apps.readNamespacedDeployment(api);
    const forged = [{}, { manager: 'nobody', operation: 'Update', time: start.toISOString() }];

    const body = { metadata: { managedFields: forged } };
    const after = await apps.patchNamespacedDeployment({ ...api, body }, mergePatch);

    expect(after.metadata).toEqual(before.metadata);
  });
});
