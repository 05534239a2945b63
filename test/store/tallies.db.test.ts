import { afterAll, beforeAll, expect, test } from 'vitest';
import { talliesOf } from '../../src/store/tallies.ts';
import { startBot, until } from '../helpers/bot.ts';

let bot: Awaited<ReturnType<typeof startBot>>;

beforeAll(async () => {
  bot = await startBot();
});

afterAll(() => bot.stop());

test('counts what is open of each system, and nothing that is over', async () => {
  expect(await talliesOf(bot.db)).toEqual({ counts: [], watched: [] });
  await bot.work();
  const incident = await bot.declare();
  const run = await bot.start(incident);
  await until(async () => (await bot.run(run)).gates.change?.approval ?? undefined, 'the approval');
  await bot.db.query(
    "insert into watch_rounds (system, slot, began_at, finished_at, backups) values ('demo', dr_now(), dr_now(), dr_now() - interval '1 minute', 1)",
  );

  const { counts, watched } = await talliesOf(bot.db);

  expect(counts).toEqual(
    ['approvals', 'incidents', 'runs'].map((what) => ({ what, system: 'demo', severity: null, count: 1 })),
  );
  expect(watched).toEqual([{ system: 'demo', seconds: expect.closeTo(60, -1) }]);
});
