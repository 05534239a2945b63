import { expect, test } from 'vitest';
import { startSoak } from '../../sandbox/soak.ts';
import { createDatabase } from '../../src/store/database.ts';
import { verifyRecords } from '../../src/store/replay.ts';

/** `npm run soak` does the same with a hundred crashes. */
const CRASHES = 4;

test('PostgreSQL crashes again and again under two replicas at work: nothing is lost in silence, nothing happens twice', async () => {
  const soak = await startSoak();
  try {
    const soaked = await soak.restart(CRASHES);

    expect(soaked.faults).toEqual([]);
    expect(soaked.notes.recorded).toBeGreaterThan(5);
    expect(soaked.runs).toBeGreaterThan(0);
    const db = createDatabase(soak.databaseUrl, { max: 1 });
    expect(await verifyRecords(db)).toMatchObject({ ok: true });
    await db.close();
  } finally {
    await soak.stop();
  }
});
