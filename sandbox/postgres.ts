import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { SandboxFolder } from './folder.ts';
import { freePort, type RunningProcess, startProcess } from './process.ts';
import type { Programs } from './programs.ts';

const run = promisify(execFile);

export type PostgresCluster = Awaited<ReturnType<typeof startPostgres>>;

export type PostgresOptions = {
  folder: SandboxFolder;
  programs: Programs;
  /** Names the data folder, the socket folder and the log. */
  name: string;
  /** Server settings, as in postgresql.conf. */
  settings?: Record<string, string>;
};

/**
 * Nothing written survives a power cut, everything written survives a killed server: the kernel still holds it. So a crash
 * of PostgreSQL, which the sandbox plays, loses no commit.
 */
const sandboxSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  max_wal_size: '2GB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%u@%d ',
} as const;

/**
 * Makes and starts a private cluster: data checksums, its own socket folder, scram-sha-256 for every connection (other users
 * of the machine can reach 127.0.0.1, so trust would hand them the superuser).
 */
export async function startPostgres({ folder, programs, name, settings = {} }: PostgresOptions) {
  const home = join(folder.path, name);
  const dataFolder = join(home, 'data');
  const password = randomBytes(12).toString('hex');
  const user = await unprivilegedUser();
  await mkdir(home);
  const passwordFile = join(home, 'superuser');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined)
    await Promise.all([home, passwordFile].map((path) => chown(path, user.uid, user.gid)));
  const initdbArgs = ['--data-checksums', '--auth=scram-sha-256', '--username=postgres', '--encoding=UTF8'];
  await run(
    programs.initdb,
    [...initdbArgs, '--locale=C.UTF-8', '--no-sync', `--pwfile=${passwordFile}`, '-D', dataFolder],
    { cwd: home, ...user },
  );

  let port = 0;
  let server: RunningProcess | undefined;

  async function start() {
    if (server?.isRunning()) return;
    const configured = Object.entries({ ...sandboxSettings, ...settings });
    // A port that was free a moment ago may be taken; after the first start the number is a promise to the clients.
    for (let attempt = 1; ; attempt += 1) {
      const wanted = port === 0 ? await freePort() : port;
      const listen = ['-D', dataFolder, '-h', '127.0.0.1', '-p', String(wanted), '-k', home];
      try {
        server = await startProcess({
          folder,
          name: `postgres-${name}`,
          command: programs.postgres,
          args: [...listen, ...configured.flatMap(([key, value]) => ['-c', `${key}=${value}`])],
          user,
          cwd: home,
          ready: () => acceptsConnections(dataFolder),
        });
        port = wanted;
        return;
      } catch (error) {
        if (port !== 0 || attempt === 3) throw error;
      }
    }
  }

  /** `fast` ends the sessions and writes everything out; `immediate` is a crash that the next start recovers from. */
  const stop = async (mode: 'fast' | 'immediate' = 'fast') =>
    server?.stop(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');

  const url = (database: string, role: string, secret: string) =>
    `postgres://${role}:${secret}@127.0.0.1:${port}/${database}`;
  const superuserUrl = (database: string) => url(database, 'postgres', password);

  await start();
  return {
    name,
    dataFolder,
    get port() {
      return port;
    },
    url,
    superuserUrl,
    start,
    stop,
    async restart(mode: 'fast' | 'immediate' = 'fast') {
      await stop(mode);
      await start();
    },
    /** Runs SQL as superuser in a session of its own and returns the rows of the last statement. */
    query: (database: string, sql: string, values?: readonly unknown[]) =>
      queryOnce(superuserUrl(database), sql, values),
    /** Runs psql on a script and stops at its first error. Returns what psql printed. */
    psql: (database: string, script: string) =>
      runWithInput(
        programs.psql,
        ['-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1'],
        script,
        superuserUrl(database),
      ),
  };
}

/** Opens a session, runs SQL and closes the session again. */
export async function queryOnce(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, application_name: 'sandbox' });
  await client.connect();
  try {
    const result: unknown =
      values.length === 0 ? await client.query(sql) : await client.query(sql, [...values]);
    const last: unknown = Array.isArray(result) ? result.at(-1) : result;
    return last instanceof Object && 'rows' in last && Array.isArray(last.rows) ? last.rows : [];
  } finally {
    await client.end();
  }
}

/** The environment in which psql, pg_dump and pg_restore reach `url`, so that no password is in the process list. */
export function connectionEnv(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
  };
}

/** Runs a PostgreSQL client program with `input` on its standard input; a failure carries what it printed. */
export async function runWithInput(
  command: string,
  args: readonly string[],
  input: string | Uint8Array,
  url: string,
): Promise<string> {
  const child = spawn(command, args, { env: { ...process.env, ...connectionEnv(url) } });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // A program that stops at an error closes its input before it has read all of it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${Buffer.concat(errors).toString('utf8')}`);
  return Buffer.concat(output).toString('utf8');
}

/** postmaster.pid ends with the server's own word on its state, which is what pg_ctl waits for. */
async function acceptsConnections(dataFolder: string): Promise<boolean> {
  const file = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  return file.split('\n')[7]?.trim() === 'ready';
}

/** PostgreSQL refuses to run as root, so root lends it the `postgres` account, or `nobody` where there is none. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(
      ['-u', '-g'].map((flag) =>
        run('id', [flag, name]).then(
          ({ stdout }) => Number(stdout),
          () => Number.NaN,
        ),
      ),
    );
    const [uid = Number.NaN, gid = Number.NaN] = ids;
    if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
  }
  throw new Error('PostgreSQL cannot run as root and this machine has neither a postgres nor a nobody user.');
}
