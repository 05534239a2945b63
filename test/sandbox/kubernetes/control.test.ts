import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Kubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { api, connect, refusal, startJanua, withQuick } from './helpers.ts';

let kube: Kubernetes;
beforeEach(async () => {
  kube = await startJanua();
});
afterEach(() => kube.stop());

const admin = () => connect(kube.control.kubeconfigFor('admin'));

test('a recreated Deployment has the same name and another uid, and its own pods', async () => {
  const before = kube.control.get('deployments', 'janua', 'janua-api');
  const pods = kube.control.list('pods', 'janua').map((pod) => pod.metadata.uid);

  kube.control.recreate('deployments', 'janua', 'janua-api');
  await kube.control.settled('janua', 'janua-api');

  const after = await connect(kube.kubeconfig).apps.readNamespacedDeployment(api);
  expect(after.metadata?.uid).not.toBe(before?.metadata.uid);
  expect(after.spec?.template?.spec?.containers[0]?.env).toEqual([{ name: 'TIER', value: 'gold' }]);
  expect(kube.control.list('pods', 'janua').filter((pod) => pods.includes(pod.metadata.uid))).toEqual([]);
});

test('the world is told of every pod, the terminating ones too', async () => {
  const told: string[] = [];
  const stop = kube.control.onPods('janua', 'janua-api', (ready, pods) =>
    told.push(`${ready} of ${pods.length}`),
  );

  kube.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 0 } });
  await kube.control.settled('janua', 'janua-api');
  stop();
  kube.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 1 } });
  await kube.control.settled('janua', 'janua-api');

  expect(told[0]).toBe('4 of 4');
  expect(told).toContain('0 of 4');
  expect(told.at(-1)).toBe('0 of 0');
});

test('owners of other tools are what the seed says', async () => {
  await kube.stop();
  kube = await startJanua(withQuick({ keda: true }));
  kube.control.seed({
    namespace: 'veza',
    deployments: [
      { name: 'web', replicas: 1, image: 'web:1', labels: { 'argocd.argoproj.io/instance': 'veza' } },
      { name: 'queue', replicas: 1, image: 'queue:1', labels: { 'scaledobject.keda.sh/name': 'queue' } },
    ],
    scaledObjects: [{ name: 'queue', deployment: 'queue', minReplicas: 0, maxReplicas: 9 }],
  });
  const { apps, custom } = connect(kube.kubeconfig);

  const gitops = await apps.listNamespacedDeployment({
    namespace: 'veza',
    labelSelector: 'argocd.argoproj.io/instance',
  });
  const keda = { group: 'keda.sh', version: 'v1alpha1', namespace: 'veza', plural: 'scaledobjects' };
  const scaled = await custom.listNamespacedCustomObject(keda);

  expect(gitops.items.map((item) => item.metadata?.name)).toEqual(['web']);
  expect(scaled).toMatchObject({
    items: [{ kind: 'ScaledObject', spec: { scaleTargetRef: { name: 'queue' } } }],
  });
});

test('a Job runs its pod, prints, and ends with the exit code the world decides', async () => {
  const { batch, core } = connect(kube.kubeconfig);
  const jobOf = (name: string) => {
    const template = {
      spec: { restartPolicy: 'Never', containers: [{ name: 'tool', image: 'stk@sha256:1', args: ['list'] }] },
    };
    return { namespace: 'janua', body: { metadata: { name }, spec: { backoffLimit: 0, template } } };
  };
  const conditionOf = async (name: string) =>
    (await batch.readNamespacedJob({ name, namespace: 'janua' })).status?.conditions?.[0]?.type;
  const logOf = async (job: string) => {
    const pods = await core.listNamespacedPod({ namespace: 'janua', labelSelector: `job-name=${job}` });
    return core.readNamespacedPodLog({ name: pods.items[0]?.metadata?.name ?? '', namespace: 'janua' });
  };
  kube.control.onJob((job) =>
    job.metadata.name === 'good'
      ? { exitCode: 0, log: 'two\nprojects', afterMs: 20 }
      : { exitCode: 3, log: 'no', afterMs: 20 },
  );

  await batch.createNamespacedJob(jobOf('good'));
  await batch.createNamespacedJob(jobOf('bad'));

  await expect.poll(() => conditionOf('good'), { timeout: 3000 }).toBe('Complete');
  await expect.poll(() => conditionOf('bad'), { timeout: 3000 }).toBe('Failed');
  expect(await logOf('good')).toBe('two\nprojects\n');
  expect((await refusal(batch.createNamespacedJob(jobOf('good')))).reason).toBe('AlreadyExists');
});

