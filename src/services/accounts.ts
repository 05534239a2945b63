import { databaseNow } from '../store/aggregates.ts';
import { createInbox } from '../store/inbox.ts';
import { readAccount, type Standing, saveAccount, saveGroup } from '../store/surroundings.ts';
import type { Deps } from './deps.ts';

export type Accounts = ReturnType<typeof createAccounts>;

/** A look younger than this is not repeated before a vote; a vote counts a look of up to ten minutes. */
const FRESH_MS = 60_000;

/** What is known of Slack accounts and groups, and which requests were seen. Not events: they decide nothing alone. */
export function createAccounts({ db }: Pick<Deps, 'db'>) {
  async function isFresh(account: string): Promise<boolean> {
    const row = await readAccount(db, account);
    if (row === undefined) return false;
    return Math.abs((await databaseNow(db)).getTime() - row.checkedAt.getTime()) < FRESH_MS;
  }

  const inbox = createInbox(db);

  return {
    isFresh,
    read: (account: string) => readAccount(db, account),
    save: (account: string, standing: Standing, timeZone: string | null) =>
      saveAccount(db, account, standing, timeZone),
    saveGroup: (handle: string, accounts: readonly string[]) =>
      db.transact((tx) => saveGroup(tx, handle, accounts)),
    /** True for a request that was not seen before, remembered before it is acknowledged. */
    firstTime: inbox.firstTime,
  };
}
