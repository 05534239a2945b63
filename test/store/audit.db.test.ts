import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { BOT, type IncidentEvent } from '../../src/domain/events.ts';
import { createCommit } from '../../src/store/commit.ts';
import { createDatabase, type Database, type Tx } from '../../src/store/database.ts';
import { type Verification, verifyChain } from '../../src/store/events.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { declared } from '../helpers/incidents.ts';

const ROWS = 8;

let home: TestDatabase;
let db: Database;
let owner: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  db = createDatabase(home.url);
  owner = createDatabase(home.ownerUrl);
  const commit = createCommit(async () => {});
  const notes = Array.from(
    { length: ROWS - 1 },
    (_, n): IncidentEvent => ({ kind: 'incident.note-added', text: `note ${n}` }),
  );
  await db.transact((tx) =>
    commit(tx, BOT, [{ type: 'incident', id: 'INC-2026-001', events: [declared(), ...notes] }]),
  );
});

afterAll(async () => {
  await Promise.all([db.close(), owner.close()]);
  await home.drop();
});

/** What verification says of a log that somebody with every right has changed; the change is rolled back. */
async function afterTampering(...statements: readonly string[]): Promise<Verification> {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${home.name}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query('begin');
    await client.query("set local session_replication_role = 'replica'");
    for (const statement of statements)
      expect((await client.query(statement)).rowCount, statement).not.toBe(0);
    const reader: Tx = { query: (text, values = []) => client.query(text, [...values]) };
    return await verifyChain(reader);
  } finally {
    await client.end();
  }
}