test('pod logs are plain text, trimmed from the end', async () => {
  for (const line of ['starting', 'listening on 8080', 'ready']) kube.control.log('janua', 'janua-api', line);
  const name = kube.control.list('pods', 'janua')[0]?.metadata.name ?? '';
  const { core } = connect(kube.kubeconfig);

  expect(await core.readNamespacedPodLog({ name, namespace: 'janua', tailLines: 2 })).toBe(
    'listening on 8080\nready\n',
  );
  const answer = await refusal(core.readNamespacedPodLog({ name, namespace: 'janua', previous: true }));
  expect(answer.message).toContain('previous terminated container');
});

test('events tell what the controllers did', async () => {
  kube.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 1 } });
  await kube.control.settled('janua', 'janua-api');

  const fieldSelector = 'involvedObject.name=janua-api,reason=ScalingReplicaSet';
  const { items } = await connect(kube.kubeconfig).core.listNamespacedEvent({
    namespace: 'janua',
    fieldSelector,
  });

  expect(items.map((event) => event.message)).toContainEqual(
    expect.stringMatching(/^Scaled down replica set .* from 4 to 1$/),
  );
});

test('secrets come back as base64, whether written as data or stringData', async () => {
  kube.control.seed({ namespace: 'janua', secrets: { keys: { KEY: 'plain' } } });
  const { core } = admin();

  const seeded = await core.readNamespacedSecret({ name: 'keys', namespace: 'janua' });
  const body = { metadata: { name: 'more' }, stringData: { TOKEN: 'abc' } };
  const written = await core.createNamespacedSecret({ namespace: 'janua', body });

  expect(seeded.data).toEqual({ KEY: 'cGxhaW4=' });
  expect(written).toMatchObject({ type: 'Opaque', data: { TOKEN: 'YWJj' } });
});

test('a deleted namespace terminates with everything in it, and takes nothing new meanwhile', async () => {
  const { core } = admin();

  await core.deleteNamespace({ name: 'janua' });
  const late = await refusal(
    core.createNamespacedConfigMap({ namespace: 'janua', body: { metadata: { name: 'late' } } }),
  );

  expect(late).toMatchObject({ code: 403, reason: 'Forbidden' });
  await expect
    .poll(() => kube.control.get('namespaces', undefined, 'janua'), { timeout: 3000 })
    .toBeUndefined();
  expect(kube.control.list('pods', 'janua')).toEqual([]);
});

test('a recreated StatefulSet waits for the pod of its name to be gone', async () => {
  kube.control.seed({ namespace: 'janua', statefulsets: [{ name: 'redis', replicas: 1, image: 'redis:7' }] });
  const before = kube.control.get('pods', 'janua', 'redis-0')?.metadata.uid;

  kube.control.recreate('statefulsets', 'janua', 'redis');

  const uid = () => kube.control.get('pods', 'janua', 'redis-0')?.metadata.uid ?? before;
  await expect.poll(uid, { timeout: 3000 }).not.toBe(before);
});

test('orphaned pods outlive their Deployment and are adopted by the next of its name', async () => {
  const { apps } = admin();
  const { spec } = await apps.readNamespacedDeployment(api);
  const pods = kube.control.list('pods', 'janua').map((pod) => pod.metadata.uid);

  await apps.deleteNamespacedDeployment({ ...api, propagationPolicy: 'Orphan' });
  const body = { metadata: { name: api.name }, ...(spec && { spec }) };
  await apps.createNamespacedDeployment({ namespace: 'janua', body });
  await kube.control.settled('janua', 'janua-api');

  expect(kube.control.list('pods', 'janua').map((pod) => pod.metadata.uid)).toEqual(pods);
});

test('version and discovery are served', async () => {
  const { version, core } = connect(kube.kubeconfig);

  expect((await version.getCode()).major).toBe('1');
  expect((await core.getAPIResources()).resources.map(({ name }) => name)).toContain('pods/log');
});

test('every request is on the audit list with its user and answer', async () => {
  kube.control.clearRequests();
  await connect(kube.kubeconfig).apps.readNamespacedDeploymentScale(api);

  expect(kube.control.requests()).toMatchObject([
    {
      method: 'GET',
      path: '/apis/apps/v1/namespaces/janua/deployments/janua-api/scale',
      user: 'system:serviceaccount:dr-bot:dr-bot',
      verb: 'get',
      resource: 'deployments',
      subresource: 'scale',
      name: 'janua-api',
      dryRun: false,
      status: 200,
    },
  ]);
});
