import { afterEach, expect, test } from 'vitest';
import { type Kubernetes, startKubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { releaseBad, rolledOut } from '../../../sandbox/kubernetes/release.ts';

let kube: Kubernetes;
afterEach(() => kube.stop());

test('a Deployment can have a past: numbered revisions with images and ages, of which the last one runs', async () => {
  kube = await startKubernetes();
  const at = (day: number) => new Date(Date.UTC(2026, 10, day));
  const history = [1, 5, 9].map((day) => ({ image: `veza/api@sha256:${day}`, at: at(day) }));

  kube.control.seed({
    namespace: 'veza',
    deployments: [{ name: 'veza-api', replicas: 3, image: 'veza/api@sha256:9', history }],
  });

  const sets = kube.control.list('replicasets', 'veza').map(({ metadata, spec }) => ({
    revision: metadata.annotations?.['deployment.kubernetes.io/revision'],
    created: metadata.creationTimestamp,
    spec,
  }));
  expect(sets).toMatchObject([
    { revision: '1', created: '2026-11-01T00:00:00Z', spec: { replicas: 0 } },
    { revision: '2', created: '2026-11-05T00:00:00Z', spec: { replicas: 0 } },
    { revision: '3', created: '2026-11-09T00:00:00Z', spec: { replicas: 3 } },
  ]);
  expect(kube.control.get('deployments', 'veza', 'veza-api')).toMatchObject({
    metadata: { annotations: { 'deployment.kubernetes.io/revision': '3' } },
    status: { readyReplicas: 3 },
  });
});

test('a bad release of a rolling update leaves the pods it may not take away, and never gets further', async () => {
  kube = await startKubernetes({ podStartMs: [20, 40], podStopMs: [20, 40] });
  const releases = [{ version: '1.0.0', agoMs: 60_000 }];
  const release = rolledOut('janua/api', releases, new Date());
  kube.control.seed({ namespace: 'janua', deployments: [{ name: 'janua-api', replicas: 4, ...release }] });
  const place = { namespace: 'janua', deployment: 'janua-api', repository: 'janua/api' };

  const { image } = releaseBad(kube, { ...place, version: '1.1.0' });
  await expect
    .poll(
      () =>
        kube.control.list('pods', 'janua').filter((pod) => JSON.stringify(pod).includes('CrashLoop')).length,
    )
    .toBe(2);

  expect(image).toMatch(/^janua\/api:1\.1\.0@sha256:[0-9a-f]{64}$/);
  expect(kube.control.get('deployments', 'janua', 'janua-api')?.status).toMatchObject({ readyReplicas: 3 });
});
