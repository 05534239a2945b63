import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Kubernetes, leastPrivilege } from '../../../sandbox/kubernetes/kubernetes.ts';
import { api, connect, jsonPatch, mergePatch, refusal, startJanua } from './helpers.ts';

let kube: Kubernetes;
let client: ReturnType<typeof connect>;
beforeEach(async () => {
  kube = await startJanua();
  client = connect(kube.kubeconfig);
});
afterEach(() => kube.stop());

const patch = (body: object) => client.apps.patchNamespacedDeployment({ ...api, body }, mergePatch);
const admin = () => connect(kube.control.kubeconfigFor('admin'));

test('a patch that names an older resourceVersion is a conflict, on the Deployment and on its scale', async () => {
  const { metadata } = await client.apps.readNamespacedDeployment(api);
  await patch({ metadata: { annotations: { seen: 'yes' } } });
  const resourceVersion = metadata?.resourceVersion;

  const onDeployment = await refusal(patch({ metadata: { resourceVersion }, spec: { replicas: 1 } }));
  const body = { metadata: { resourceVersion }, spec: { replicas: 1 } };
  const onScale = await refusal(client.apps.patchNamespacedDeploymentScale({ ...api, body }, mergePatch));

  expect(onDeployment).toMatchObject({
    kind: 'Status',
    status: 'Failure',
    code: 409,
    reason: 'Conflict',
    message:
      'Operation cannot be fulfilled on deployments.apps "janua-api": the object has been modified; please apply your changes to the latest version and try again',
    details: { name: 'janua-api', group: 'apps', kind: 'deployments' },
  });
  expect(onScale.code).toBe(409);
  expect((await client.apps.readNamespacedDeployment(api)).spec?.replicas).toBe(4);
});

test('a patch with the newest resourceVersion is applied', async () => {
  const { metadata } = await client.apps.readNamespacedDeployment(api);

  const { spec } = await patch({
    metadata: { resourceVersion: metadata?.resourceVersion },
    spec: { replicas: 3 },
  });

  expect(spec?.replicas).toBe(3);
});

test('an update over a stale copy is a conflict, and so is one of another uid', async () => {
  const { apps } = admin();
  const stale = await apps.readNamespacedDeployment(api);
  await patch({ metadata: { annotations: { seen: 'yes' } } });

  const old = await refusal(apps.replaceNamespacedDeployment({ ...api, body: stale }));
  const fresh = await apps.readNamespacedDeployment(api);
  const foreign = { ...fresh, metadata: { ...fresh.metadata, uid: 'another' } };
  const other = await refusal(apps.replaceNamespacedDeployment({ ...api, body: foreign }));
  const byPatch = await refusal(patch({ metadata: { uid: 'another' } }));

  expect(old).toMatchObject({ code: 409, reason: 'Conflict' });
  expect(other.message).toContain('Precondition failed: UID in precondition: another');
  expect(byPatch).toMatchObject({ code: 422, reason: 'Invalid' });
});

test('negative replicas are invalid, on the Deployment and on its scale', async () => {
  const onDeployment = await refusal(patch({ spec: { replicas: -1 } }));
  const body = { spec: { replicas: -1 } };
  const onScale = await refusal(client.apps.patchNamespacedDeploymentScale({ ...api, body }, mergePatch));

  expect(onDeployment).toMatchObject({
    code: 422,
    reason: 'Invalid',
    message:
      'Deployment.apps "janua-api" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    details: {
      kind: 'Deployment',
      causes: [{ reason: 'FieldValueInvalid', field: 'spec.replicas' }],
    },
  });
  expect(onScale).toMatchObject({ code: 422, details: { kind: 'Scale' } });
});

test.each([
  [
    'replicas as text',
    { spec: { replicas: '3' } },
    'cannot unmarshal string into Go struct field spec.replicas',
  ],
  ['another selector', { spec: { selector: { matchLabels: { app: 'other' } } } }, 'selector'],
  ['no containers', { spec: { template: { spec: { containers: [] } } } }, 'spec.template.spec.containers'],
])('%s in a patch is invalid', async (_name, body, where) => {
  const answer = await refusal(patch(body));

  expect(answer.code).toBe(422);
  expect(answer.message).toContain(where);
});

test('a name with capitals is invalid', async () => {
  const answer = await refusal(admin().core.createNamespace({ body: { metadata: { name: 'Janua_DR' } } }));

  expect(answer).toMatchObject({ code: 422, details: { causes: [{ field: 'metadata.name' }] } });
});

