import { execFile, spawn } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const postgresPrograms = [
  'initdb',
  'postgres',
  'pg_ctl',
  'psql',
  'pg_dump',
  'pg_restore',
  'pg_basebackup',
  'pg_rewind',
] as const;

/** Absolute paths of the programs the sandbox runs. All PostgreSQL programs come from one folder, so from one version. */
export type Programs = Record<(typeof postgresPrograms)[number] | 'redis-server', string>;

export type ProgramOptions = {
  /** Install without asking. CI=true in the environment says the same. */
  yes?: boolean;
  env?: Record<string, string | undefined>;
  /** Folders that hold one folder per PostgreSQL version, as Debian installs them. */
  versionFolders?: readonly string[];
  /** Where Redis is looked for besides the path. */
  redisFolders?: readonly string[];
};

/** The machine lacks programs and nobody allowed installing them. The message ends with the command to type. */
export class MissingProgramsError extends Error {
  readonly exitCode = 2;
}

/**
 * Finds the programs, or installs them with apt-get: at once with `yes` or CI=true, after a question on a terminal.
 * Throws `MissingProgramsError` otherwise. The Debian packages start a cluster and a Redis of their own, which stay as they are.
 */
export async function ensurePrograms(options: ProgramOptions = {}): Promise<Programs> {
  const env = options.env ?? process.env;
  const found = await findPrograms(options);
  if (found.missing.length === 0) return found.programs;

  const install = await installCommand(env, found.packages);
  const advice = `Missing on this machine: ${found.missing.join(', ')}.`;
  if (install === undefined)
    throw new MissingProgramsError(`${advice} Install PostgreSQL 15 or newer and Redis, then start again.`);
  if (!(options.yes || env.CI === 'true' || (await agrees(`${advice} Install with: ${install} ? [y/N] `))))
    throw new MissingProgramsError(`${advice} Install with:\n\n  ${install}\n`);

  await shell(install, env);
  const again = await findPrograms(options);
  if (again.missing.length === 0) return again.programs;
  throw new MissingProgramsError(`Still missing after \`${install}\`: ${again.missing.join(', ')}.`);
}

async function findPrograms({
  env = process.env,
  versionFolders = ['/usr/lib/postgresql'],
  redisFolders = ['/usr/local/bin', '/usr/bin'],
}: ProgramOptions) {
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const configured = await run('pg_config', ['--bindir'], { env }).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  );
  const folders = [...configured, ...path, ...(await newestFirst(versionFolders))];
  const postgres = await firstFolderWith(folders, postgresPrograms);
  const redis = await firstFolderWith([...path, ...redisFolders], ['redis-server']);

  const missing = [
    ...(postgres === undefined ? ['PostgreSQL (initdb, postgres, psql, pg_dump, pg_restore)'] : []),
    ...(redis === undefined ? ['redis-server'] : []),
  ];
  const packages = [
    ...(postgres === undefined ? ['postgresql'] : []),
    ...(redis === undefined ? ['redis-server'] : []),
  ];
  const at = (name: (typeof postgresPrograms)[number]) => join(postgres ?? '', name);
  const programs: Programs = {
    initdb: at('initdb'),
    postgres: at('postgres'),
    pg_ctl: at('pg_ctl'),
    psql: at('psql'),
    pg_dump: at('pg_dump'),
    pg_restore: at('pg_restore'),
    pg_basebackup: at('pg_basebackup'),
    pg_rewind: at('pg_rewind'),
    'redis-server': join(redis ?? '', 'redis-server'),
  };
  return { programs, missing, packages };
}

async function newestFirst(versionFolders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of versionFolders) {
    const versions = await readdir(folder).catch(() => []);
    versions.sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a));
    found.push(...versions.map((version) => join(folder, version, 'bin')));
  }
  return found;
}

async function firstFolderWith(folders: readonly string[], names: readonly string[]) {
  for (const folder of folders) {
    const checks = names.map((name) => access(join(folder, name), constants.X_OK));
    if ((await Promise.allSettled(checks)).every((check) => check.status === 'fulfilled')) return folder;
  }
  return undefined;
}

async function installCommand(env: Record<string, string | undefined>, packages: readonly string[]) {
  const path = (env.PATH ?? '').split(delimiter);
  if ((await firstFolderWith(path, ['apt-get'])) === undefined) return undefined;
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(question);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function shell(command: string, env: Record<string, string | undefined>): Promise<void> {
  const child = spawn('/bin/sh', ['-c', command], {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['inherit', 'inherit', 'inherit'],
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new MissingProgramsError(`The installation failed (exit code ${code}): ${command}`);
}
