import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccounts } from '../../src/services/accounts.ts';
import { lostVotersOf } from '../../src/services/approvals.ts';
import { person, startBot, until } from '../helpers/bot.ts';

let bot: Awaited<ReturnType<typeof startBot>>;
beforeAll(async () => {
  bot = await startBot();
});
afterAll(() => bot.stop());

test('a look at an account from before the clock was set back is none', async () => {
  const accounts = createAccounts({ db: bot.db });
  await accounts.save('U0BEN', 'active', null);
  const fresh = await accounts.isFresh('U0BEN');
  await bot.db.query("update accounts set checked_at = dr_now() + interval '1 day' where account = 'U0BEN'");

  expect([fresh, await accounts.isFresh('U0BEN')]).toEqual([true, false]);
});

test('who left the group after voting does not count any more, while somebody looks at the group', async () => {
  await bot.work();
  const run = await bot.start(await bot.declare());
  const id = await until(
    async () => (await bot.run(run)).gates.change?.approval ?? undefined,
    'the approval',
  );
  await bot.vote(person('ana'), id, (await bot.approval(id)).digest);
  const approval = { ...(await bot.approval(id)), slackGroup: 'approvers' };
  const lost = () => bot.db.transact((tx) => lostVotersOf(tx, approval));
  const accounts = createAccounts({ db: bot.db });

  const unseen = await lost();
  await accounts.saveGroup('approvers', ['U0ANA', 'U0BEN']);
  const inside = await lost();
  await accounts.saveGroup('approvers', ['U0BEN']);

  expect([unseen, inside, await lost()]).toEqual([[], [], ['ana is no longer in @approvers.']]);
});