test('an autoscaler whose maximum is below its minimum is invalid', async () => {
  const spec = { minReplicas: 5, maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'janua-api' } };
  const body = { metadata: { name: 'upside-down' }, spec };

  const answer = await refusal(
    admin().autoscaling.createNamespacedHorizontalPodAutoscaler({ namespace: 'janua', body }),
  );

  expect(answer).toMatchObject({ code: 422, details: { causes: [{ field: 'spec.maxReplicas' }] } });
});

test('an unknown field is dropped with a warning, and refused when the client asks for strictness', async () => {
  const body = { spec: { replicaz: 3 } };

  const answer = await client.apps.patchNamespacedDeployment({ ...api, body }, mergePatch);
  const strict = await refusal(
    client.apps.patchNamespacedDeployment({ ...api, body, fieldValidation: 'Strict' }, mergePatch),
  );
  const raw = await fetch(`${kube.url}/apis/apps/v1/namespaces/janua/deployments/janua-api`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${tokenOf(kube.kubeconfig)}`,
      'content-type': 'application/merge-patch+json',
    },
    body: JSON.stringify(body),
  });

  expect(JSON.stringify(answer)).not.toContain('replicaz');
  expect(strict.code).toBe(422);
  expect(strict.message).toContain('strict decoding error: unknown field "spec.replicaz"');
  expect(raw.headers.get('warning')).toBe('299 - "unknown field \\"spec.replicaz\\""');
});

const tokenOf = (kubeconfig: string) => /token: (\S+)/.exec(kubeconfig)?.[1] ?? '';

test('an object body under the content type of a JSON patch is a bad request', async () => {
  const answer = await refusal(
    client.apps.patchNamespacedDeployment({ ...api, body: { spec: { replicas: 0 } } }, jsonPatch),
  );

  expect(answer.code).toBe(400);
});

test('a JSON patch whose test fails changes nothing', async () => {
  const body = [
    { op: 'test', path: '/spec/replicas', value: 9 },
    { op: 'replace', path: '/spec/replicas', value: 0 },
  ];

  const answer = await refusal(client.apps.patchNamespacedDeployment({ ...api, body }, jsonPatch));

  expect(answer.code).toBe(422);
  expect((await client.apps.readNamespacedDeployment(api)).spec?.replicas).toBe(4);
});

test('a dry run is checked and answered like the real thing, and changes nothing', async () => {
  const before = await client.apps.readNamespacedDeployment(api);

  const body = { spec: { replicas: 0 } };
  const scale = await client.apps.patchNamespacedDeploymentScale({ ...api, body, dryRun: 'All' }, mergePatch);
  const preview = await client.apps.patchNamespacedDeployment({ ...api, body, dryRun: 'All' }, mergePatch);
  const wrong = { spec: { replicas: -1 } };
  const invalid = await refusal(
    client.apps.patchNamespacedDeployment({ ...api, body: wrong, dryRun: 'All' }, mergePatch),
  );
  const unknown = await refusal(
    client.apps.patchNamespacedDeployment({ ...api, body, dryRun: 'Some' }, mergePatch),
  );

  expect(scale.spec?.replicas ?? 0).toBe(0);
  expect(preview).toMatchObject({ spec: { replicas: 0 }, metadata: { generation: 2 } });
  expect(invalid.code).toBe(422);
  expect(unknown.code).toBe(422);
  expect(await client.apps.readNamespacedDeployment(api)).toEqual(before);
  expect(kube.control.requests().filter((request) => request.dryRun)).toHaveLength(3);
});

test('least privilege reads the workloads and patches only the named one', async () => {
  const deployments = [{ name: 'billing', replicas: 1, image: 'billing:1' }];
  kube.control.seed({ namespace: 'janua', deployments, secrets: { keys: { KEY: 'x' } }, grant: false });
  const { apps, core } = client;
  const billing = { name: 'billing', namespace: 'janua' };

  const forbidden = await Promise.all([
    refusal(apps.patchNamespacedDeploymentScale({ ...billing, body: { spec: { replicas: 0 } } }, mergePatch)),
    refusal(apps.deleteNamespacedDeployment(api)),
    refusal(core.listNamespacedSecret({ namespace: 'janua' })),
    refusal(core.readNamespacedSecret({ name: 'keys', namespace: 'janua' })),
    refusal(core.listNamespacedPod({ namespace: 'default' })),
    refusal(apps.listDeploymentForAllNamespaces()),
    refusal(core.listNamespace()),
  ]);

  expect(forbidden.map(({ code, reason }) => `${code} ${reason}`)).toEqual(Array(7).fill('403 Forbidden'));
  expect(forbidden[0]?.message).toBe(
    'deployments.apps "billing" is forbidden: User "system:serviceaccount:dr-bot:dr-bot" cannot patch resource "deployments/scale" in API group "apps" in the namespace "janua"',
  );
  expect((await core.readNamespace({ name: 'kube-system' })).metadata?.uid).toBe(kube.clusterUid);
  expect((await apps.listNamespacedDeployment({ namespace: 'janua' })).items).toHaveLength(2);
});

test('resourceNames allow a list only with a field selector of that name', async () => {
  const rule = {
    verbs: ['list'],
    apiGroups: ['apps'],
    resources: ['deployments'],
    resourceNames: ['janua-api'],
  };
  kube.control.setRules('narrow', [rule]);
  const { apps } = connect(kube.control.kubeconfigFor('narrow'));

  const all = await refusal(apps.listNamespacedDeployment({ namespace: 'janua' }));
  const one = await apps.listNamespacedDeployment({
    namespace: 'janua',
    fieldSelector: 'metadata.name=janua-api',
  });

  expect(all.code).toBe(403);
  expect(one.items.map((item) => item.metadata?.name)).toEqual(['janua-api']);
});

test('an access review answers what the rules will answer', async () => {
  const may = async (attributes: object) => {
    const body = { spec: { resourceAttributes: { namespace: 'janua', group: 'apps', ...attributes } } };
    return (await client.authorization.createSelfSubjectAccessReview({ body })).status?.allowed;
  };
  const scale = { verb: 'patch', resource: 'deployments', subresource: 'scale' };

  expect(await may({ ...scale, name: 'janua-api' })).toBe(true);
  expect(await may({ ...scale, name: 'other' })).toBe(false);
  expect(await may({ verb: 'delete', resource: 'deployments', name: 'janua-api' })).toBe(false);
  kube.control.setRules('system:serviceaccount:dr-bot:dr-bot', leastPrivilege({ namespace: 'veza' }));
  expect(await may({ ...scale, name: 'janua-api' })).toBe(false);
});

test('an unknown token is unauthorized, before anything else is looked at', async () => {
  const stranger = connect(kube.kubeconfig.replace(tokenOf(kube.kubeconfig), 'stolen'));

  const answer = await refusal(stranger.apps.readNamespacedDeployment({ name: 'nope', namespace: 'nope' }));
  const raw = await fetch(`${kube.url}/version`);

  expect(answer.code).toBe(401);
  expect(await raw.json()).toMatchObject({ kind: 'Status', code: 401, reason: 'Unauthorized' });
});

test('what does not exist is not found: object, namespace, resource type', async () => {
  const { apps, core, custom } = admin();

  const object = await refusal(apps.readNamespacedDeployment({ name: 'nope', namespace: 'janua' }));
  const namespace = await refusal(
    core.createNamespacedConfigMap({ namespace: 'nope', body: { metadata: { name: 'x' } } }),
  );
  const keda = { group: 'keda.sh', version: 'v1alpha1', namespace: 'janua', plural: 'scaledobjects' };
  const type = await refusal(custom.listNamespacedCustomObject(keda));

  expect(object.message).toBe('deployments.apps "nope" not found');
  expect(namespace.message).toBe('namespaces "nope" not found');
  expect(type).toMatchObject({ code: 404, message: 'the server could not find the requested resource' });
});

test('creating a name twice is refused, also as a dry run', async () => {
  const { core } = admin();
  const body = { metadata: { name: 'settings' }, data: { mode: 'dark' } };
  await core.createNamespacedConfigMap({ namespace: 'janua', body });

  const again = await refusal(core.createNamespacedConfigMap({ namespace: 'janua', body, dryRun: 'All' }));

  expect(again).toMatchObject({ code: 409, reason: 'AlreadyExists' });
});

test('a delete whose preconditions do not hold is a conflict', async () => {
  const { apps } = admin();

  const answer = await refusal(
    apps.deleteNamespacedDeployment({ ...api, body: { preconditions: { uid: 'another' } } }),
  );
  await apps.deleteNamespacedDeployment(api);

  expect(answer.code).toBe(409);
  await expect.poll(() => kube.control.list('pods', 'janua')).toEqual([]);
  expect(kube.control.list('replicasets', 'janua')).toEqual([]);
});

test('a body of more than 3 MB is too large', async () => {
  const body = { metadata: { annotations: { big: 'x'.repeat(3_200_000) } } };

  expect((await refusal(patch(body))).code).toBe(413);
});
