import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Preview } from '../../src/actions/action.ts';
import { toJson } from '../../src/domain/canonical.ts';
import { BOT, type RunEvent } from '../../src/domain/events.ts';
import { eventsOfStream } from '../../src/store/events.ts';
import { saveAccount } from '../../src/store/surroundings.ts';
import { CAST, person, smallPlan, startBot, until } from '../helpers/bot.ts';

let bot: Awaited<ReturnType<typeof startBot>>;
const AT = '2026-11-21T02:30:00.000Z';

beforeEach(async () => {
  bot = await startBot();
});

afterEach(async () => {
  await bot.stop();
});

async function untilAsked() {
  const incident = await bot.declare();
  const run = await bot.start(incident);
  const approval = await until(
    async () => (await bot.run(run)).gates.change?.approval ?? undefined,
    'the approval',
  );
  return { run, approval, digest: (await bot.approval(approval)).digest };
}

const previewIrreversible = async (): Promise<Preview> => ({
  lines: ['does something'],
  bound: { identity: bot.pretend.bound },
  shown: [],
  undo: [],
  blocked: [],
  class: 'irreversible',
});

const isVoid = (approval: string) =>
  until(async () => {
    const { status } = await bot.approval(approval);
    return status.is === 'void' && status;
  }, 'the void');

describe('opening a gate', () => {
  test('needs new votes when the gate has become irreversible since it was asked for', async () => {
    await bot.work();
    const { approval, digest } = await untilAsked();
    await bot.vote(person('ana'), approval, digest);
    Object.assign(bot.world.actions['test.effect'] ?? {}, { preview: previewIrreversible });

    await bot.vote(person('ben'), approval, digest);

    expect(await isVoid(approval)).toMatchObject({ differences: ['class: reversible → irreversible'] });
    expect(bot.pretend.done).toEqual([]);
  });

  test.each([
    ['the account has become a guest', () => saveAccount(bot.db, 'U0ANA', 'guest', null)],
    [
      'the account is no longer theirs',
      () => {
        const people = { ...CAST.people, ana: { ...CAST.people.ana, slack: ['U0ANA2'] } };
        const body = toJson({ people });
        return bot.plans.load([{ kind: 'people', name: 'people', body, source: '' }], 'test');
      },
    ],
  ])('does not count a vote when %s', async (_, change) => {
    await bot.work();
    const { approval, digest } = await untilAsked();
    await bot.vote(person('ana'), approval, digest);
    await change();

    await bot.vote(person('ben'), approval, digest);

    expect(await isVoid(approval)).toMatchObject({ reason: 'an approval no longer counts' });
    expect(bot.pretend.done).toEqual([]);
  });
});

test('what a person saw before the gate stands on the card that asks for it', async () => {
  Object.assign(bot.world.actions['test.look'] ?? {}, {
    run: async () => ({
      kind: 'done',
      summary: 'confirmed with evidence',
      output: { evidence: 'DIFFERENT key, 2 of 3 equal' },
      facts: [],
    }),
  });
  await bot.work();

  const { approval } = await untilAsked();

  expect((await bot.approval(approval)).card.proved).toMatchObject([
    {
      state: 'done',
      text: expect.stringMatching(/: confirmed with evidence: "DIFFERENT key, 2 of 3 equal"$/),
    },
  ]);
});

describe('a step that nobody can tell about', () => {
  test('needs two people who say the same where it is irreversible, named or not', async () => {
    const raised = {
      gate: 'change',
      title: 'Change the demo',
      impact: 'Nobody can use the demo for a moment',
      steps: [
        {
          id: 'stop',
          title: 'Stop the demo',
          uses: 'test.effect',
          with: { name: 'stop' },
          class: 'irreversible',
        },
      ],
    };
    const recover = { title: 'Recover the demo', component: 'app', steps: [raised] };
    const body = toJson(smallPlan({ runbooks: { recover } }));
    await bot.plans.load([{ kind: 'plan', name: 'demo', body, source: '' }], 'test');
    const run = await bot.start(await bot.declare());
    const events: RunEvent[] = [
      { kind: 'step.started', step: 'stop', attempt: 1, params: {}, at: AT },
      { kind: 'step.uncertain', step: 'stop', attempt: 1, seen: [], howToTell: null, at: AT },
    ];
    await bot.db.transact((tx) => bot.commit(tx, BOT, [{ type: 'run', id: run, events }]));

    await bot.runs.rule(person('ana'), run, null, false, 'it is still there');
    const afterOne = (await bot.run(run)).steps.stop?.status.is;
    await bot.runs.rule(person('ben'), run, null, false, 'it is still there');

    expect(afterOne).toBe('uncertain');
    expect((await bot.run(run)).steps.stop?.status.is).toBe('pending');
  });

  test('needs two people also where only the preview said that it is irreversible, and no name typed at a terminal', async () => {
    Object.assign(bot.world.actions['test.effect'] ?? {}, { preview: previewIrreversible });
    await bot.work();
    const { run, approval, digest } = await untilAsked();
    const events: RunEvent[] = [
      { kind: 'gate.opened', gate: 'change', approval, digest, at: AT },
      { kind: 'step.started', step: 'stop', attempt: 1, params: {}, at: AT },
      { kind: 'step.uncertain', step: 'stop', attempt: 1, seen: [], howToTell: null, at: AT },
    ];
    await bot.db.transact((tx) => bot.commit(tx, BOT, [{ type: 'run', id: run, events }]));

    const typed = await bot.runs.rule(
      { ...person('ben'), via: 'cli', account: null },
      run,
      null,
      false,
      'no',
    );
    await bot.runs.rule(person('ana'), run, null, false, 'it is still there');

    expect(typed).toMatchObject({ code: 'ruling-unsigned' });
    expect((await bot.run(run)).steps.stop?.status.is).toBe('uncertain');
  });
});

describe('the log', () => {
  test('holds what a step was given, but no password', async () => {
    await bot.work();
    Object.assign(bot.world.actions['test.look'] ?? {}, { schema: z.any() });
    const look = {
      id: 'look',
      title: 'Log in',
      uses: 'test.look',
      with: { body: { email: 'a@b', password: 'hunter22' } },
    };
    const recover = { title: 'Recover the demo', component: 'app', steps: [look] };
    const body = toJson(smallPlan({ runbooks: { recover } }));
    await bot.plans.load([{ kind: 'plan', name: 'demo', body, source: '' }], 'test');

    const run = await bot.start(await bot.declare());

    await until(async () => (await bot.run(run)).outcome ?? undefined, 'the end');
    const log = JSON.stringify(await eventsOfStream(bot.db, { type: 'run', id: run }));
    expect(log).toContain('a@b');
    expect(log).not.toContain('hunter22');
  });
});
