import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type Database } from '../../src/store/database.ts';
import { createInbox } from '../../src/store/inbox.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let home: TestDatabase;
let db: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  db = createDatabase(home.url);
});

afterAll(async () => {
  await db.close();
  await home.drop();
});

test('requests of a moment are remembered in one statement, each key for the first of them alone', async () => {
  let statements = 0;
  const { firstTime } = createInbox({
    query: (text, values) => {
      statements += 1;
      return db.query(text, values);
    },
  });

  const first = await Promise.all(['a', 'b', 'a'].map((key) => firstTime(key, 'command')));
  const again = await Promise.all(['b', 'c'].map((key) => firstTime(key, 'command')));

  expect(first).toEqual([true, true, false]);
  expect(again).toEqual([false, true]);
  expect(statements).toBe(2);
});

test('of the same key at two bots at once, one is told that it is the first', async () => {
  const bots = [createInbox(db), createInbox(db)];

  const told = await Promise.all(
    Array.from({ length: 50 }, (_, n) => Promise.all(bots.map((bot) => bot.firstTime(`both/${n}`, 'view')))),
  );

  expect(told.every((pair) => pair.filter(Boolean).length === 1)).toBe(true);
});

test('bots that hear of the same requests in opposite order do not wait for each other for ever', async () => {
  const bots = [createInbox(db), createInbox(db)];

  for (let round = 0; round < 20; round++) {
    const keys = Array.from({ length: 300 }, (_, n) => `crossed/${round}/${n}`);
    const told = await Promise.all(
      bots.map((bot, at) =>
        Promise.all((at === 0 ? keys : keys.toReversed()).map((key) => bot.firstTime(key, 'event'))),
      ),
    );
    expect(told.flat().filter(Boolean)).toHaveLength(keys.length);
  }
});

test('when the database is away, everybody who waits hears of it, and the next request is asked anew', async () => {
  let away = true;
  const { firstTime } = createInbox({
    query: (text, values) => (away ? Promise.reject(new Error('away')) : db.query(text, values)),
  });

  const told = await Promise.allSettled(['d', 'd', 'e'].map((key) => firstTime(key, 'action')));
  away = false;

  expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(await firstTime('d', 'action')).toBe(true);
});
