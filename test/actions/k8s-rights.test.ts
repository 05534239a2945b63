import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { k8sRolloutRestart } from '../../src/actions/k8s-rollout-restart.ts';
import { k8sScale } from '../../src/actions/k8s-scale.ts';
import { k8sWaitReady } from '../../src/actions/k8s-wait-ready.ts';
import { BOTH, type Janua, startJanua } from './k8s-setup.ts';

const Role = z.object({
  kind: z.literal('Role'),
  metadata: z.object({ namespace: z.string() }),
  rules: z.array(
    z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      resourceNames: z.array(z.string()).optional(),
      verbs: z.array(z.string()),
    }),
  ),
});

/** The rules of deploy/kubernetes/role.yaml, each with its namespace. */
async function rulesInRole() {
  const text = await readFile(new URL('../../deploy/kubernetes/role.yaml', import.meta.url), 'utf8');
  return parseAllDocuments(text)
    .map((document) => Role.safeParse(document.toJS()).data)
    .filter((role) => role !== undefined)
    .flatMap(({ metadata, rules }) =>
      rules.map(({ resourceNames, ...rule }) => ({
        ...rule,
        ...(resourceNames !== undefined && { resourceNames }),
        namespaces: [metadata.namespace],
      })),
    );
}

const steps = (janua: Janua) => {
  const { plan } = janua.step('stop');
  return [
    ...(k8sScale.needs?.({ ...BOTH, replicas: 0 }, plan) ?? []),
    ...(k8sRolloutRestart.needs?.(BOTH, plan) ?? []),
    ...(k8sWaitReady.needs?.({ ...BOTH, stableFor: '0s' }, plan) ?? []),
  ];
};

let janua: Janua;

describe('deploy/kubernetes/role.yaml', () => {
  test('grants exactly what the steps need', async () => {
    janua = await startJanua();
    const needed = steps(janua).map((need) => {
      if (need.kind !== 'kubernetes') throw new Error(`not a Kubernetes right: ${need.kind}`);
      return `${need.verb} ${need.group}/${need.resource}/${need.name ?? '*'} in ${need.namespace}`;
    });

    const granted = (await rulesInRole()).flatMap(
      ({ verbs, apiGroups, resources, resourceNames, namespaces }) =>
        verbs.flatMap((verb) =>
          (resourceNames ?? ['*']).map(
            (name) => `${verb} ${apiGroups[0]}/${resources[0]}/${name} in ${namespaces[0]}`,
          ),
        ),
    );

    expect([...new Set(granted)].sort()).toEqual([...new Set(needed)].sort());
  });

  test('is enough to preview, stop, restore, restart and wait', async () => {
    janua = await startJanua();
    janua.control.setRules('system:serviceaccount:dr-bot:dr-bot', await rulesInRole());

    const preview = await k8sScale.preview(janua.step('stop', { phase: 'gate' }), { ...BOTH, replicas: 0 });
    await k8sScale.run(janua.step('stop'), { ...BOTH, replicas: 0 });
    await k8sScale.run(janua.step('start'), { ...BOTH, restore: 'stop' });
    await k8sRolloutRestart.run(janua.step('restart'), BOTH);
    const ready = await k8sWaitReady.run(janua.step('ready'), { ...BOTH, stableFor: '0s' });

    expect(preview.blocked).toEqual([]);
    expect(ready).toMatchObject({ kind: 'done' });
    const refused = janua.control.requests().filter(({ status }) => status === 403);
    expect(refused).toEqual([]);
  });

  test('refuses another Deployment of the namespace', async () => {
    janua = await startJanua();
    janua.control.setRules('system:serviceaccount:dr-bot:dr-bot', await rulesInRole());
    const [right] = steps(janua).flatMap((need) =>
      need.kind === 'kubernetes' && need.verb === 'patch' ? [need] : [],
    );
    const canPatch = (name: string) =>
      janua.clients.kubernetes.canI(
        'janua',
        { namespace: 'janua', group: 'apps', resource: 'deployments', verb: right?.verb ?? '', name },
        { signal: AbortSignal.timeout(5_000) },
      );

    expect(await canPatch('janua-api')).toBe(true);
    expect(await canPatch('postgres')).toBe(false);
  });
});
