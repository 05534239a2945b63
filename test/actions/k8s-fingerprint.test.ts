import { describe, expect, test } from 'vitest';
import type { Preview } from '../../src/actions/action.ts';
import { k8sRolloutRestart } from '../../src/actions/k8s-rollout-restart.ts';
import { k8sScale } from '../../src/actions/k8s-scale.ts';
import { k8sWaitReady } from '../../src/actions/k8s-wait-ready.ts';
import { digestOf } from '../../src/domain/canonical.ts';
import { API, BOTH, type Janua, startJanua } from './k8s-setup.ts';

const digest = (preview: Preview) => digestOf('test', preview.bound);

/** One digest for the four steps a cut-over binds. */
async function fingerprint(janua: Janua): Promise<string> {
  const gate = { phase: 'gate' } as const;
  const previews = [
    await k8sScale.preview(janua.step('stop', gate), { ...BOTH, replicas: 0 }),
    await k8sScale.preview(janua.step('start', gate), { ...BOTH, restore: 'stop' }),
    await k8sRolloutRestart.preview(janua.step('restart', gate), API),
    await k8sWaitReady.preview(janua.step('ready', gate), { ...API, stableFor: '0s' }),
  ];
  return digestOf('test', previews.map(digest));
}

let janua: Janua;

describe('the bound facts stay the same', () => {
  const POLLS = 60;

  test.each([
    { state: 'idle', options: {}, crashing: false },
    {
      state: 'busy, its status written every 5 ms and its pods replaced',
      options: { restless: true, statusWriteMs: 5 },
      crashing: false,
    },
    { state: 'crash-looping', options: { restless: true, statusWriteMs: 20 }, crashing: true },
  ])('while the Deployment is $state', async ({ options, crashing }) => {
    janua = await startJanua(options);
    const version = () => janua.control.get('deployments', 'janua', 'janua-api')?.metadata.resourceVersion;
    if (crashing) janua.control.setCrashLoop('janua', 'janua-api', true);
    const seen = new Set<string>();
    const versions = new Set<string | undefined>();

    for (let poll = 0; poll < POLLS; poll++) {
      seen.add(await fingerprint(janua));
      versions.add(version());
      if (options.restless && !crashing && poll % 10 === 0) {
        const [pod] = janua.control.list('pods', 'janua');
        janua.control.remove('pods', 'janua', pod?.metadata.name ?? '');
      }
    }

    expect(seen.size).toBe(1);
    if (options.restless) expect(versions.size).toBeGreaterThan(10);
  });

  test('while an HPA follows the load, and through another rollout', async () => {
    janua = await startJanua();
    const before = await fingerprint(janua);
    const [hpa] = janua.control.list('horizontalpodautoscalers', 'janua');

    janua.control.setDemand('janua', hpa?.metadata.name ?? '', 8);
    await expect
      .poll(() => janua.control.get('deployments', 'janua', 'janua-api')?.spec)
      .toMatchObject({ replicas: 8 });
    const scaled = await fingerprint(janua);
    janua.control.patch('deployments', 'janua', 'janua-api', {
      spec: { template: { metadata: { annotations: { changed: 'yes' } } } },
    });
    const rolled = await fingerprint(janua);

    expect([scaled, rolled]).toEqual([before, before]);
  });
});

describe('the bound facts change', () => {
  test('when the Deployment is recreated under its name', async () => {
    janua = await startJanua();
    const before = await fingerprint(janua);

    janua.control.recreate('deployments', 'janua', 'janua-api');

    expect(await fingerprint(janua)).not.toBe(before);
  });

  test.each([{ minReplicas: 2 }, { maxReplicas: 12 }])('when the HPA gets %o', async (spec) => {
    janua = await startJanua();
    const before = await fingerprint(janua);
    const [hpa] = janua.control.list('horizontalpodautoscalers', 'janua');

    janua.control.patch('horizontalpodautoscalers', 'janua', hpa?.metadata.name ?? '', { spec });

    expect(await fingerprint(janua)).not.toBe(before);
  });

  test('when the HPA is recreated or taken away', async () => {
    janua = await startJanua();
    const [hpa] = janua.control.list('horizontalpodautoscalers', 'janua');
    const name = hpa?.metadata.name ?? '';
    const before = await fingerprint(janua);

    janua.control.recreate('horizontalpodautoscalers', 'janua', name);
    const recreated = await fingerprint(janua);
    janua.control.remove('horizontalpodautoscalers', 'janua', name);
    const removed = await fingerprint(janua);

    expect(new Set([before, recreated, removed]).size).toBe(3);
  });

  test('when the cluster is another one', async () => {
    janua = await startJanua();
    const before = await k8sWaitReady.preview(janua.step('ready'), { ...API, stableFor: '0s' });
    const other = await startJanua({ clusterUid: 'c0ffee00-0000-4000-8000-000000000000' });

    const elsewhere = await k8sWaitReady.preview(other.step('ready'), { ...API, stableFor: '0s' });

    expect(before.bound).toMatchObject({ cluster: janua.kube.clusterUid });
    expect(elsewhere.bound).toMatchObject({ cluster: 'c0ffee00-0000-4000-8000-000000000000' });
    expect(digest(elsewhere)).not.toBe(digest(before));
  });

  test('when the target of the scale is another one', async () => {
    janua = await startJanua();
    const at = (replicas: number) => k8sScale.preview(janua.step('stop'), { ...API, replicas });

    expect(digest(await at(0))).not.toBe(digest(await at(5)));
  });
});
