import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Kubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { api, connect, mergePatch, refusal, startJanua } from './helpers.ts';

let kube: Kubernetes;
let client: ReturnType<typeof connect>;
beforeEach(async () => {
  kube = await startJanua();
  client = connect(kube.kubeconfig);
});
afterEach(() => kube.stop());

const read = () => client.apps.readNamespacedDeployment(api);
const scaleTo = (replicas: number) =>
  client.apps.patchNamespacedDeploymentScale({ ...api, body: { spec: { replicas } } }, mergePatch);
const replicas = () => kube.control.get('deployments', 'janua', 'janua-api')?.spec;

test('a lost reply leaves the effect behind', async () => {
  kube.control.fault({ lose: 'reply', on: { verb: 'patch', subresource: 'scale' } });

  await expect(scaleTo(2)).rejects.toThrow('fetch failed');

  expect(replicas()).toMatchObject({ replicas: 2 });
  expect(kube.control.requests().at(-1)).toMatchObject({ verb: 'patch', subresource: 'scale', status: 0 });
  await expect(scaleTo(2)).resolves.toMatchObject({ spec: { replicas: 2 } });
});

test('the reply that is lost may be a refusal', async () => {
  kube.control.fault({ lose: 'reply', on: { verb: 'patch' } });

  await expect(scaleTo(-1)).rejects.toThrow('fetch failed');
});

test('a lost request leaves nothing behind', async () => {
  kube.control.fault({ lose: 'request', on: { verb: 'write' } });

  await expect(scaleTo(2)).rejects.toThrow('fetch failed');

  expect(replicas()).toMatchObject({ replicas: 4 });
});

test('the next two writes conflict, reads do not, and the third write goes through', async () => {
  kube.control.fault({ answer: 409, times: 2, on: { verb: 'write' } });

  const first = await refusal(scaleTo(3));
  await read();
  const second = await refusal(scaleTo(3));

  expect([first.reason, second.reason]).toEqual(['Conflict', 'Conflict']);
  await expect(scaleTo(3)).resolves.toMatchObject({ spec: { replicas: 3 } });
});

test.each([
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [403, 'Forbidden'],
])('an injected %i comes as a Status object until it is taken away', async (answer, reason) => {
  const heal = kube.control.fault({
    answer,
    times: Number.POSITIVE_INFINITY,
    on: { resource: 'deployments' },
  });

  const answers = [await refusal(read()), await refusal(read())];
  heal();

  expect(answers).toMatchObject([
    { code: answer, reason, kind: 'Status' },
    { code: answer, reason },
  ]);
  expect((await read()).metadata?.name).toBe('janua-api');
});

test('429 says when to come back', async () => {
  kube.control.fault({ answer: 429, retryAfterSeconds: 3 });

  const answer = await refusal(read());

  expect(answer).toMatchObject({ code: 429, details: { retryAfterSeconds: 3 } });
});

test('a slow answer is slow once', async () => {
  kube.control.fault({ delayMs: 300, on: { verb: 'get' } });
  const timed = async () => {
    const start = performance.now();
    await read();
    return performance.now() - start;
  };

  expect(await timed()).toBeGreaterThan(290);
  expect(await timed()).toBeLessThan(290);
});

test('a cluster that is down refuses connections and is back on the same port with its pods', async () => {
  await kube.control.down();
  await expect(read()).rejects.toThrow('fetch failed');

  await kube.control.up();

  expect((await read()).status?.readyReplicas).toBe(4);
});
