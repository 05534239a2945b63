import { createJanuaDatabase, database, seedHistory, seedUntil, writeNewest } from './database.ts';
import { type DumpOptions, nightsBefore, storeDumps, takeSnapshot } from './dumps.ts';
import { backups, rowsOf } from './numbers.ts';

export const tables = [
  'accounts',
  'audit_log',
  'jwk_keys',
  'oauth_clients',
  'organizations',
  'sessions',
] as const;

export type Table = (typeof tables)[number];
export type RowCounts = Record<Table, number>;

export type Janua = Awaited<ReturnType<typeof createJanua>>;

/** Janua's database with its data, and its backups in the bucket. The application and its worker are started apart. */
export async function createJanua(options: DumpOptions, signal?: AbortSignal) {
  const { cluster, now, watched = false, share = 1 } = options;
  const rows = rowsOf(share);
  const takenAt = watched
    ? nightsBefore(now, backups.length)
    : backups.map(({ agoMs }) => new Date(now.getTime() - agoMs));
  const history = { now, takenAt, rows };
  signal?.throwIfAborted();
  const janua = await createJanuaDatabase(cluster);
  await seedHistory(cluster, history);
  signal?.throwIfAborted();
  const snapshots = [];
  for (const index of backups.keys()) {
    await seedUntil(cluster, history, index);
    snapshots.push(await takeSnapshot(cluster));
  }

  async function countRows(): Promise<RowCounts> {
    const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
    const [row = {}] = await cluster.query(database, `select ${counts.join(', ')}`);
    const count = (table: Table) => Number(row[table]);
    return {
      accounts: count('accounts'),
      audit_log: count('audit_log'),
      jwk_keys: count('jwk_keys'),
      oauth_clients: count('oauth_clients'),
      organizations: count('organizations'),
      sessions: count('sessions'),
    };
  }

  signal?.throwIfAborted();
  const rowsInNewestGood = await countRows();
  const [dumps] = await Promise.all([
    storeDumps(options, takenAt, snapshots),
    writeNewest(janua, cluster, history),
  ]);
  await Promise.all(snapshots.map((snapshot) => snapshot.release()));
  const newestGood = dumps.findLast((dump) => dump.good);
  if (newestGood === undefined) throw new Error('No good backup was made.');

  return {
    ...janua,
    now,
    rows,
    countRows,
    truth: { dumps, newestGood, rowsInNewestGood, rowsBefore: await countRows() },
  };
}

export const totalRows = (counts: RowCounts) => Object.values(counts).reduce((sum, count) => sum + count, 0);
