import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallPlan } from '../helpers/bot.ts';
import { type Desk, startDesk } from './desk.ts';

let desk: Desk;
let here: string;

beforeAll(async () => {
  desk = await startDesk(
    smallPlan({ system: 'shop', name: 'The Shop', approvals: { approvers: ['ana', 'gone'] } }),
  );
  here = await desk.declare();
});

afterAll(() => desk.stop());

/** The run of the line, carried as far as it goes. */
async function started(line: string): Promise<string> {
  const run = (await desk.type(line, { here })).said.match(/^RUN-\d+/)?.[0] ?? '';
  await desk.advance(run);
  return run;
}

async function ended(run: string): Promise<void> {
  await desk.type(`/dr abort ${run} the test is over`);
  await desk.advance(run);
  expect((await desk.run(run)).outcome).toBe('aborted');
}

describe('plan', () => {
  test('shows the one that is named, or the one of the channel, or which there are', async () => {
    expect((await desk.type('/dr plan Shop', { who: 'stranger' })).answer).toMatchObject({
      what: 'plan',
      plan: { system: 'shop' },
      version: expect.stringMatching(/^shop@[0-9a-f]{7}$/),
    });
    expect((await desk.type('/dr plan', { here })).answer).toMatchObject({ plan: { system: 'demo' } });
    expect((await desk.type('/dr plan')).said).toBe(
      'Plans in force:\n  demo\n  shop\nOne in full: /dr plan SYSTEM',
    );
    expect((await desk.type('/dr plan shpo', { here })).said).toBe(
      'There is no plan for "shpo". Nothing was done. Did you mean shop? Plans: demo, shop.',
    );
  });
});

describe('run', () => {
  test.each([
    ['', '/dr run needs a runbook: recover, ask-people. Nothing was changed. Example: /dr run recover'],
    [
      'recovr --yes',
      'There is no runbook "recovr" in demo. Nothing was started. Did you mean recover? All: recover, ask-people.',
    ],
    [
      'constructor --yes',
      'There is no runbook "constructor" in demo. Nothing was started. All: recover, ask-people.',
    ],
    [
      'recover --drill --yes',
      '/dr run needs an option it knows (--dry-run, --yes), not --drill. Nothing was changed. Example: /dr run restore-postgres',
    ],
    ['recover before=02:05', '"before" cannot be "02:05". Nothing was changed. Expected one of no inputs.'],
    ['ask-people --yes', '"where" cannot be empty. Nothing was changed. Expected a value.'],
    ['ask-people where=there', '"where" cannot be "there". Nothing was changed. Expected one of here.'],
    [
      'ask-people where=here before=25:00 --yes',
      '"before" cannot be "25:00". Nothing was changed. Expected a time like "02:05" (UTC) or "2026-11-21T02:05Z".',
    ],
    ['show RUN-99', 'There is no run "RUN-99". Nothing was done. Runs of an incident: /dr status'],
  ])('%s is refused', async (words, said) => {
    expect(await desk.outcome(`/dr run ${words}`, { here })).toEqual({ said, events: [] });
  });

  test.each(['', ' --dry-run', ' --dry-run --yes'])('recover%s shows what it would do', async (flags) => {
    const { answer, events } = await desk.type(`/dr run recover${flags}`, { here });

    expect(answer).toMatchObject({
      what: 'preview',
      view: { incident: { id: here } },
      preview: { runbook: 'recover', blocked: [], approvers: ['Ana Duarte', 'Ben Okoye', 'Mina Sato'] },
    });
    expect(events).toEqual([]);
  });

  test('needs two approvers who are people', async () => {
    const shop = await desk.declare('shop');

    expect(await desk.outcome('/dr run recover --yes', { here: shop })).toEqual({
      said: "shop has 1 eligible approver and two are needed. Nothing was started. Add people to the plan's approvers and to people.yml.",
      events: [],
    });
  });

  test('starts with the reason, is shown, and is the only one of its system', async () => {
    const { said, events, answer } = await desk.type('/dr run recover --yes reason="Rows are gone"', {
      here,
    });

    const run = said.match(/^(RUN-\d+) started\.$/)?.[1] ?? '';
    expect(answer).toMatchObject({ data: { run } });
    expect(events).toMatchObject([
      { kind: 'run.started', incident: here, runbook: 'recover', mode: 'live', reason: 'Rows are gone' },
    ]);
    for (const line of ['/dr run show', `/dr run show ${run.toLowerCase()}`])
      expect((await desk.type(line, { here })).answer).toMatchObject({ what: 'run', run });
    const second = await desk.outcome('/dr run recover --yes', { here, who: 'ben' });
    expect(second.said).toMatch(
      new RegExp(
        `^${run} is already changing demo \\(started at \\d\\d:\\d\\d UTC by Ana\\)\\. One run at a time\\. Open it, or abort it first\\.$`,
      ),
    );
    expect(second.events).toEqual([]);
    await ended(run);
  });

  test('without a runbook is a dialog where there is one', async () => {
    expect((await desk.type('/dr run', { here, form: true })).answer).toMatchObject({
      kind: 'form',
      form: 'run',
      view: { incident: { id: here } },
    });
  });
});

