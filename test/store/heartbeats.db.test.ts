import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Heartbeat } from '../../src/domain/heartbeat.ts';
import { createDatabase, type Database } from '../../src/store/database.ts';
import { jobRunsOf, pruneHeartbeats, recordHeartbeat } from '../../src/store/heartbeats.ts';
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

const START = Date.parse('2026-03-01T02:00:00Z');
const minute = (n: number) => new Date(START + n * 60_000);

function told(said: Partial<Heartbeat> & Pick<Heartbeat, 'backup'>): Heartbeat {
  return {
    ...{ system: 'janua', from: 'heartbeat', run: '1', state: 'success', at: minute(0) },
    ...{ bytes: null, durationMs: null, reason: null },
    ...said,
  };
}

test('a run is told as it was recorded, and a repeated word changes nothing', async () => {
  const backup = 'as-recorded';
  const end = told({ backup, state: 'failure', at: minute(5), bytes: 2 ** 40, reason: 'no “space” 💾' });

  const first = [
    await recordHeartbeat(db, told({ backup, state: 'start' })),
    await recordHeartbeat(db, end),
    await recordHeartbeat(db, { ...end, at: minute(9), bytes: 1, reason: 'other' }),
  ];

  expect(first).toEqual(['new', 'new', 'repeated']);
  expect(await jobRunsOf(db, 'janua', backup, 10)).toEqual([
    {
      ...{ id: '1', from: 'heartbeat', state: 'failed', startedAt: minute(0), endedAt: minute(5) },
      ...{ bytes: 2 ** 40, reason: 'no “space” 💾' },
    },
  ]);
});

test('of many who send the same at once, one is told that it is new', async () => {
  const twin = createDatabase(home.url);

  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      recordHeartbeat(n % 2 === 0 ? db : twin, told({ backup: 'at-once' })),
    ),
  );
  await twin.close();

  expect(outcomes.filter((outcome) => outcome === 'new')).toHaveLength(1);
});

test('the newest runs are told, each whole, also when its start is long before those of the others', async () => {
  const backup = 'newest';
  await recordHeartbeat(db, told({ backup, run: 'long', state: 'start', at: minute(0) }));
  for (let n = 1; n <= 20; n++) {
    await recordHeartbeat(db, told({ backup, run: `${n}`, state: 'start', at: minute(n) }));
    await recordHeartbeat(db, told({ backup, run: `${n}`, at: minute(n + 0.5) }));
  }
  await recordHeartbeat(db, told({ backup, run: 'long', at: minute(21) }));

  const runs = await jobRunsOf(db, 'janua', backup, 5);
  const all = await jobRunsOf(db, 'janua', backup, 100);

  expect(runs.map(({ id }) => id)).toEqual(['20', '19', '18', '17', '16']);
  expect(all).toHaveLength(21);
  expect(all.at(-1)).toMatchObject({ id: 'long', startedAt: minute(0), endedAt: minute(21) });
});

test('backups and systems of other names, and what SNS told, are kept apart', async () => {
  const backup = 'apart';
  await recordHeartbeat(db, told({ backup }));
  await recordHeartbeat(db, told({ backup, from: 'sns' }));
  await recordHeartbeat(db, told({ backup, system: 'veza' }));
  await recordHeartbeat(db, told({ backup: 'apart-2' }));

  const runs = await jobRunsOf(db, 'janua', backup, 10);

  expect(runs.map(({ from }) => from).toSorted()).toEqual(['heartbeat', 'sns']);
  expect(await jobRunsOf(db, 'veza', backup, 10)).toHaveLength(1);
  expect(await jobRunsOf(db, 'veza', 'nobody', 10)).toEqual([]);
});

test('heartbeats are kept for 90 days of the database’s clock', async () => {
  const { rows } = await db.query<{ old: Date; young: Date }>(
    "select dr_now() - interval '90 days 1 minute' as old, dr_now() - interval '89 days' as young",
  );
  const backup = 'kept';
  for (const [run, at] of Object.entries(rows[0] ?? {})) await recordHeartbeat(db, told({ backup, run, at }));

  await pruneHeartbeats(db);

  expect((await jobRunsOf(db, 'janua', backup, 10)).map(({ id }) => id)).toEqual(['young']);
});

test('the bot cannot change what was told', async () => {
  await expect(db.query("update heartbeats set state = 'success'")).rejects.toMatchObject({ code: '42501' });
});
