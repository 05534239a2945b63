import { beforeEach, describe, expect, test } from 'vitest';
import { k8sScale } from '../../src/actions/k8s-scale.ts';
import { API, BOTH, type Janua, patchesOf, startJanua } from './k8s-setup.ts';

let janua: Janua;

beforeEach(async () => {
  janua = await startJanua();
});

const deployment = (name = 'janua-api') => janua.control.get('deployments', 'janua', name);
const pods = () => janua.control.list('pods', 'janua');
const stop = (options = {}) => janua.step('stop', options);

describe('parameters', () => {
  test('exactly one of replicas and restore', () => {
    expect(k8sScale.schema.safeParse({ ...API, replicas: 0 }).success).toBe(true);
    expect(k8sScale.schema.safeParse({ ...API, restore: 'stop' }).success).toBe(true);
    expect(k8sScale.schema.safeParse({ ...API, replicas: '${inputs.count}' }).success).toBe(true);
    expect(k8sScale.schema.safeParse(API).error?.message).toContain('exactly one of');
    expect(k8sScale.schema.safeParse({ ...API, replicas: 0, restore: 'stop' }).success).toBe(false);
    expect(k8sScale.schema.safeParse({ ...API, replicas: -1 }).success).toBe(false);
    expect(k8sScale.schema.safeParse({ ...API, replicas: 'none' }).success).toBe(false);
  });
});

describe('preview', () => {
  test('says what happens to each Deployment and how it is taken back, and changes nothing', async () => {
    const preview = await k8sScale.preview(stop({ phase: 'gate' }), { ...BOTH, replicas: 0 });

    expect(preview.lines).toEqual([
      '`janua-api` in `janua`: 4 → 0 replicas (HPA 3–10, inactive at 0)',
      '`janua-worker` in `janua`: 2 → 0 replicas',
    ]);
    expect(preview.undo).toEqual([
      '`janua-api` goes back to 4 replicas',
      '`janua-worker` goes back to 2 replicas',
    ]);
    expect(preview.shown).toEqual([
      { name: 'janua-api', value: '4 replicas, 4 ready, HPA 3–10' },
      { name: 'janua-worker', value: '2 replicas, 2 ready, no HPA' },
    ]);
    expect(preview.blocked).toEqual([]);
    expect(preview.output).toEqual({
      previous: { 'janua-api': 4, 'janua-worker': 2 },
      replicas: { 'janua-api': 0, 'janua-worker': 0 },
    });
    expect(patchesOf(janua)).toEqual([]);
  });

  test('binds the cluster, the objects, the HPA and the target', async () => {
    const preview = await k8sScale.preview(stop({ phase: 'gate' }), { ...API, replicas: 0 });

    const hpa = janua.control.list('horizontalpodautoscalers', 'janua')[0];
    expect(preview.bound).toEqual({
      cluster: janua.kube.clusterUid,
      namespace: 'janua',
      deployments: [
        {
          name: 'janua-api',
          uid: deployment()?.metadata.uid,
          target: '0',
          hpa: { uid: hpa?.metadata.uid, min: 3, max: 10 },
        },
      ],
    });
  });

  test('a restore gives back what the earlier step would have taken, before it ran', async () => {
    const foretold = await k8sScale.preview(stop({ phase: 'gate' }), { ...API, replicas: 0 });

    const preview = await k8sScale.preview(
      janua.step('start', { phase: 'gate', outputs: foretold.output ? { stop: foretold.output } : {} }),
      { ...API, restore: 'stop' },
    );

    expect(preview.lines).toEqual(['`janua-api` in `janua`: back to 4 replicas']);
    expect(preview.undo).toEqual(['`janua-api` is stopped again']);
    expect(preview.bound).toMatchObject({ deployments: [{ target: 'previous' }] });
    expect(preview.output).toEqual({ previous: { 'janua-api': 0 }, replicas: { 'janua-api': 4 } });
  });

  test('a restore without any foretold output shows the live count', async () => {
    const preview = await k8sScale.preview(janua.step('start', { phase: 'gate' }), {
      ...API,
      restore: 'stop',
    });

    expect(preview.lines).toEqual(['`janua-api` in `janua`: back to 4 replicas']);
  });

  test('a Deployment that is not there blocks with its name', async () => {
    const preview = await k8sScale.preview(stop({ phase: 'gate' }), {
      ...API,
      deployments: ['janua-api', 'janua-web'],
      replicas: 0,
    });

    expect(preview.blocked).toEqual([
      'Cluster `janua` has no deployment `janua-web` in `janua`. Check the plan.',
    ]);
  });

  test('a missing right blocks before anybody is asked to approve', async () => {
    janua.control.setRules('system:serviceaccount:dr-bot:dr-bot', [
      { verbs: ['get', 'list'], apiGroups: ['*'], resources: ['*'] },
    ]);

    const preview = await k8sScale.preview(stop({ phase: 'gate' }), { ...API, replicas: 0 });

    expect(preview.blocked.join()).toContain('may not change deployment `janua-api`');
  });

  test('a count or a name that a later input fills blocks a gate but not a plan', async () => {
    const byCount = { ...API, replicas: '${inputs.count}' };
    const byName = { ...API, namespace: '${inputs.namespace}', replicas: 0 };

    const early = await Promise.all(
      [byCount, byName].map((params) => k8sScale.preview(stop({ phase: 'plan' }), params)),
    );
    const late = await Promise.all(
      [byCount, byName].map((params) => k8sScale.preview(stop({ phase: 'gate' }), params)),
    );

    expect(early.map(({ blocked }) => blocked)).toEqual([[], []]);
    expect(early[0]?.lines[0]).toContain('4 → ${inputs.count} replicas');
    expect(late.map(({ blocked }) => blocked.length)).toEqual([1, 1]);
  });
});

