import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { actions } from '../../src/actions/index.ts';
import { k8sRolloutRestart } from '../../src/actions/k8s-rollout-restart.ts';
import { k8sScale } from '../../src/actions/k8s-scale.ts';
import { k8sWaitReady } from '../../src/actions/k8s-wait-ready.ts';
import { watchNeeds } from '../../src/doctor/watch-needs.ts';
import { Plan, stepsOf } from '../../src/domain/plan.ts';
import { BOT, rulesInRole } from './k8s-role.ts';
import { BOTH, startJanua } from './k8s-setup.ts';

/** What the steps of the plans and the watch of their backups say they need, as `patch apps/deployments/janua-api in janua`. */
async function neededBy(file: string): Promise<readonly string[]> {
  const text = await readFile(new URL(`../../plans/${file}`, import.meta.url), 'utf8');
  const plan = Plan.parse(parse(text));
  const ofSteps = Object.values(plan.runbooks)
    .flatMap(stepsOf)
    .flatMap(({ step }) => {
      const action = actions[step.uses];
      return action?.needs?.(action.schema.parse(step.with) as never, plan) ?? [];
    });
  return [...ofSteps, ...watchNeeds(plan).map(({ need }) => need)].flatMap((need) => {
    if (need.kind !== 'kubernetes') return [];
    const { verb, group, resource, subresource, name = '*', namespace } = need;
    const what = subresource === undefined ? resource : `${resource}/${subresource}`;
    return [`${verb} ${group}/${what} ${name} in ${namespace}`];
  });
}

test('deploy/kubernetes/role.yaml grants exactly what the plans need', async () => {
  const needed = [...(await neededBy('janua.yml')), ...(await neededBy('veza.yml'))];

  const granted = (await rulesInRole()).flatMap(
    ({ verbs, apiGroups, resources, resourceNames, namespaces }) =>
      verbs.flatMap((verb) =>
        (resourceNames ?? ['*']).map(
          (name) => `${verb} ${apiGroups[0]}/${resources[0]} ${name} in ${namespaces[0]}`,
        ),
      ),
  );

  expect([...new Set(granted)].sort()).toEqual([...new Set(needed)].sort());
});

test('it is enough to preview, stop, restore, restart and wait', async () => {
  const janua = await startJanua();
  janua.control.setRules(BOT, await rulesInRole());

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

test('it refuses another Deployment of the namespace, and another secret', async () => {
  const janua = await startJanua();
  janua.control.setRules(BOT, await rulesInRole());
  const may = (namespace: string, group: string, resource: string, name: string) =>
    janua.clients.kubernetes.canI(
      'janua',
      { namespace, group, resource, verb: 'patch', name },
      { signal: AbortSignal.timeout(5_000) },
    );

  expect(await may('janua', 'apps', 'deployments', 'janua-api')).toBe(true);
  expect(await may('janua', 'apps', 'deployments', 'postgres')).toBe(false);
  expect(await may('veza-production', '', 'secrets', 'veza-secrets')).toBe(true);
  expect(await may('veza-production', '', 'secrets', 'veza-tls')).toBe(false);
  expect(await may('janua', '', 'secrets', 'veza-secrets')).toBe(false);
});
