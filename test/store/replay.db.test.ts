import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { person, startBot, until } from '../helpers/bot.ts';
import { assertStateEqualsLog } from '../helpers/replay.ts';

let bot: Awaited<ReturnType<typeof startBot>>;

beforeEach(async () => {
  bot = await startBot();
});

afterEach(async () => {
  await bot.stop();
});

/** Starts a run and waits for its newest approval, other than `earlier`. */
async function asked(run: string, earlier?: string) {
  const approval = await until(async () => {
    const id = (await bot.run(run)).gates.change?.approval ?? undefined;
    return id === earlier ? undefined : id;
  }, 'the approval');
  return { approval, digest: (await bot.approval(approval)).digest };
}

const over = (run: string) =>
  until(async () => (await bot.run(run)).outcome ?? undefined, 'the end of the run');

test('after expiry, renewal, votes, refused clicks, a failed gate and its undo every row is what its events say', async () => {
  await bot.work();
  const incident = await bot.declare();
  const run = await bot.start(incident);
  const first = await asked(run);
  await bot.vote(person('ana'), first.approval, first.digest);
  await bot.advance(16 * 60_000);
  await bot.tick();
  const second = await asked(run, first.approval);
  bot.pretend.fail.set('swap', { error: new AppError('check-failed', 'a lock'), after: false });

  await bot.vote(person('dan'), second.approval, second.digest);
  await bot.vote(person('ana'), second.approval, second.digest);
  await bot.vote(person('ben'), second.approval, second.digest);

  expect(await over(run)).toBe('undone');
  expect(await assertStateEqualsLog(bot.db)).toBe(4);
});

test('after a veto, a retry and an abort every row is what its events say', async () => {
  await bot.work();
  const incident = await bot.declare();
  const run = await bot.start(incident);
  const first = await asked(run);
  await bot.approvals.veto(person('mina'), first.approval, 'wrong backup');
  await until(async () => {
    const retried = await bot.runs.retry(person('ana'), run, null);
    return !('kind' in retried);
  }, 'the retry');
  await asked(run, first.approval);
  await bot.runs.abort(person('ben'), run, 'not needed');
  await bot.incidents.addNote(person('dan'), incident, 'It came back by itself');

  expect(await over(run)).toBe('aborted');
  expect(await assertStateEqualsLog(bot.db)).toBe(4);
});

test.each([
  [
    'a state that was changed',
    "update incidents set state = jsonb_set(state, '{title}', '\"Nothing happened\"')",
    'a state that is not',
  ],
  [
    'a version that was changed',
    'update incidents set version = version + 1',
    'is at version 2 after 1 events',
  ],
  ['a gate that was closed by hand', "update runs set open_gate = 'other'", 'columns that are not'],
  [
    'a row without events',
    "insert into incidents select 'INC-0', version, state, system, open, declared_at from incidents",
    'a row and no events',
  ],
])('%s is found', async (_, tamper, message) => {
  const incident = await bot.declare();
  await bot.start(incident);
  expect(await assertStateEqualsLog(bot.db)).toBe(2);

  const tampered = bot.owner.transact(async (tx) => {
    await tx.query(tamper);
    await assertStateEqualsLog(tx);
  });

  await expect(tampered).rejects.toThrow(message);
});
