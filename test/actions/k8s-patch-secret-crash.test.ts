import { beforeEach, describe, expect, test } from 'vitest';
import { k8sPatchSecret } from '../../src/actions/k8s-patch-secret.ts';
import { killAt, MOMENTS } from './k8s-kill.ts';
import type { StepOptions } from './k8s-setup.ts';
import { CANARY, NAMESPACE, PLACE, startVeza, type Veza } from './k8s-veza.ts';

const PARAMS = {
  ...PLACE,
  secret: 'veza-secrets',
  key: 'DATABASE_URL',
  value: 'veza-db-2',
  consumers: ['veza-backend-api', 'veza-chat-server'],
};
const KEPT = 'DATABASE_URL.before-run-31';
const DONE = { DATABASE_URL: CANARY.wanted, [KEPT]: CANARY.former, SESSION_KEY: CANARY.other };
const UNTOUCHED = { DATABASE_URL: CANARY.former, SESSION_KEY: CANARY.other };

const watched = (on: Veza) => on.watch(k8sPatchSecret);

let veza: Veza;
let action: ReturnType<typeof watched>;

beforeEach(async () => {
  veza = await startVeza();
  action = watched(veza);
});

const run = (given: StepOptions = {}) => action.run(veza.step('secret', given), PARAMS);
const observe = (given: StepOptions = {}) =>
  action.observe(veza.step('secret', { attempt: 2, ...given }), PARAMS);
const undo = (output: object = {}, given: StepOptions = {}) =>
  action.undo(veza.step('secret', given), PARAMS, JSON.parse(JSON.stringify(output)));
const outputOf = (outcome: Awaited<ReturnType<typeof run>>) =>
  outcome.kind === 'done' ? outcome.output : {};
const set = (value: string) =>
  veza.control.patch('secrets', NAMESPACE, 'veza-secrets', {
    data: { DATABASE_URL: Buffer.from(value).toString('base64') },
  });

describe('a worker killed', () => {
  test.each(MOMENTS)('%s its patch: done once, whoever goes on', async (moment) => {
    const work = { step: 'secret', uses: 'k8s.patchSecret', params: PARAMS, connections: veza.connections };

    await killAt(moment, veza.control, work);
    const seen = await observe();
    const outcome = seen.happened === 'yes' ? seen.outcome : await run({ attempt: 2 });

    expect(seen.happened).toBe(moment === 'before' ? 'no' : 'yes');
    expect(outcome).toMatchObject({ kind: 'done', output: { kept: KEPT } });
    await action.verify(veza.step('secret', { attempt: 2 }), PARAMS, outputOf(outcome));
    expect(veza.secret()).toEqual(DONE);
    expect(veza.patches()).toHaveLength(1);
    expect(veza.leaked()).toEqual([]);
  });
});

describe('a second attempt', () => {
  test('never takes the new value for the former one, and says the same as the first', async () => {
    const first = await run();

    const second = await run({ attempt: 2 });

    expect(second).toEqual(first);
    expect(await observe()).toEqual({ happened: 'yes', outcome: first });
    expect(veza.secret()).toEqual(DONE);
    expect(veza.patches()).toHaveLength(1);
  });

  test.each([{ lose: 'reply' as const }, { lose: 'request' as const }, { answer: 409 }, { answer: 500 }])(
    'inside the first, after %o, makes the effect once',
    async (fault) => {
      veza.control.fault({ ...fault, on: { verb: 'patch' } });

      await run();

      expect(veza.secret()).toEqual(DONE);
      expect(veza.patches().filter(({ status }) => status === 200 || status === 0)).toHaveLength(
        'lose' in fault && fault.lose === 'request' ? 2 : 1,
      );
    },
  );

  test('writes what was approved no more when the value behind the reference has changed since', async () => {
    await run();
    veza.setWanted('postgres://somewhere-else');

    await run({ attempt: 2 });

    expect(veza.secret()).toEqual(DONE);
  });

  test('that a person asked for after somebody interfered sets the value again and keeps the first former one', async () => {
    await run();
    set('postgres://by-hand');

    expect(await observe()).toMatchObject({
      happened: 'unknown',
      seen: [
        expect.stringMatching(
          /^`DATABASE_URL` of secret `veza-secrets` was set to \S+ by this step, and has the value \S+ now$/,
        ),
      ],
      howToTell: expect.stringContaining('managedFields'),
    });
    await run({ attempt: 2 });

    expect(veza.secret()).toEqual(DONE);
  });

  test('does not follow a secret that was made anew under its name', async () => {
    veza.control.fault({ answer: 409, on: { verb: 'patch' } });
    const running = run();
    await expect.poll(() => veza.patches().length, { interval: 5 }).toBe(1);

    veza.control.recreate('secrets', NAMESPACE, 'veza-secrets');

    await expect(running).rejects.toThrow('was made anew in the meantime');
    expect(veza.secret()).toEqual(UNTOUCHED);
  });
});

