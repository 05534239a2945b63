import { beforeEach, describe, expect, test } from 'vitest';
import { k8sScale } from '../../src/actions/k8s-scale.ts';
import { API, BOTH, type Janua, patchesOf, startJanua } from './k8s-setup.ts';

let janua: Janua;

beforeEach(async () => {
  janua = await startJanua();
});

const toZero = { ...API, replicas: 0 };
const deployment = (name = 'janua-api') => janua.control.get('deployments', 'janua', name);
const observe = (id = 'stop', params: Parameters<typeof k8sScale.run>[1] = toZero, options = {}) =>
  k8sScale.observe?.(janua.step(id, { attempt: 2, ...options }), params);

/** Dies right after the patch: the effect is made, its reply and everything later are lost. */
async function dieAfterPatch(
  id = 'stop',
  params: Parameters<typeof k8sScale.run>[1] = toZero,
): Promise<void> {
  const abort = new AbortController();
  const running = k8sScale.run(janua.step(id, { signal: abort.signal }), params);
  await expect
    .poll(() => deployment()?.metadata.annotations?.['dr-bot/attempt'], { interval: 5 })
    .toBe(`RUN-31/${id}/1`);
  abort.abort(new Error('killed'));
  await expect(running).rejects.toThrow('killed');
}

describe('after a crash', () => {
  test('before the patch, it did not happen', async () => {
    expect(await observe()).toEqual({ happened: 'no' });
  });

  test('after the patch, it happened, with the former count, and the last pod is gone', async () => {
    await dieAfterPatch();

    const observation = await observe();

    expect(observation).toMatchObject({
      happened: 'yes',
      outcome: { output: { previous: { 'janua-api': 4 }, replicas: { 'janua-api': 0 } } },
    });
    expect(
      janua.control.list('pods', 'janua').filter(({ metadata }) => metadata.name.startsWith('janua-api')),
    ).toEqual([]);
  });

  test('with one of two Deployments patched, it runs again and keeps both former counts', async () => {
    await dieAfterPatch();

    expect(await observe('stop', { ...BOTH, replicas: 0 })).toEqual({ happened: 'no' });
    const outcome = await k8sScale.run(janua.step('stop', { attempt: 2 }), { ...BOTH, replicas: 0 });

    expect(outcome).toMatchObject({ output: { previous: { 'janua-api': 4, 'janua-worker': 2 } } });
    expect(patchesOf(janua).map(({ name }) => name)).toEqual(['janua-api', 'janua-worker']);
  });

  test('where somebody scaled it since, nobody can tell and it says what it saw', async () => {
    await dieAfterPatch();
    janua.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 5 } });

    const observation = await observe();

    expect(observation).toMatchObject({
      happened: 'unknown',
      seen: ['`janua-api` was scaled to 0 by this step, and has 5 replicas now'],
    });
  });

  test('where the Deployment is gone, nobody can tell', async () => {
    await dieAfterPatch();
    janua.control.remove('deployments', 'janua', 'janua-api');

    expect(await observe()).toMatchObject({ happened: 'unknown' });
  });

  test('a mark of another run, or of another step of this run, is not this step', async () => {
    await k8sScale.run(janua.step('stop', { run: 'RUN-3' }), toZero);
    expect(await observe()).toEqual({ happened: 'no' });

    await k8sScale.run(janua.step('stopping'), toZero);
    expect(await observe()).toEqual({ happened: 'no' });
  });

  test('an HPA that moved a scaled-up Deployment within its range does not hide that it happened', async () => {
    const outputs = { stop: { previous: { 'janua-api': 4 }, replicas: { 'janua-api': 0 } } };
    const params = { ...API, restore: 'stop' };
    await k8sScale.run(janua.step('start', { outputs }), params);
    janua.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 6 } });

    expect(await observe('start', params, { outputs })).toMatchObject({ happened: 'yes' });
  });
});

describe('a second attempt', () => {
  test('never takes the 0 of the first for the former count', async () => {
    await dieAfterPatch();

    const outcome = await k8sScale.run(janua.step('stop', { attempt: 2 }), toZero);

    expect(outcome).toMatchObject({ output: { previous: { 'janua-api': 4 } } });
    expect(deployment()?.metadata.annotations).toMatchObject({ 'dr-bot/previous-replicas': '4' });
    expect(patchesOf(janua)).toHaveLength(1);
  });

  test('of a lost reply finds the effect and does not repeat it', async () => {
    janua.control.fault({ lose: 'reply', on: { verb: 'patch' } });

    const outcome = await k8sScale.run(janua.step('stop'), toZero);

    expect(outcome).toMatchObject({ output: { previous: { 'janua-api': 4 } } });
    expect(patchesOf(janua)).toHaveLength(1);
  });

  test('that a person asked for after somebody interfered scales again and keeps the former count', async () => {
    await dieAfterPatch();
    janua.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 5 } });

    const outcome = await k8sScale.run(janua.step('stop', { attempt: 2 }), toZero);

    expect(outcome).toMatchObject({ output: { previous: { 'janua-api': 4 } } });
    expect(deployment()?.metadata.annotations).toMatchObject({ 'dr-bot/attempt': 'RUN-31/stop/2' });
  });
});

