import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../../sandbox/tcp-proxy.ts';
import { createDatabase, type Database } from '../../src/store/database.ts';
import { patient } from '../../src/store/patience.ts';
import { firstTimes } from '../../src/store/surroundings.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let home: TestDatabase;
let proxy: TcpProxy;
let plain: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  proxy = await startTcpProxy({ port: Number(new URL(home.url).port) });
  plain = createDatabase(Object.assign(new URL(home.url), { port: String(proxy.port) }).href);
});

afterAll(async () => {
  await plain.close();
  await proxy.stop();
  await home.drop();
});

beforeEach(() => plain.query('delete from inbox'));

const keys = async () =>
  (await plain.query<{ key: string }>('select key from inbox order by key')).rows.map(({ key }) => key);

const record = (db: Database, key: string) =>
  db.transact(async (tx) => {
    await tx.query("insert into inbox (key, kind) values ($1 || '/' || gen_random_uuid(), 'test')", [key]);
    return key;
  });

describe('a patient database', () => {
  test.for([
    { at: 'begin', lose: 'request' },
    { at: 'insert into inbox', lose: 'request' },
    { at: 'insert into inbox', lose: 'reply' },
    { at: 'insert into commits', lose: 'reply' },
    { at: 'commit', lose: 'request' },
    { at: 'commit', lose: 'reply' },
  ] as const)('records a transaction once whose $at loses its $lose', async ({ at, lose }) => {
    const struck = proxy.fault({ at, lose });

    const result = await record(patient(plain, 5_000), 'once');

    await struck;
    expect(result).toBe('once');
    expect(await keys()).toHaveLength(1);
  });

  test('asks again what only reads, and writes nothing there', async () => {
    const struck = proxy.fault({ at: 'commit', lose: 'reply' });

    const one = patient(plain, 5_000).transact(async (tx) => {
      await tx.query('set transaction read only');
      return (await tx.query<{ one: number }>('select 1 as one')).rows[0]?.one;
    });

    await struck;
    expect(await one).toBe(1);
  });

  test('that is away for a second is waited for, by transactions and by questions', async () => {
    const struck = proxy.fault({ at: 'commit', lose: 'reply', down: true });
    const back = struck.then(() => sleep(1_000)).then(() => proxy.up());
    const db = patient(plain, 5_000);

    const recorded = record(db, 'once');
    await struck;
    const asked = db.query<{ one: number }>('select 1 as one');

    expect((await asked).rows).toEqual([{ one: 1 }]);
    expect(await recorded).toBe('once');
    await back;
    expect(await keys()).toHaveLength(1);
  });

  test('that stays away is given up, and a fault of the work itself is not tried again', async () => {
    let tries = 0;
    const broken = patient(plain, 5_000).transact(async () => {
      tries++;
      throw new Error('a bug');
    });
    await expect(broken).rejects.toThrow('a bug');
    expect(tries).toBe(1);

    const struck = proxy.fault({ at: 'commit', lose: 'request', down: true });
    const given = record(patient(plain, 1_000), 'never');
    await struck;

    await expect(given).rejects.toMatchObject({ code: 'database-unreachable', retry: 'later' });
    proxy.up();
    expect(await keys()).toEqual([]);
  });

  test('says of a request whose row was written and whose answer was lost that it is the first, and of a second delivery not', async () => {
    const asked = new Map([['command/1', 'command']]);
    const struck = proxy.fault({ at: 'insert into inbox', lose: 'reply' });

    expect([...(await firstTimes(patient(plain, 5_000), asked, 'here'))]).toEqual(['command/1']);
    await struck;
    expect([...(await firstTimes(plain, asked, 'there'))]).toEqual([]);
  });
});