describe('a worker that slept', () => {
  test('through a later attempt, or through the undo, changes nothing', async () => {
    await run({ attempt: 2 });
    await expect(run({ attempt: 1 })).rejects.toMatchObject({ code: 'claim-lost' });

    await undo({}, { attempt: 2 });
    await expect(run({ attempt: 2 })).rejects.toMatchObject({ code: 'claim-lost' });

    expect(veza.secret()).toEqual(UNTOUCHED);
  });

  test('through the undo of a step that had no effect yet changes nothing', async () => {
    expect(await undo()).toMatchObject({ summary: 'nothing to take back: the secret was not changed' });

    await expect(run()).rejects.toMatchObject({ code: 'claim-lost' });

    expect(veza.secret()).toEqual(UNTOUCHED);
  });
});

describe('undo', () => {
  test('gives the former value back, takes its copy away, and does so once', async () => {
    const outcome = await run();
    const { before = '' } = outputOf(outcome);

    const undone = await undo(outputOf(outcome));
    const again = await undo(outputOf(outcome));

    expect([undone.summary, again.summary]).toEqual(Array(2).fill(`\`DATABASE_URL\` back to ${before}`));
    expect(veza.secret()).toEqual(UNTOUCHED);
    expect(veza.patches()).toHaveLength(2);
    expect(await observe()).toEqual({ happened: 'no' });
    expect(veza.leaked()).toEqual([]);
  });

  test('after a crash works from the record on the secret, and a lost reply does not flip it', async () => {
    await run();
    veza.control.fault({ lose: 'reply', on: { verb: 'patch' } });

    await undo();

    expect(veza.secret()).toEqual(UNTOUCHED);
    expect(veza.patches()).toHaveLength(2);
  });

  test('then the step again, for a person who tries once more', async () => {
    await undo(outputOf(await run()));

    await run({ attempt: 2 });

    expect(veza.secret()).toEqual(DONE);
  });

  test('leaves alone what somebody wrote since, and says so', async () => {
    const outcome = await run();
    set('postgres://by-hand');

    const undoing = undo(outputOf(outcome));

    await expect(undoing).rejects.toMatchObject({ code: 'undo-failed' });
    await expect(undoing).rejects.toThrow('somebody gave it another value since, which would be lost');
    expect(veza.secret().DATABASE_URL).toBe('postgres://by-hand');
  });

  test('whose former value was taken away says so, unless it stands there again', async () => {
    const outcome = await run();
    veza.control.patch('secrets', NAMESPACE, 'veza-secrets', { data: { [KEPT]: null } });

    await expect(undo(outputOf(outcome))).rejects.toThrow(
      `its former value is no longer kept as \`${KEPT}\``,
    );
    set(CANARY.former);

    expect(await undo(outputOf(outcome))).toMatchObject({ summary: expect.stringContaining('back to') });
  });

  test('of two keys of one secret, which bears one mark, gives both back', async () => {
    const session = { ...PARAMS, key: 'SESSION_KEY', consumers: ['veza-backend-api'] };
    const first = await run();
    const second = await action.run(veza.step('session'), session);

    await action.undo(veza.step('session'), session, outputOf(second));
    await undo(outputOf(first));

    expect(veza.secret()).toEqual(UNTOUCHED);
  });
});

test('a key that another step of the run changed already is refused', async () => {
  await run();

  const again = action.run(veza.step('secret-again'), PARAMS);

  await expect(again).rejects.toThrow('A plan may change a key once in a run.');
  expect(veza.secret()).toEqual(DONE);
});