describe('a worker that slept', () => {
  test('through a newer attempt changes nothing', async () => {
    await k8sScale.run(janua.step('stop', { attempt: 2 }), toZero);
    janua.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 4 } });

    const sleeper = k8sScale.run(janua.step('stop', { attempt: 1 }), toZero);

    await expect(sleeper).rejects.toMatchObject({ code: 'claim-lost' });
    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
  });

  test('through the undo changes nothing', async () => {
    await k8sScale.run(janua.step('stop'), toZero);
    await k8sScale.undo?.(janua.step('stop'), toZero, {});

    const sleeper = k8sScale.run(janua.step('stop'), toZero);

    await expect(sleeper).rejects.toMatchObject({ code: 'claim-lost' });
    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
  });

  test('through the undo of a step that had no effect yet changes nothing', async () => {
    await k8sScale.undo?.(janua.step('stop'), toZero, {});

    const sleeper = k8sScale.run(janua.step('stop'), toZero);

    await expect(sleeper).rejects.toMatchObject({ code: 'claim-lost' });
    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
  });

  test('between its look and its patch, while the next attempt and the next step passed, changes nothing', async () => {
    janua.control.fault({ delayMs: 1_500, on: { verb: 'patch' } });
    const sleeper = k8sScale.run(janua.step('stop', { attempt: 1 }), toZero);
    const refused = expect(sleeper).rejects.toMatchObject({ code: 'claim-lost' });
    // The cluster's UID is asked for on first use, and again right before the patch.
    const identified = () =>
      janua.control.requests().filter(({ resource }) => resource === 'namespaces').length;
    await expect.poll(identified, { interval: 5 }).toBe(2);

    const stopped = await k8sScale.run(janua.step('stop', { attempt: 2 }), toZero);
    const outputs = { stop: stopped.kind === 'done' ? stopped.output : {} };
    await k8sScale.run(janua.step('start', { outputs }), { ...API, restore: 'stop' });

    await refused;
    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
  });
});

describe('undo', () => {
  test('gives back the counts this step recorded, and doing it twice changes nothing more', async () => {
    const outcome = await k8sScale.run(janua.step('stop'), { ...BOTH, replicas: 0 });
    const output = outcome.kind === 'done' ? outcome.output : {};

    const undone = await k8sScale.undo?.(janua.step('stop'), { ...BOTH, replicas: 0 }, output);
    const patches = patchesOf(janua).length;
    await k8sScale.undo?.(janua.step('stop'), { ...BOTH, replicas: 0 }, output);

    expect(undone?.summary).toBe('`janua-api` back to 4 replicas, `janua-worker` back to 2 replicas');
    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
    expect(deployment('janua-worker')).toMatchObject({ spec: { replicas: 2 } });
    expect(patchesOf(janua)).toHaveLength(patches);
  });

  test('after a crash takes the count from the record on the Deployment', async () => {
    await dieAfterPatch();

    const undone = await k8sScale.undo?.(janua.step('stop'), toZero, {});
    const again = await k8sScale.undo?.(janua.step('stop'), toZero, {});

    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
    expect([undone?.summary, again?.summary]).toEqual(Array(2).fill('`janua-api` back to 4 replicas'));
  });

  test('of a step that never had an effect leaves everything alone', async () => {
    await k8sScale.run(janua.step('earlier'), { ...API, replicas: 6 });

    const undone = await k8sScale.undo?.(janua.step('stop'), toZero, {});
    const again = await k8sScale.undo?.(janua.step('stop'), toZero, {});

    expect([undone?.summary, again?.summary]).toEqual(
      Array(2).fill('nothing to take back: nothing was scaled'),
    );
    expect(deployment()).toMatchObject({ spec: { replicas: 6 } });
  });

  test('of a restore stops the Deployment again, and the undo of its stop then starts it', async () => {
    const stopped = await k8sScale.run(janua.step('stop'), toZero);
    const outputs = { stop: stopped.kind === 'done' ? stopped.output : {} };
    const restore = { ...API, restore: 'stop' };
    await dieAfterPatch('start', restore);

    await k8sScale.undo?.(janua.step('start', { outputs }), restore, {});
    const between = deployment()?.spec;
    await k8sScale.undo?.(janua.step('stop'), toZero, outputs.stop);

    expect(between).toMatchObject({ replicas: 0 });
    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
  });

  test('works although the reasons that stop a scale have appeared since', async () => {
    await k8sScale.run(janua.step('stop'), toZero);
    janua.control.patch('deployments', 'janua', 'janua-api', {
      metadata: {
        annotations: { 'argocd.argoproj.io/tracking-id': 'janua:apps/Deployment:janua/janua-api' },
      },
    });

    await k8sScale.undo?.(janua.step('stop'), toZero, {});

    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
  });
});
