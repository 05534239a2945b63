import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandboxFolder, type SandboxFolder } from '../../sandbox/folder.ts';
import { type PostgresCluster, startPostgres } from '../../sandbox/postgres.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';
import { migrate } from '../../src/migrate.ts';
import { createDatabase, type Database } from '../../src/store/database.ts';
import { patient } from '../../src/store/patience.ts';

let folder: SandboxFolder;
let cluster: PostgresCluster;
let db: Database;

beforeAll(async () => {
  folder = await createSandboxFolder('dr-test-');
  // Nothing is written down before somebody commits, so that a crash takes the numbers of transactions back too.
  const settings = { wal_writer_delay: '10s', bgwriter_delay: '10s', autovacuum: 'off' };
  cluster = await startPostgres({ folder, programs: await ensurePrograms(), name: 'crashing', settings });
  await cluster.query('postgres', 'create role worker login');
  await migrate(cluster.superuserUrl('postgres'), 'worker');
  db = createDatabase(cluster.superuserUrl('postgres'));
});

afterAll(async () => {
  await db.close();
  await cluster.stop();
  await folder.remove();
});

test('a transaction is done again after a crash, though its number was given to one that was committed', async () => {
  const numbers: (string | undefined)[] = [];
  const record = (on: Database, key: string) =>
    on.transact(async (tx) => {
      await tx.query("insert into inbox (key, kind) values ($1, 'test')", [key]);
      const { rows } = await tx.query<{ xid: string }>('select pg_current_xact_id()::text as xid');
      numbers.push(rows[0]?.xid);
    });
  const crashing: Database = {
    ...db,
    transact: (work) =>
      db.transact(async (tx) => {
        const result = await work(tx);
        if (numbers.length === 1) {
          await cluster.restart('immediate');
          await record(db, 'of somebody else');
        }
        return result;
      }),
  };

  await record(patient(crashing, 10_000), 'mine');

  const [mine, other] = numbers;
  expect(other).toBe(mine);
  const { rows } = await db.query<{ key: string }>('select key from inbox order by key');
  expect(rows.map(({ key }) => key)).toEqual(['mine', 'of somebody else']);
});
