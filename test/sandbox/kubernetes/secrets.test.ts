import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Kubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { connect, jsonPatch, mergePatch, refusal, startJanua } from './helpers.ts';

let kube: Kubernetes;
let admin: ReturnType<typeof connect>;
const secret = { name: 'janua-secrets', namespace: 'janua' };

beforeEach(async () => {
  kube = await startJanua();
  admin = connect(kube.control.kubeconfigFor('admin'));
  kube.control.seed({ namespace: 'janua', secrets: { [secret.name]: { KEY: 'one' } } });
});
afterEach(() => kube.stop());

const patch = (body: object) => admin.core.patchNamespacedSecret({ ...secret, body }, mergePatch);
const two = Buffer.from('two').toString('base64');

test('an immutable secret keeps its values, and what else is written on it may change', async () => {
  await patch({ immutable: true });

  const values = await refusal(patch({ data: { KEY: two } }));
  const back = await refusal(patch({ immutable: false }));
  const { metadata } = await patch({ metadata: { annotations: { seen: 'yes' } } });

  expect([values.code, back.code]).toEqual([422, 422]);
  expect(values.message).toContain('data: ');
  expect(metadata?.annotations).toMatchObject({ seen: 'yes' });
});

test('a key that no file could have as its name is refused, and so is another type', async () => {
  const key = await refusal(patch({ data: { 'my key': two } }));
  const type = await refusal(patch({ type: 'kubernetes.io/tls' }));

  expect(key).toMatchObject({ code: 422, reason: 'Invalid' });
  expect(type.code).toBe(422);
  expect((await patch({ data: { 'KEY.before-run-31': two } })).data).toHaveProperty(['KEY.before-run-31']);
});

test('a resourceVersion in a JSON patch is a precondition: written it conflicts, tested it cannot be processed', async () => {
  const stale = '1';
  const annotate = { op: 'add', path: '/metadata/annotations', value: { seen: 'yes' } };
  const guarded = (op: string) =>
    refusal(
      admin.core.patchNamespacedSecret(
        { ...secret, body: [{ op, path: '/metadata/resourceVersion', value: stale }, annotate] },
        jsonPatch,
      ),
    );

  expect((await guarded('replace')).code).toBe(409);
  expect((await guarded('test')).code).toBe(422);
});

test('a container is told by the digest that its tag meant, and by how it ended before it ran again', async () => {
  const pod = async () => (await admin.core.listNamespacedPod({ namespace: 'janua' })).items[0];
  const container = async () => (await pod())?.status?.containerStatuses?.[0];
  expect((await container())?.imageID).toMatch(/^janua\/api@sha256:[0-9a-f]{64}$/);

  kube.control.setCrashLoop('janua', 'janua-api', true);
  await expect.poll(async () => (await container())?.state?.waiting?.reason).toBe('CrashLoopBackOff');
  kube.control.setCrashLoop('janua', 'janua-api', false);
  await expect.poll(async () => (await container())?.ready, { timeout: 5_000 }).toBe(true);

  expect((await container())?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
});

test('the log of a pod with several containers needs the name of one', async () => {
  kube.control.patch('deployments', 'janua', 'janua-api', {
    spec: {
      template: {
        spec: {
          containers: [
            { name: 'a', image: 'x' },
            { name: 'b', image: 'y' },
          ],
        },
      },
    },
  });
  await kube.control.settled('janua', 'janua-api');
  const { items } = await admin.core.listNamespacedPod({ namespace: 'janua' });
  const log = { name: items[0]?.metadata?.name ?? '', namespace: 'janua' };

  const open = await refusal(admin.core.readNamespacedPodLog(log));

  expect(open).toMatchObject({ code: 400, message: expect.stringContaining('choose one of: [a b]') });
  expect(await admin.core.readNamespacedPodLog({ ...log, container: 'a' })).toBe('');
});
