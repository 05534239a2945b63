import { beforeEach, expect, test } from 'vitest';
import { type Janua, patchesOf, startJanua } from '../actions/k8s-setup.ts';

let janua: Janua;
const options = { signal: AbortSignal.timeout(60_000) };

beforeEach(async () => {
  janua = await startJanua();
});

const read = (deployment: string) =>
  janua.clients.kubernetes.readDeployment('janua', 'janua', deployment, options);

const scaleTo = (replicas: number) =>
  janua.clients.kubernetes.patchDeployment(
    'janua',
    'janua',
    'janua-worker',
    (current) =>
      current.replicas === replicas ? undefined : { replicas, annotations: { 'dr-bot/run': 'RUN-31' } },
    options,
  );

test('a conflict is answered by another look, four times', async () => {
  janua.control.fault({ answer: 409, times: 4, on: { verb: 'patch' } });

  const patched = await scaleTo(0);

  expect(patched).toMatchObject({ replicas: 0, annotations: { 'dr-bot/run': 'RUN-31' } });
  expect(patchesOf(janua).map(({ status }) => status)).toEqual([409, 409, 409, 409, 200]);
});

test('after five conflicts it gives up for now and has changed nothing', async () => {
  janua.control.fault({ answer: 409, times: 5, on: { verb: 'patch' } });

  await expect(scaleTo(0)).rejects.toMatchObject({ code: 'outside-unreachable', retry: 'later' });

  expect(await read('janua-worker')).toMatchObject({ replicas: 2 });
});

test('a change made between look and patch is seen by the next decision', async () => {
  const seen: number[] = [];

  const patched = await janua.clients.kubernetes.patchDeployment(
    'janua',
    'janua',
    'janua-worker',
    (current) => {
      seen.push(current.replicas);
      if (seen.length === 1)
        janua.control.patch('deployments', 'janua', 'janua-worker', { spec: { replicas: 6 } });
      return { replicas: current.replicas + 1 };
    },
    options,
  );

  // The controller writes the status meanwhile, which may cost one look more.
  expect([...new Set(seen)]).toEqual([2, 6]);
  expect(patched.replicas).toBe(7);
});

test('a patch whose reply is lost is found done and not repeated', async () => {
  janua.control.fault({ lose: 'reply', on: { verb: 'patch' } });

  const patched = await scaleTo(0);

  expect(patched.replicas).toBe(0);
  expect(patchesOf(janua)).toHaveLength(1);
});

test.each([
  { lose: 'request' as const },
  { answer: 500 },
  { answer: 503 },
  { answer: 429, retryAfterSeconds: 1 },
])('a patch that failed by %o is made by the next try', async (fault) => {
  janua.control.fault({ ...fault, on: { verb: 'patch' } });

  const patched = await scaleTo(0);

  expect(patched.replicas).toBe(0);
  expect(patchesOf(janua)).toHaveLength(2);
});

test('a Deployment whose status is written all the time is patched all the same', async () => {
  const busy = await startJanua({ restless: true, statusWriteMs: 5 });

  for (const replicas of [5, 6, 7, 5, 6, 7, 5, 6, 7, 4]) {
    await busy.clients.kubernetes.patchDeployment(
      'janua',
      'janua',
      'janua-api',
      () => ({ replicas }),
      options,
    );
  }

  expect(busy.control.get('deployments', 'janua', 'janua-api')).toMatchObject({ spec: { replicas: 4 } });
});

test('a missing Deployment and a missing right are refused with what to do', async () => {
  const absent = janua.clients.kubernetes.patchDeployment(
    'janua',
    'janua',
    'janua-web',
    () => ({ replicas: 0 }),
    options,
  );
  await expect(absent).rejects.toThrow('no deployment `janua-web` in `janua`');

  janua.control.fault({ answer: 403, on: { verb: 'patch' } });
  const forbidden = scaleTo(0);

  await expect(forbidden).rejects.toMatchObject({ code: 'outside-refused', retry: 'never' });
  await expect(forbidden).rejects.toThrow('Apply deploy/kubernetes/role.yaml');
});

test('what the API server says about an invalid change is passed on', async () => {
  const invalid = janua.clients.kubernetes.patchDeployment(
    'janua',
    'janua',
    'janua-api',
    () => ({ replicas: -1 }),
    options,
  );

  await expect(invalid).rejects.toMatchObject({ code: 'outside-refused' });
  await expect(invalid).rejects.toThrow(/spec\.replicas/);
});
