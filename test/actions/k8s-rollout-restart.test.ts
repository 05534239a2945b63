import { beforeEach, expect, test } from 'vitest';
import { k8sRolloutRestart } from '../../src/actions/k8s-rollout-restart.ts';
import { API, BOTH, type Janua, patchesOf, startJanua } from './k8s-setup.ts';

let janua: Janua;

beforeEach(async () => {
  janua = await startJanua();
});

const podNames = () =>
  janua.control
    .list('pods', 'janua')
    .filter(({ metadata }) => metadata.name.startsWith('janua-api') && !metadata.deletionTimestamp)
    .map(({ metadata }) => metadata.name)
    .sort();

test('replaces every pod and is done when the new ones are ready', async () => {
  const before = podNames();

  const outcome = await k8sRolloutRestart.run(janua.step('restart'), API);

  expect(podNames()).toHaveLength(4);
  expect(podNames().filter((name) => before.includes(name))).toEqual([]);
  expect(outcome).toMatchObject({
    kind: 'done',
    summary: '4 of 4 ready',
    output: { restartedAt: { 'janua-api': '2026-11-21T02:26:42.000Z' } },
  });
  await k8sRolloutRestart.verify?.(janua.step('restart'), API, {});
});

test('a second attempt after a crash waits for the first restart and makes no other', async () => {
  const abort = new AbortController();
  const running = k8sRolloutRestart.run(janua.step('restart', { signal: abort.signal }), API);
  await expect.poll(() => patchesOf(janua).length, { interval: 5 }).toBe(1);
  await expect
    .poll(async () => (await k8sRolloutRestart.observe?.(janua.step('restart'), API))?.happened)
    .toBe('yes');
  abort.abort(new Error('killed'));
  await expect(running).rejects.toThrow('killed');

  await k8sRolloutRestart.run(janua.step('restart', { attempt: 2 }), API);

  expect(patchesOf(janua)).toHaveLength(1);
});

test('a restart whose reply is lost happens once', async () => {
  janua.control.fault({ lose: 'reply', on: { verb: 'patch' } });

  await k8sRolloutRestart.run(janua.step('restart'), API);

  expect(patchesOf(janua)).toHaveLength(1);
});

test('before the patch, and after that of one of two, it did not happen', async () => {
  expect(await k8sRolloutRestart.observe?.(janua.step('restart'), API)).toEqual({ happened: 'no' });

  await k8sRolloutRestart.run(janua.step('restart'), API);

  expect(await k8sRolloutRestart.observe?.(janua.step('restart'), BOTH)).toEqual({ happened: 'no' });
  expect(await k8sRolloutRestart.observe?.(janua.step('restart'), API)).toMatchObject({ happened: 'yes' });
  expect(await k8sRolloutRestart.observe?.(janua.step('restart', { run: 'RUN-32' }), API)).toEqual({
    happened: 'no',
  });
});

test('new pods that crash fail the step with their name', async () => {
  janua.control.setCrashLoop('janua', 'janua-api', true);

  const running = k8sRolloutRestart.run(janua.step('restart', { signal: AbortSignal.timeout(90_000) }), API);

  await expect(running).rejects.toThrow(/pod `janua-api-\S+` is in CrashLoopBackOff/);
}, 90_000);

test('the preview says how the pods go, and that there is nothing to take back', async () => {
  const preview = await k8sRolloutRestart.preview(janua.step('restart', { phase: 'gate' }), API);

  expect(preview.lines).toEqual(['`janua-api` in `janua`: 4 pods replaced one after another']);
  expect(preview.undo.join()).toContain('nothing to take back');
  expect(preview.blocked).toEqual([]);
  const undone = await k8sRolloutRestart.undo?.(janua.step('restart'), API, {});
  expect(undone?.summary).toContain('nothing to take back');
  expect(patchesOf(janua)).toEqual([]);
});

test('a paused rollout blocks with the command that resumes it', async () => {
  janua.control.patch('deployments', 'janua', 'janua-api', { spec: { paused: true } });

  const preview = await k8sRolloutRestart.preview(janua.step('restart', { phase: 'gate' }), API);

  expect(preview.blocked.join()).toContain(
    'kubectl rollout resume deployment janua-api -n janua --context janua',
  );
});
