import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SandboxFolder } from './folder.ts';
import { createHome, createServer, type PostgresServer, type Settings } from './postgres-server.ts';
import type { Programs } from './programs.ts';

export { connectionEnv, queryOnce, runWithInput } from './postgres-client.ts';

const run = promisify(execFile);

export type PostgresCluster = PostgresServer;

export type PostgresOptions = {
  folder: SandboxFolder;
  programs: Programs;
  /** Names the data folder, the socket folder and the log. */
  name: string;
  settings?: Settings;
};

/**
 * Makes and starts a private cluster: data checksums, its own socket folder, scram-sha-256 for every connection (other users
 * of the machine can reach 127.0.0.1, so trust would hand them the superuser).
 */
export async function startPostgres({ folder, programs, name, settings = {} }: PostgresOptions) {
  const home = await createHome(folder, name);
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(home.path, 'superuser');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await home.own(passwordFile);
  const initdbArgs = ['--data-checksums', '--auth=scram-sha-256', '--username=postgres', '--encoding=UTF8'];
  await run(
    programs.initdb,
    [...initdbArgs, '--locale=C.UTF-8', '--no-sync', `--pwfile=${passwordFile}`, '-D', home.dataFolder],
    { cwd: home.path, ...home.user },
  );
  await appendFile(join(home.dataFolder, 'postgresql.conf'), "include = '../server.conf'\n");
  const server = createServer({ folder, programs, name, home, password, settings });
  await server.start();
  return server;
}