describe('run', () => {
  test('stops all Deployments at once and is done when the last pod is gone', async () => {
    const outcome = await k8sScale.run(stop(), { ...BOTH, replicas: 0 });

    expect(pods()).toEqual([]);
    expect(outcome).toMatchObject({
      kind: 'done',
      summary: '`janua-api` 4 → 0, `janua-worker` 2 → 0',
      output: {
        previous: { 'janua-api': 4, 'janua-worker': 2 },
        replicas: { 'janua-api': 0, 'janua-worker': 0 },
      },
    });
    expect(janua.progress.join()).toMatch(/`janua-api`: \d pods? left/);
    const [first, second] = patchesOf(janua);
    expect(Math.abs(Number(first?.at) - Number(second?.at))).toBeLessThan(100);
  });

  test('a pod that is still shutting down holds the step, though the status already says 0', async () => {
    const slow = await startJanua({ podStopMs: [900, 900] });
    let reported = -1;
    const end = slow.control.onPods('janua', 'janua-api', (_, left) => {
      reported = left.length;
    });

    await k8sScale.run(slow.step('stop'), { ...API, replicas: 0 });

    expect(reported).toBe(0);
    end();
  });

  test('count, run and attempt land in one patch, and the spec of the HPA is never written', async () => {
    await k8sScale.run(stop(), { ...API, replicas: 0 });

    expect(deployment()?.metadata.annotations).toMatchObject({
      'dr-bot/previous-replicas': '4',
      'dr-bot/run': 'RUN-31',
      'dr-bot/attempt': 'RUN-31/stop/1',
    });
    expect(patchesOf(janua)).toHaveLength(1);
    const written = janua.control.requests().filter(({ method }) => method !== 'GET');
    expect(written.map(({ path }) => path)).toEqual(['/apis/apps/v1/namespaces/janua/deployments/janua-api']);
  });

  test('the record of an older run is overwritten', async () => {
    janua.control.patch('deployments', 'janua', 'janua-api', {
      metadata: {
        annotations: {
          'dr-bot/run': 'RUN-7',
          'dr-bot/previous-replicas': '9',
          'dr-bot/attempt': 'RUN-7/stop/1',
        },
      },
    });

    await k8sScale.run(stop(), { ...API, replicas: 0 });

    expect(deployment()?.metadata.annotations).toMatchObject({
      'dr-bot/run': 'RUN-31',
      'dr-bot/previous-replicas': '4',
    });
  });

  test('scaling up is done when the pods exist, before they are ready', async () => {
    const slow = await startJanua({ podStartMs: [5_000, 5_000] });

    const outcome = await k8sScale.run(slow.step('grow'), {
      ...BOTH,
      deployments: ['janua-worker'],
      replicas: 5,
    });

    expect(outcome).toMatchObject({
      output: { previous: { 'janua-worker': 2 }, replicas: { 'janua-worker': 5 } },
    });
    expect(
      slow.control.list('pods', 'janua').filter(({ metadata }) => metadata.name.startsWith('janua-worker')),
    ).toHaveLength(5);
  });

  test('an abort ends the wait with its reason', async () => {
    const slow = await startJanua({ podStopMs: [5_000, 5_000] });
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('aborted by Ana')), 300);

    const running = k8sScale.run(slow.step('stop', { signal: abort.signal }), { ...API, replicas: 0 });

    await expect(running).rejects.toThrow('aborted by Ana');
  });

  test('somebody who starts the Deployment again in the middle is named as a fault', async () => {
    const slow = await startJanua({ podStopMs: [1_500, 1_500] });
    setTimeout(() => slow.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 4 } }), 400);

    const running = k8sScale.run(slow.step('stop'), { ...API, replicas: 0 });

    await expect(running).rejects.toMatchObject({ code: 'check-failed' });
    await expect(running).rejects.toThrow('was set to 4 replicas by something else');
  });

  test('an API server that is away during the wait is waited for', async () => {
    const slow = await startJanua({ podStopMs: [900, 900] });
    const running = k8sScale.run(slow.step('stop'), { ...API, replicas: 0 });
    setTimeout(() => slow.control.down().then(() => setTimeout(() => slow.control.up(), 700)), 300);

    await expect(running).resolves.toMatchObject({ kind: 'done' });
  });
});

describe('verify', () => {
  test('passes after the run and fails when the Deployment was started again', async () => {
    const params = { ...API, replicas: 0 };
    const outcome = await k8sScale.run(stop(), params);
    const output = outcome.kind === 'done' ? outcome.output : {};

    await k8sScale.verify?.(stop(), params, output);
    janua.control.patch('deployments', 'janua', 'janua-api', { spec: { replicas: 1 } });

    await expect(k8sScale.verify?.(stop(), params, output)).rejects.toMatchObject({ code: 'check-failed' });
  });
});

describe('by hand', () => {
  test('gives kubectl commands that name the namespace and the context', () => {
    const commands = k8sScale.byHand?.({ ...API, replicas: 0 }, stop().plan) ?? [];

    expect(commands).toContain('kubectl scale deployment janua-api -n janua --context janua --replicas=0');
    expect(commands.every((command) => command.includes('-n janua --context janua'))).toBe(true);
  });
});
