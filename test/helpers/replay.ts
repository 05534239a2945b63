import type { Database } from '../../src/store/database.ts';
import { verifyRecords } from '../../src/store/replay.ts';

/** Every record is the fold of its events, or an error that names the first that is not. Returns how many were compared. */
export async function assertStateEqualsLog(db: Pick<Database, 'query'>): Promise<number> {
  const replay = await verifyRecords(db);
  if (!replay.ok) throw new Error(`${replay.id} ${replay.reason}`);
  return replay.records;
}
