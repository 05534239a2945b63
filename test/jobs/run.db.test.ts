import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson, toJson } from '../../src/domain/canonical.ts';
import type { RunEvent } from '../../src/domain/events.ts';
import { measure } from '../../src/domain/measure.ts';
import { applyRun, type Run } from '../../src/domain/run.ts';
import { AppError } from '../../src/errors.ts';
import { eventsOfIncident, eventsOfStream, verifyChain } from '../../src/store/events.ts';
import { person, smallPlan, startBot, until } from '../helpers/bot.ts';

let bot: Awaited<ReturnType<typeof startBot>>;

beforeEach(async () => {
  bot = await startBot();
});

afterEach(async () => {
  await bot.stop();
});

/** Declares, starts, and waits for the gate's approval. */
async function untilAsked() {
  const incident = await bot.declare();
  const run = await bot.start(incident);
  const approval = await until(
    async () => (await bot.run(run)).gates.change?.approval ?? undefined,
    'the approval',
  );
  return { incident, run, approval, digest: (await bot.approval(approval)).digest };
}

const finished = (run: string) =>
  until(async () => (await bot.run(run)).outcome ?? undefined, 'the end of the run');

describe('a run', () => {
  test('does the harmless steps, waits for two people at the gate, then goes on to its end', async () => {
    await bot.work();
    const { incident, run, approval, digest } = await untilAsked();

    expect(bot.pretend.done).toEqual([]);
    await bot.vote(person('ana'), approval, digest);
    expect(bot.pretend.done).toEqual([]);
    await bot.vote(person('ben'), approval, digest);

    expect(await finished(run)).toBe('done');
    expect(bot.pretend.done).toEqual(['stop', 'swap']);
    expect(bot.pretend.looks).toBe(2);
    const events = await eventsOfStream(bot.db, { type: 'run', id: run });
    const folded = events.reduce<Run | null>(
      (state, { event }) => applyRun(state, event as RunEvent, run),
      null,
    );
    expect(canonicalJson(toJson(await bot.run(run)))).toBe(canonicalJson(toJson(folded)));
    expect(await verifyChain(bot.db)).toMatchObject({
      ok: true,
      events: (await eventsOfIncident(bot.db, incident)).length,
    });
  });

  test('undoes the gate when a step in it fails, and asks nobody', async () => {
    await bot.work();
    bot.pretend.fail.set('swap', {
      error: new AppError('check-failed', 'a prepared transaction is in the way'),
      after: false,
    });
    const { run, approval, digest } = await untilAsked();

    await bot.vote(person('ana'), approval, digest);
    await bot.vote(person('ben'), approval, digest);

    expect(await finished(run)).toBe('undone');
    expect(bot.pretend.done).toEqual(['stop', '-stop']);
    expect((await bot.run(run)).gates.change?.closed).toBe('undone');
  });

  test('stops at a step that gives more than a run can carry on', async () => {
    const look = bot.world.actions['test.look'];
    Object.assign(look ?? {}, {
      run: async () => ({ kind: 'done', summary: 'read', output: { rows: 'x'.repeat(300_000) }, facts: [] }),
    });
    await bot.work();
    const run = await bot.start(await bot.declare());

    const status = await until(async () => {
      const step = (await bot.run(run)).steps.look?.status;
      return step?.is === 'failed' && step;
    }, 'the failed step');

    expect(status.reason).toBe(
      'It gave 301 kB, and at most 256 kB of a step are kept. Let "look" ask for less.',
    );
  });

  test('stops at a step that refers to what an earlier one did not give, and says how to go on', async () => {
    const again = { id: 'again', title: 'Look again', uses: 'test.look', with: { at: '${look.found}' } };
    const look = { id: 'look', title: 'Look at it', uses: 'test.look' };
    const recover = { title: 'Recover the demo', component: 'app', steps: [look, again] };
    const body = toJson(smallPlan({ runbooks: { recover } }));
    await bot.plans.load([{ kind: 'plan', name: 'demo', body, source: '' }], 'test');
    await bot.work();
    const run = await bot.start(await bot.declare());

    const status = await until(async () => {
      const step = (await bot.run(run)).steps.again?.status;
      return step?.is === 'failed' && step;
    }, 'the failed step');

    expect(status.reason).toBe(
      'It refers to look.found, which no finished step gave. A run keeps the plan it began with: abort it, correct "again" in the plan, run dr plan load, and start again.',
    );
  });

  test('carries words through a gate that PostgreSQL cannot hold: it is undone', async () => {
    await bot.work();
    bot.pretend.fail.set('swap', { error: new AppError('check-failed', 'half \ud83d and \0'), after: false });
    const { run, approval, digest } = await untilAsked();

    await bot.vote(person('ana'), approval, digest);
    await bot.vote(person('ben'), approval, digest);

    expect(await finished(run)).toBe('undone');
    expect(bot.pretend.done).toEqual(['stop', '-stop']);
  });

  test('finds by looking that an effect happened although its answer was lost', async () => {
    await bot.work();
    bot.pretend.fail.set('swap', { error: new Error('connection reset'), after: true });
    const { run, approval, digest } = await untilAsked();

    await bot.vote(person('ana'), approval, digest);
    await bot.vote(person('ben'), approval, digest);

    expect(await finished(run)).toBe('done');
    expect(bot.pretend.done).toEqual(['stop', 'swap']);
    const known = (await eventsOfStream(bot.db, { type: 'run', id: run })).flatMap(({ event }) =>
      event.kind === 'step.finished' && event.step === 'swap' ? [event.known] : [],
    );
    expect(known).toEqual(['observed']);
  });

  test.each([
    ['looks', true, 'done', 2],
    ['looks and takes back', false, 'undone', 3],
  ] as const)(
    '%s as soon as a system answers again, and asks nobody meanwhile',
    async (_, after, end, away) => {
      await bot.work();
      bot.pretend.fail.set('swap', { error: new AppError('check-failed', 'a lock'), after });
      const { run, approval, digest } = await untilAsked();
      bot.pretend.away = away;

      await bot.vote(person('ana'), approval, digest);
      await bot.vote(person('ben'), approval, digest);

      expect(await finished(run)).toBe(end);
      expect(bot.pretend.away).toBeLessThan(0);
      const kinds = (await eventsOfStream(bot.db, { type: 'run', id: run })).map(({ event }) => event.kind);
      expect(kinds).not.toContain('step.uncertain');
      expect(kinds).not.toContain('step.undo-failed');
    },
  );

  test('voids the approval when a bound fact changed after the votes, and asks anew with the difference', async () => {
    const incident = await bot.declare();
    const run = await bot.start(incident);
    await bot.work();
    const approval = await until(
      async () => (await bot.run(run)).gates.change?.approval ?? undefined,
      'the approval',
    );
    const { digest } = await bot.approval(approval);
    await bot.vote(person('ana'), approval, digest);
    bot.pretend.bound = 'two';
    bot.pretend.shown = 99;

    await bot.vote(person('ben'), approval, digest);

    const next = await until(async () => {
      const asked = (await bot.run(run)).gates.change?.approval;
      return asked === approval ? undefined : (asked ?? undefined);
    }, 'a new approval');
    expect((await bot.approval(approval)).status).toMatchObject({
      is: 'void',
      differences: ['stop.identity: "one" → "two"', 'swap.identity: "one" → "two"'],
    });
    expect(await bot.approval(next)).toMatchObject({ status: { is: 'open' }, votes: [], replaces: approval });
    expect(bot.pretend.done).toEqual([]);
  });

  test('keeps an approval valid while only shown facts move', async () => {
    await bot.work();
    const { run, approval, digest } = await untilAsked();
    await bot.vote(person('ana'), approval, digest);
    bot.pretend.shown = 41;

    await bot.vote(person('ben'), approval, digest);

    expect(await finished(run)).toBe('done');
  });

  test('renews an approval nobody answered, with no votes carried over', async () => {
    await bot.work();
    const { run, approval, digest } = await untilAsked();
    await bot.vote(person('ana'), approval, digest);

    await bot.advance(15 * 60_000 + 1000);
    await bot.tick();

    const next = await until(async () => {
      const asked = (await bot.run(run)).gates.change?.approval;
      return asked === approval ? undefined : (asked ?? undefined);
    }, 'a renewed approval');
    expect((await bot.approval(approval)).status).toMatchObject({ is: 'expired', votes: 1 });
    expect((await bot.approval(next)).votes).toEqual([]);
    expect(bot.pretend.done).toEqual([]);
  });

  test('ends at once when it is aborted before a gate', async () => {
    await bot.work();
    const { run, approval } = await untilAsked();

    await bot.runs.abort(person('ben'), run, 'wrong restore point');

    expect(await finished(run)).toBe('aborted');
    expect(bot.pretend.done).toEqual([]);
    const late = await bot.vote(person('ana'), approval, (await bot.approval(approval)).digest);
    expect(late).toMatchObject({ kind: 'refusal' });
  });

  test('rests on a failed step until a person chooses, and goes on after retry', async () => {
    await bot.work();
    bot.pretend.fail.set('look', {
      error: new AppError('backup-not-found', 'No usable backup was found.'),
      after: false,
    });
    const incident = await bot.declare();
    const run = await bot.start(incident);
    await until(async () => (await bot.run(run)).steps.look?.status.is === 'failed', 'the failed step');
    bot.pretend.fail.clear();

    await bot.runs.retry(person('ana'), run, null);

    await until(async () => (await bot.run(run)).gates.change?.approval ?? undefined, 'the approval');
    expect((await bot.run(run)).steps.look).toMatchObject({ attempts: 2, status: { is: 'done' } });
    const [card, report] = [await bot.views.incident(incident), await bot.views.report(incident)];
    if (card === undefined || report === undefined) expect.fail(`${incident} cannot be viewed.`);
    const waited = measure({ ...card, now: report.now }).waitingForPeopleMs;
    expect(waited).toBeGreaterThan(0);
    expect(waited).toBe(measure(report).waitingForPeopleMs);
  });

  test('asks for nothing while the facts block the gate, and asks when somebody tries again', async () => {
    await bot.work();
    bot.pretend.blocked.push('a prepared transaction of "backup" is open');
    const incident = await bot.declare();
    const run = await bot.start(incident);
    await until(async () => (await bot.run(run)).gates.change?.blocked.length, 'the blocked gate');
    expect((await bot.run(run)).gates.change?.approval).toBeNull();
    bot.pretend.blocked.length = 0;

    await bot.runs.retry(person('ana'), run, null);

    expect(
      await until(async () => (await bot.run(run)).gates.change?.approval ?? undefined, 'the approval'),
    ).toMatch(/^APR-/);
  });

  test('a second run of the same system is refused while one is active', async () => {
    await bot.work();
    const { incident, run } = await untilAsked();

    const second = await bot.runs.start(person('ben'), {
      incident,
      runbook: 'recover',
      inputs: {},
      reason: null,
    });

    expect(second).toMatchObject({ kind: 'refusal', code: 'run-active', facts: { run } });
  });
});
