import { beforeEach, describe, expect, test } from 'vitest';
import { k8sScale } from '../../src/actions/k8s-scale.ts';
import { API, BOTH, type Janua, startJanua } from './k8s-setup.ts';

let janua: Janua;

beforeEach(async () => {
  janua = await startJanua();
});

const deployment = () => janua.control.get('deployments', 'janua', 'janua-api');
const stop = (options = {}) => janua.step('stop', options);

describe('restore', () => {
  const stopped = async (params = API) => {
    const outcome = await k8sScale.run(stop(), { ...params, replicas: 0 });
    return outcome.kind === 'done' ? { stop: outcome.output } : {};
  };

  test('gives every Deployment the count its earlier step recorded', async () => {
    const outputs = await stopped(BOTH);

    const outcome = await k8sScale.run(janua.step('start', { outputs }), { ...BOTH, restore: 'stop' });

    expect(outcome).toMatchObject({
      summary: '`janua-api` 0 → 4, `janua-worker` 0 → 2',
      output: {
        previous: { 'janua-api': 0, 'janua-worker': 0 },
        replicas: { 'janua-api': 4, 'janua-worker': 2 },
      },
    });
    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
  });

  test('without the output it takes the count from the record of this run', async () => {
    await stopped();

    await k8sScale.run(janua.step('start'), { ...API, restore: 'stop' });

    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
  });

  test('a crashed first attempt of the restore leaves the count of the run in place', async () => {
    await stopped();
    await k8sScale.run(janua.step('start'), { ...API, restore: 'stop' });

    await k8sScale.run(janua.step('start', { attempt: 2 }), { ...API, restore: 'stop' });

    expect(deployment()).toMatchObject({ spec: { replicas: 4 } });
    expect(deployment()?.metadata.annotations).toMatchObject({ 'dr-bot/previous-replicas': '4' });
  });

  test('with neither it asks for the count by a command', async () => {
    await k8sScale.run(janua.step('stop', { run: 'RUN-7' }), { ...API, replicas: 0 });

    const running = k8sScale.run(janua.step('start'), { ...API, restore: 'stop' });

    await expect(running).rejects.toMatchObject({ code: 'check-failed' });
    await expect(running).rejects.toThrow(
      'kubectl scale deployment janua-api -n janua --context janua --replicas=N',
    );
    expect(deployment()).toMatchObject({ spec: { replicas: 0 } });
  });

  test.each([
    { former: 12, back: 10 },
    { former: 1, back: 3 },
    { former: 0, back: 0 },
  ])('a former count of $former comes back as $back within HPA 3–10', async ({ former, back }) => {
    const outputs = { stop: { previous: { 'janua-api': former }, replicas: { 'janua-api': 0 } } };
    janua.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 0 } });

    const outcome = await k8sScale.run(janua.step('start', { outputs }), { ...API, restore: 'stop' });

    expect(outcome).toMatchObject({ output: { replicas: { 'janua-api': back } } });
    expect(deployment()).toMatchObject({ spec: { replicas: back } });
  });

  test('an HPA that moves the count within its range right after is no fault', async () => {
    const outputs = await stopped();
    const hpa = janua.control.list('horizontalpodautoscalers', 'janua')[0]?.metadata.name ?? '';
    janua.control.setDemand('janua', hpa, 7);

    const outcome = await k8sScale.run(janua.step('start', { outputs }), { ...API, restore: 'stop' });
    await expect.poll(() => deployment()?.spec).toMatchObject({ replicas: 7 });
    await janua.control.settled('janua', 'janua-api');

    expect(outcome.kind).toBe('done');
    await k8sScale.verify?.(
      janua.step('start'),
      { ...API, restore: 'stop' },
      outcome.kind === 'done' ? outcome.output : {},
    );
  });
});
