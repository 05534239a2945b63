import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson, toJson } from '../../src/domain/canonical.ts';
import { BOT } from '../../src/domain/events.ts';
import { createQueue } from '../../src/queue/boss.ts';
import { readIncident } from '../../src/store/aggregates.ts';
import { type Commit, createCommit } from '../../src/store/commit.ts';
import { createDatabase, type Database } from '../../src/store/database.ts';
import { eventsOfIncident, verifyChain } from '../../src/store/events.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { declared, foldIncident } from '../helpers/incidents.ts';
import { assertStateEqualsLog } from '../helpers/replay.ts';

let home: TestDatabase;
let db: Database;
let queue: ReturnType<typeof createQueue>;
let commit: Commit;

beforeAll(async () => {
  home = await createTestDatabase();
  db = createDatabase(home.url, { max: 10 });
  queue = createQueue(home.url, { supervise: false, log: () => {} });
  await queue.start();
  commit = createCommit(queue.enqueue);
});

afterAll(async () => {
  await queue.stop();
  await db.close();
  await home.drop();
});

describe('commit', () => {
  test('writes events, folded state, surfaces and a job in one transaction', async () => {
    await db.transact((tx) =>
      commit(tx, BOT, [{ type: 'incident', id: 'INC-2026-001', events: [declared()] }]),
    );

    const events = await eventsOfIncident(db, 'INC-2026-001');
    const located = await readIncident(db, 'INC-2026-001');
    const { rows: surfaces } = await db.query(
      'select surface from deliveries where owner = $1 order by surface',
      ['INC-2026-001'],
    );
    const { rows: jobs } = await db.query("select name from pgboss.job where singleton_key = 'INC-2026-001'");

    expect(events.map(({ event }) => event.kind)).toEqual(['incident.declared']);
    expect(canonicalJson(toJson(located?.state))).toBe(canonicalJson(toJson(foldIncident(events))));
    expect(surfaces.map((row) => row.surface)).toEqual(['announcement', 'channel', 'incident-card']);
    expect(jobs).toHaveLength(1);
  });

  test('takes words that PostgreSQL cannot hold, in the log and in the state alike', async () => {
    const words = { ...declared(), title: `half \ud83d and \0 nothing` };
    await db.transact((tx) => commit(tx, BOT, [{ type: 'incident', id: 'INC-2026-009', events: [words] }]));

    const events = await eventsOfIncident(db, 'INC-2026-009');
    const located = await readIncident(db, 'INC-2026-009');

    expect(located?.state.title).toBe('half \uFFFD and \uFFFD nothing');
    expect(canonicalJson(toJson(located?.state))).toBe(canonicalJson(toJson(foldIncident(events))));
  });

  test('leaves nothing behind when the transaction fails after it', async () => {
    const attempt = db.transact(async (tx) => {
      await commit(tx, BOT, [{ type: 'incident', id: 'INC-2026-002', events: [declared()] }]);
      throw new Error('the caller failed');
    });

    await expect(attempt).rejects.toThrow('the caller failed');
    expect(await readIncident(db, 'INC-2026-002')).toBeUndefined();
    expect(await eventsOfIncident(db, 'INC-2026-002')).toEqual([]);
  });

  test('8 writers × 200 commits on 3 incidents: no deadlock, an unbroken chain, no record behind its events', {
    timeout: 180_000,
  }, async () => {
    const ids = ['INC-2026-101', 'INC-2026-102', 'INC-2026-103'];
    for (const id of ids)
      await db.transact((tx) => commit(tx, BOT, [{ type: 'incident', id, events: [declared()] }]));

    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < 200; i++) {
          const id = ids[(writer + i) % ids.length] ?? '';
          await db.transact((tx) =>
            commit(tx, BOT, [
              { type: 'incident', id, events: [{ kind: 'incident.note-added', text: `${writer}/${i}` }] },
            ]),
          );
        }
      }),
    );

    const counts = await Promise.all(ids.map(async (id) => (await eventsOfIncident(db, id)).length));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(8 * 200 + 3);
    expect(await verifyChain(db)).toMatchObject({ ok: true });
    expect(await assertStateEqualsLog(db)).toBe(2 + ids.length);
  });
});
