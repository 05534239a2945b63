import { createSandboxFolder } from '../sandbox/folder.ts';
import { queryOnce, startPostgres } from '../sandbox/postgres.ts';
import { ensurePrograms } from '../sandbox/programs.ts';
import { migrate } from '../src/migrate.ts';

export type Store = Awaited<ReturnType<typeof startStore>>;

/** A private PostgreSQL with the bot's tables in the database `bench`, and nothing else of the world. */
export async function startStore() {
  const programs = await ensurePrograms();
  const folder = await createSandboxFolder('dr-bench-');
  const cluster = await startPostgres({ folder, programs, name: 'bench' });
  const admin = cluster.superuserUrl('postgres');
  await queryOnce(admin, "create role owner login password 'x'");
  await queryOnce(admin, "create role runtime login password 'x'");
  await queryOnce(admin, 'create database bench owner owner');
  await migrate(cluster.url('bench', 'owner', 'x'), 'runtime');
  return {
    folder,
    url: (database = 'bench') => cluster.url(database, 'runtime', 'x'),
    admin: (sql: string, database = 'bench') => queryOnce(cluster.superuserUrl(database), sql),
    async stop(): Promise<void> {
      await cluster.stop('immediate');
      await folder.remove();
    },
  };
}
