import { describe, expect, test } from 'vitest';
import { BOUND_FACTS, differences, look } from './bound-facts.ts';
import { API, type Janua, startJanua } from './k8s-setup.ts';

const GATE = { phase: 'gate' } as const;
const ACTIONS = {
  'k8s.scale': { ...API, replicas: 0 },
  'k8s.rolloutRestart': API,
  'k8s.waitReady': API,
};

/** What is there after the change, and which Deployment is meant then. */
interface Changed {
  readonly janua?: Janua;
  readonly params?: Partial<typeof API> & { readonly replicas?: number };
}

/** Another cluster with the very same objects, uids too, but for what is given. */
async function twinOf(
  { control }: Janua,
  {
    clusterUid,
    namespace = 'janua',
    name = 'janua-api',
  }: { clusterUid?: string; namespace?: string; name?: string },
): Promise<Changed> {
  const twin = await startJanua(clusterUid === undefined ? {} : { clusterUid }, { empty: true });
  const hpa = { minReplicas: 3, maxReplicas: 10 };
  twin.control.seed({ namespace, deployments: [{ name, replicas: 4, image: 'janua/api:2.4.0', hpa }] });
  for (const plural of ['deployments', 'horizontalpodautoscalers'] as const) {
    const uid = control.get(plural, 'janua', 'janua-api')?.metadata.uid;
    const own = twin.control.get(plural, namespace, name);
    twin.control.remove(plural, namespace, name);
    twin.control.create(plural, { metadata: { name, namespace, uid }, spec: own?.spec });
  }
  return { janua: twin, params: { namespace, deployments: [name] } };
}

const inPlace = (change: (control: Janua['control']) => unknown) => (janua: Janua) => {
  change(janua.control);
  return {};
};
const setHpa = (spec: { minReplicas?: number; maxReplicas?: number }) =>
  inPlace((control) => control.patch('horizontalpodautoscalers', 'janua', 'janua-api', { spec }));

/** How each bound fact, and nothing else that is bound, becomes another one in the cluster itself. */
const CHANGES: Readonly<Record<string, (janua: Janua) => Changed | Promise<Changed>>> = {
  cluster: (janua) => twinOf(janua, { clusterUid: 'c0ffee00-0000-4000-8000-000000000000' }),
  namespace: (janua) => twinOf(janua, { namespace: 'janua-blue' }),
  'deployments.name': (janua) => twinOf(janua, { name: 'janua-web' }),
  'deployments.uid': inPlace((control) => control.recreate('deployments', 'janua', 'janua-api')),
  'deployments.target': () => ({ params: { replicas: 5 } }),
  'deployments.hpa': inPlace((control) => control.remove('horizontalpodautoscalers', 'janua', 'janua-api')),
  'deployments.hpa.uid': inPlace((control) =>
    control.recreate('horizontalpodautoscalers', 'janua', 'janua-api'),
  ),
  'deployments.hpa.min': setHpa({ minReplicas: 2 }),
  'deployments.hpa.max': setHpa({ maxReplicas: 12 }),
};

describe.each(Object.entries(ACTIONS))('an approval of %s', (uses, params) => {
  // What a restart and a wait aim at is a word, the same for all of them.
  const facts = BOUND_FACTS[uses]?.filter((fact) => fact !== 'deployments.target' || uses === 'k8s.scale');

  test.each(facts ?? [])('has another fingerprint when %s alone is another one', async (fact) => {
    const janua = await startJanua();
    const before = await look(uses, janua.step('it', GATE), params);

    const changed = (await CHANGES[fact]?.(janua)) ?? {};
    const there = changed.janua ?? janua;
    const after = await look(uses, there.step('it', GATE), { ...params, ...changed.params });

    const others = differences(before, after).filter((path) => !`${path}.`.startsWith(`${fact}.`));
    expect(others).toEqual([]);
    expect(after.digest).not.toBe(before.digest);
  });
});
