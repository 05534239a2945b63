import { expect, test } from 'vitest';
import { k8sRolloutRestart } from '../../src/actions/k8s-rollout-restart.ts';
import { killAt, MOMENTS } from './k8s-kill.ts';
import { NAMESPACE, PLACE, startVeza } from './k8s-veza.ts';

const PARAMS = { ...PLACE, deployments: ['veza-backend-api'] };

test.each(MOMENTS)('a worker killed %s its patch: restarted once, whoever goes on', async (moment) => {
  const veza = await startVeza();
  const action = veza.watch(k8sRolloutRestart);
  const again = veza.step('restart', { attempt: 2 });
  const work = { step: 'restart', uses: 'k8s.rolloutRestart', params: PARAMS, connections: veza.connections };

  await killAt(moment, veza.control, work);
  const seen = await action.observe(again, PARAMS);
  const outcome = seen.happened === 'yes' ? seen.outcome : await action.run(again, PARAMS);
  await action.verify(again, PARAMS, outcome.kind === 'done' ? outcome.output : {});

  expect(seen.happened).toBe(moment === 'before' ? 'no' : 'yes');
  expect(veza.patches()).toHaveLength(1);
  const sets = veza.control.list('replicasets', NAMESPACE).map(({ metadata }) => metadata.name);
  expect(sets.filter((name) => name.startsWith('veza-backend-api'))).toHaveLength(4);
});
