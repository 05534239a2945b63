import { beforeEach, expect, test } from 'vitest';
import { type Janua, startJanua } from '../actions/k8s-setup.ts';

let janua: Janua;
const options = { signal: AbortSignal.timeout(60_000) };

beforeEach(async () => {
  janua = await startJanua({}, { empty: true });
  janua.control.seed({
    namespace: 'veza',
    statefulsets: [{ name: 'veza-db', replicas: 1, image: 'postgres:17' }],
  });
});

const read = (name = 'veza-db') => janua.clients.kubernetes.readStatefulSet('janua', 'veza', name, options);
const patches = () => janua.control.requests().filter(({ verb }) => verb === 'patch');

const stop = () =>
  janua.clients.kubernetes.patchStatefulSet(
    'janua',
    'veza',
    'veza-db',
    ({ replicas }) =>
      replicas === 0 ? undefined : { replicas: 0, annotations: { 'dr-bot/attempt': 'RUN-32/fence/1' } },
    options,
  );

test('a StatefulSet is read as a Deployment is, and one that is not there is undefined', async () => {
  expect(await read()).toMatchObject({
    name: 'veza-db',
    replicas: 1,
    selector: 'app=veza-db',
    paused: false,
    strategy: 'RollingUpdate',
    status: { replicas: 1, ready: 1 },
  });
  expect(await read('veza-cache')).toBeUndefined();
});

test('its replicas and annotations change in one patch, and its pods go away', async () => {
  const patched = await stop();

  expect(patched).toMatchObject({ replicas: 0, annotations: { 'dr-bot/attempt': 'RUN-32/fence/1' } });
  await expect
    .poll(() => janua.clients.kubernetes.listPods('janua', 'veza', 'app=veza-db', options))
    .toEqual([]);
});

test('a lost reply is found done, a conflict is answered by another look', async () => {
  janua.control.fault({ answer: 409, on: { verb: 'patch', resource: 'statefulsets' } });
  janua.control.fault({ lose: 'reply', on: { verb: 'patch', resource: 'statefulsets' } });

  const patched = await stop();

  expect(patched.replicas).toBe(0);
  expect(patches().map(({ status }) => status)).toEqual([409, 0]);
});

test('one that is missing is refused with its kind and name', async () => {
  janua.control.remove('statefulsets', 'veza', 'veza-db');

  await expect(stop()).rejects.toThrow('Cluster `janua` has no statefulset `veza-db` in `veza`.');
});