describe('a log that nobody touched', () => {
  test('verifies from its first to its last row', async () => {
    expect(await verifyChain(db)).toEqual({
      ok: true,
      events: ROWS,
      first: expect.stringMatching(/^[0-9a-f]{64}$/),
      head: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('verifies where there is nothing yet', async () => {
    const empty = await createTestDatabase();
    const fresh = createDatabase(empty.url);

    expect(await verifyChain(fresh)).toMatchObject({ ok: true, events: 0, head: '0'.repeat(64) });

    await fresh.close();
    await empty.drop();
  });
});

describe('a change by somebody who may do everything', () => {
  test.each([
    ['seq', 'seq = seq + 1000'],
    ['at', "at = at + interval '1 millisecond'"],
    ['at, finer than is hashed', "at = at + interval '1 microsecond'"],
    ['stream_type', "stream_type = 'run'"],
    ['stream_id', "stream_id = 'INC-2026-002'"],
    ['incident_id', "incident_id = 'INC-2026-002'"],
    ['incident_id to nothing', 'incident_id = null'],
    ['kind', "kind = 'incident.noted-added'"],
    ['prev', 'prev = set_byte(prev, 31, get_byte(prev, 31) # 1)'],
    ['hash', 'hash = set_byte(hash, 0, get_byte(hash, 0) # 128)'],
  ])('of %s is found', async (_, change) => {
    for (const seq of [1, 4, ROWS]) {
      const found = await afterTampering(`update events set ${change} where seq = ${seq}`);

      expect(found, `row ${seq}`).toMatchObject({ ok: false });
    }
  });

  test('of any byte of the content is found, at that row', async () => {
    const { rows } = await db.query<{ bytes: number }>(
      'select length(canon) as bytes from events where seq = 4',
    );
    const bytes = rows[0]?.bytes ?? 0;

    for (const at of [0, Math.floor(bytes / 2), bytes - 1]) {
      const flipped = `canon = set_byte(canon, ${at}, get_byte(canon, ${at}) # 1)`;
      expect(await afterTampering(`update events set ${flipped} where seq = 4`)).toMatchObject({
        ok: false,
        seq: 4,
        reason: expect.stringContaining('does not match its hash'),
      });
    }
  });

  test('of content and hash together is found at the next row, or by the head', async () => {
    const other = "convert_to(replace(convert_from(canon, 'UTF8'), 'note ', 'nope '), 'UTF8')";
    const hashed = `sha256(convert_to('drbot/audit/v1', 'UTF8') || '\\x00'::bytea || prev || int8send(seq) || ${other})`;
    const forged = (seq: number) => `update events set canon = ${other}, hash = ${hashed} where seq = ${seq}`;

    expect(await afterTampering(forged(4))).toEqual({
      ok: false,
      seq: 5,
      reason: 'does not follow the event before it',
    });
    expect(await afterTampering(forged(ROWS))).toMatchObject({
      ok: false,
      seq: ROWS,
      reason: expect.stringContaining('the end is missing or was replaced'),
    });
  });

  test.each([
    [1, 2, 'expected event 1, found event 2'],
    [4, 5, 'expected event 4, found event 5'],
    [ROWS, ROWS - 1, `the head stands at event ${ROWS}`],
  ])('that deletes row %d is found', async (seq, at, reason) => {
    expect(await afterTampering(`delete from events where seq = ${seq}`)).toMatchObject({
      ok: false,
      seq: at,
      reason: expect.stringContaining(reason),
    });
  });

  test('that deletes everything is found', async () => {
    expect(await afterTampering('delete from events')).toMatchObject({ ok: false, seq: 0 });
  });

  test('that swaps two rows is found', async () => {
    const swap = ['set seq = -1 where seq = 3', 'set seq = 3 where seq = 4', 'set seq = 4 where seq = -1'];
    const unchecked = 'alter table events drop constraint events_seq_check';

    expect(await afterTampering(unchecked, ...swap.map((part) => `update events ${part}`))).toMatchObject({
      ok: false,
      seq: 3,
      reason: 'does not follow the event before it',
    });
  });

  test('that moves only the content of two rows is found', async () => {
    const moved = `update events set canon = other.canon from events other
      where events.seq in (3, 4) and other.seq = 7 - events.seq`;

    expect(await afterTampering(moved)).toMatchObject({ ok: false, seq: 3 });
  });

  test.each([
    ['at the end', ROWS + 1, 'hash'],
    [
      'with the hash of the last as its forerunner',
      ROWS + 1,
      '(select hash from events order by seq desc limit 1)',
    ],
  ])('that inserts a copy of a row %s is found', async (_, seq, prev) => {
    const copy = `insert into events select ${seq}, at, stream_type, stream_id, incident_id, kind, canon, ${prev}, sha256('x') from events where seq = 4`;

    expect(await afterTampering(copy)).toMatchObject({ ok: false, seq });
  });

  test('that inserts a row in the middle is found', async () => {
    const room = `update events set seq = seq + 1000 where seq > 4`;
    const close = `update events set seq = seq - 999 where seq > 1000`;
    const copy = `insert into events select 5, at, stream_type, stream_id, incident_id, kind, canon, hash, sha256('x') from events where seq = 4`;

    expect(await afterTampering(room, close, copy)).toMatchObject({ ok: false, seq: 5 });
  });

  test('that cuts the tail is found by the head', async () => {
    expect(await afterTampering('delete from events where seq > 5')).toMatchObject({ ok: false, seq: 5 });
  });

  test('that cuts the tail and sets the head back shows only beside a head that was written down elsewhere', async () => {
    const known = await verifyChain(db);

    const cut = await afterTampering(
      'delete from events where seq > 5',
      'update chain_head set seq = 5, hash = (select hash from events where seq = 5)',
    );

    expect(cut).toMatchObject({ ok: true, events: 5 });
    expect(cut.ok && known.ok && cut.head !== known.head).toBe(true);
  });

  test('that loses the head is found', async () => {
    expect(await afterTampering('delete from chain_head')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('event unknown'),
    });
  });
});

describe('changing the log in the ordinary way', () => {
  const statements = ['update events set kind = kind', 'delete from events', 'truncate events'];

  test.each(statements)('%s is not granted to the role the bot runs with', async (statement) => {
    await expect(db.query(statement)).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('denied'),
    });
  });

  test.each(statements)('%s is refused to the owner of the table', async (statement) => {
    await expect(owner.query(statement)).rejects.toThrow('events are appended, never changed');
  });

  test.each([
    'delete from chain_head',
    'truncate chain_head',
    "insert into chain_head values (false, 0, '')",
  ])('%s is not granted to the role the bot runs with', async (statement) => {
    await expect(db.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test.each([
    'alter table events disable trigger all',
    'drop table events',
    "create or replace function refuse_change() returns trigger language plpgsql as 'begin return new; end'",
  ])('the role the bot runs with cannot take the protection away: %s', async (statement) => {
    await expect(db.query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});
