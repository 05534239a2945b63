import { beforeEach, describe, expect, test } from 'vitest';
import { k8sRolloutUndo } from '../../src/actions/k8s-rollout-undo.ts';
import { killAt, MOMENTS } from './k8s-kill.ts';
import type { StepOptions } from './k8s-setup.ts';
import { imageOf, NAMESPACE, PLACE, startVeza, type Veza } from './k8s-veza.ts';

const NAME = 'veza-backend-api';
const PARAMS = { ...PLACE, deployment: NAME, revision: 2 };

const watched = (on: Veza) => on.watch(k8sRolloutUndo);

let veza: Veza;
let action: ReturnType<typeof watched>;

beforeEach(async () => {
  veza = await startVeza();
  action = watched(veza);
});

const run = (given: StepOptions = {}) => action.run(veza.step('undo', given), PARAMS);
const observe = (given: StepOptions = {}) =>
  action.observe(veza.step('undo', { attempt: 2, ...given }), PARAMS);
const undo = (output: object = {}, given: StepOptions = {}) =>
  action.undo(veza.step('undo', given), PARAMS, JSON.parse(JSON.stringify(output)));
const outputOf = (outcome: Awaited<ReturnType<typeof run>>) =>
  outcome.kind === 'done' ? outcome.output : {};
const patched = () => veza.patches().filter(({ status }) => status === 200 || status === 0).length;
const spec = () => veza.control.get('deployments', NAMESPACE, NAME)?.spec;
const running = (version: string) => ({ template: { spec: { containers: [{ image: imageOf(version) }] } } });
const release = (version: string) =>
  veza.control.patch('deployments', NAMESPACE, NAME, {
    spec: { template: { spec: { containers: [{ name: NAME, image: imageOf(version) }] } } },
  });

describe('a worker killed', () => {
  test.each(MOMENTS)('%s its patch: rolled back once, whoever goes on', async (moment) => {
    const work = { step: 'undo', uses: 'k8s.rolloutUndo', params: PARAMS, connections: veza.connections };

    await killAt(moment, veza.control, work);
    const seen = await observe();
    const outcome = seen.happened === 'yes' ? seen.outcome : await run({ attempt: 2 });

    expect(seen.happened).toBe(moment === 'before' ? 'no' : 'yes');
    expect(outcome).toMatchObject({ kind: 'done', summary: 'back to the version of revision 2' });
    await action.verify(veza.step('undo', { attempt: 2 }), PARAMS, outputOf(outcome));
    expect(spec()).toMatchObject(running('2.6.0'));
    expect(patched()).toBe(1);
  });
});

test('repeated as often as anybody likes, it never flips back', async () => {
  const first = await run();

  for (const attempt of [1, 2, 3]) {
    expect(await run({ attempt })).toEqual(first);
    expect(await observe({ attempt })).toEqual({ happened: 'yes', outcome: first });
    expect(spec()).toMatchObject(running('2.6.0'));
  }

  expect(patched()).toBe(1);
});

test.each([{ lose: 'reply' as const }, { lose: 'request' as const }, { answer: 409 }, { answer: 500 }])(
  'after %o the effect is made once',
  async (fault) => {
    veza.control.fault({ ...fault, on: { verb: 'patch' } });

    await run();

    expect(spec()).toMatchObject(running('2.6.0'));
    expect(veza.control.list('replicasets', NAMESPACE)).toHaveLength(4);
  },
);

test('where somebody released another version since, nobody can tell, and a retry goes back again', async () => {
  const first = await run();
  release('2.9.0');

  expect(await observe()).toMatchObject({
    happened: 'unknown',
    seen: [
      expect.stringMatching(/^`veza-backend-api` got template \w{10} by this step, and has \w{10} now$/),
    ],
    howToTell: `kubectl rollout history deployment ${NAME} -n ${NAMESPACE} --context janua`,
  });
  const second = await run({ attempt: 2 });

  expect(spec()).toMatchObject(running('2.6.0'));
  expect(outputOf(second)).toEqual(outputOf(first));
});

test('a restart in between is no other version', async () => {
  const first = await run();
  veza.control.patch('deployments', NAMESPACE, NAME, {
    spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } },
  });

  expect(await observe()).toEqual({ happened: 'yes', outcome: first });
  await undo(outputOf(first));

  expect(spec()).toMatchObject(running('2.7.0'));
});

describe('a worker that slept', () => {
  test('through a later attempt, or through the undo, changes nothing', async () => {
    await run({ attempt: 2 });
    await expect(run({ attempt: 1 })).rejects.toMatchObject({ code: 'claim-lost' });

    await undo({}, { attempt: 2 });
    await expect(run({ attempt: 2 })).rejects.toMatchObject({ code: 'claim-lost' });

    expect(spec()).toMatchObject(running('2.7.0'));
  });

  test('through the undo of a step that had no effect yet changes nothing', async () => {
    expect(await undo()).toMatchObject({ summary: 'nothing to take back: no template was changed' });
    expect(await undo()).toMatchObject({ summary: 'nothing to take back: no template was changed' });

    await expect(run()).rejects.toMatchObject({ code: 'claim-lost' });

    expect(spec()).toMatchObject(running('2.7.0'));
  });
});

describe('undo', () => {
  test('goes forward to the template before the step, and repeated stays there', async () => {
    const output = outputOf(await run());

    const undone = await undo(output);
    const again = await undo(output);

    expect(undone.summary).toMatch(/^`veza-backend-api` back to template \w{10}$/);
    expect(again.summary).toBe(undone.summary);
    expect(spec()).toMatchObject(running('2.7.0'));
    expect(patched()).toBe(2);
    expect(await observe()).toEqual({ happened: 'no' });
  });

  test('after a crash works from the record on the Deployment, through a lost reply too', async () => {
    await run();
    await veza.control.settled(NAMESPACE, NAME);
    veza.control.fault({ lose: 'reply', on: { verb: 'patch' } });

    await undo();

    expect(spec()).toMatchObject(running('2.7.0'));
    expect(patched()).toBe(2);
  });

  test('then the step once more, for a person who tries again', async () => {
    await undo(outputOf(await run()));

    await run({ attempt: 2 });

    expect(spec()).toMatchObject(running('2.6.0'));
  });

  test('leaves a version alone that somebody released since', async () => {
    const output = outputOf(await run());
    release('2.9.0');

    const undoing = undo(output);

    await expect(undoing).rejects.toMatchObject({ code: 'undo-failed' });
    await expect(undoing).rejects.toThrow('somebody rolled out another version since, which would be lost');
    expect(spec()).toMatchObject(running('2.9.0'));
  });

  test('says so when the former template is gone from the history', async () => {
    const output = outputOf(await run());
    await veza.control.settled(NAMESPACE, NAME);
    for (const { metadata } of veza.control.list('replicasets', NAMESPACE))
      if (metadata.annotations?.['deployment.kubernetes.io/revision'] === '3')
        veza.control.remove('replicasets', NAMESPACE, metadata.name);

    await expect(undo(output)).rejects.toThrow(/the template it had, \w{10}, is gone from its history/);

    expect(spec()).toMatchObject(running('2.6.0'));
  });
});
