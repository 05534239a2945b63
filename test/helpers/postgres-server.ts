import type { TestProject } from 'vitest/node';
import { createSandboxFolder, type SandboxFolder } from '../../sandbox/folder.ts';
import { type PostgresCluster, startPostgres } from '../../sandbox/postgres.ts';
import { ensurePrograms } from '../../sandbox/programs.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser connection to the database `postgres` of the cluster all database tests share. */
    postgresUrl: string;
  }
}

let folder: SandboxFolder | undefined;
let cluster: PostgresCluster | undefined;

export async function setup(project: TestProject): Promise<void> {
  const programs = await ensurePrograms();
  folder = await createSandboxFolder('dr-test-');
  cluster = await startPostgres({ folder, programs, name: 'tests' });
  project.provide('postgresUrl', cluster.superuserUrl('postgres'));
}

export async function teardown(): Promise<void> {
  await cluster?.stop('immediate');
  await folder?.remove();
}