describe('approve', () => {
  const NONE = 'No approval is open. Nothing was recorded. What waits for whom: /dr status';

  test('shows the one that is named, or the one that is open here', async () => {
    expect((await desk.type('/dr approve', { here })).said).toBe(NONE);
    const run = await started('/dr run recover --yes');
    const approval = (await desk.run(run)).gates.change?.approval ?? '';

    for (const line of ['/dr approve', `/dr approve ${approval.toLowerCase()}`]) {
      const { answer, events } = await desk.type(line, { here, who: 'ben' });
      expect(answer).toMatchObject({
        what: 'approval',
        approval: { id: approval },
        view: { incident: { id: here } },
      });
      expect(events).toEqual([]);
      expect((await desk.type(line, { here, who: 'ben', form: true })).answer).toMatchObject({
        kind: 'form',
        form: 'approve',
        about: { approval },
      });
    }
    expect((await desk.type('/dr approve', { here: await desk.declare() })).said).toBe(NONE);
    expect((await desk.type('/dr approve APR-99', { here })).said).toBe(
      'There is no approval "APR-99". Nothing was recorded. What waits for whom: /dr status',
    );
    await ended(run);
    expect((await desk.type('/dr approve', { here })).said).toBe(NONE);
    expect((await desk.type(`/dr approve ${approval}`, { here })).answer).toMatchObject({ what: 'approval' });
  });
});

describe('abort', () => {
  const aborting = (run: string, reason: string, person = 'ana') => ({
    said: `${run} is being stopped. What is running gets 30 s to end.`,
    events: [{ kind: 'run.abort-requested', person, reason, at: expect.any(String) }],
  });

  test.each([
    ['wrong restore point', 'wrong restore point'],
    ['--force it, replicas=4', '--force it, replicas=4'],
    ['"RUN-1 used the wrong backup"', 'RUN-1 used the wrong backup'],
    ['RUN wrong \u202e\u0000 restore point', 'wrong restore point'],
  ])('%s', async (words, reason) => {
    const { incident, run } = await desk.runAfter();

    const line = `/dr abort ${words.replace('RUN ', `${run} `)}`;

    expect(await desk.outcome(line, { here: incident, who: 'mina' })).toEqual(aborting(run, reason, 'mina'));
  });

  test('needs a reason, a run, and one that goes on', async () => {
    const { incident, run } = await desk.runAfter();
    const needsReason =
      '/dr abort needs a reason. Nothing was changed. Example: /dr abort "wrong restore point"';

    for (const line of ['/dr abort', `/dr abort ${run}`, '/dr abort "\u200b"'])
      expect(await desk.outcome(line, { here: incident })).toEqual({ said: needsReason, events: [] });
    expect((await desk.type('/dr abort', { here: incident, form: true })).answer).toMatchObject({
      kind: 'form',
      form: 'abort',
      view: { incident: { id: incident } },
      about: { run },
    });
    expect((await desk.type('/dr abort RUN-99 wrong')).said).toBe(
      'There is no run "RUN-99". Nothing was done. Runs of an incident: /dr status',
    );
    await desk.type(`/dr abort ${run} wrong`, { who: 'ben' });
    expect(await desk.outcome(`/dr abort ${run} wrong`)).toEqual({
      said: `Ben has already asked to abort ${run}. Nothing more was recorded. The run card shows how it ends.`,
      events: [],
    });
    await desk.advance(run);
    expect(await desk.outcome(`/dr abort ${run} wrong`)).toEqual({
      said: `${run} is over (aborted). Nothing was changed. To start another: /dr run`,
      events: [],
    });
  });
});
