import { execFile } from 'node:child_process';
import { appendFile, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { SandboxFolder } from './folder.ts';
import { queryOnce, runWithInput } from './postgres-client.ts';
import { endAtOnce, pauseProcesses, removeSharedMemory } from './postgres-crash.ts';
import { adoptProcess, freePort, type RunningProcess, signalled, startProcess } from './process.ts';
import type { Programs } from './programs.ts';

const run = promisify(execFile);

export type PostgresServer = ReturnType<typeof createServer>;

/** Server settings, as in postgresql.conf. */
export type Settings = Readonly<Record<string, string>>;

/**
 * Nothing written survives a power cut, everything written survives a killed server: the kernel still holds it. So a crash
 * of PostgreSQL, which the sandbox plays, loses no commit.
 */
const sandboxSettings: Settings = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  full_page_writes: 'off',
  max_wal_size: '2GB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%u@%d ',
  // In files of the data folder, so that a killed server leaves nothing behind in the machine's memory.
  dynamic_shared_memory_type: 'mmap',
};

export type Home = Awaited<ReturnType<typeof createHome>>;

/**
 * The folder of one server: `data`, the socket, server.conf, and pgpass, which holds the passwords with which it logs in
 * elsewhere. Owned by the user the server runs as.
 */
export async function createHome(folder: SandboxFolder, name: string) {
  const path = join(folder.path, name);
  const user = await unprivilegedUser();
  const own = async (...paths: string[]) => {
    if (user !== undefined) await Promise.all(paths.map((each) => chown(each, user.uid, user.gid)));
  };
  const passwords = join(path, 'pgpass');
  await mkdir(path);
  await writeFile(passwords, '', { mode: 0o600 });
  await own(path, passwords);
  return {
    path,
    dataFolder: join(path, 'data'),
    /** What the server's programs need, and a shell of its operator. */
    env: { PGPASSFILE: passwords, PGDATA: join(path, 'data'), HOME: path },
    user,
    own,
    keepPassword: (role: string, password: string) => appendFile(passwords, `*:*:*:${role}:${password}\n`),
  };
}

export type ServerOptions = {
  folder: SandboxFolder;
  programs: Programs;
  /** Names the log, and the server to those it streams from (cluster_name). */
  name: string;
  home: Home;
  /** The superuser's. */
  password: string;
  settings: Settings;
};

/**
 * A server on a data folder whose postgresql.conf includes ../server.conf: the settings of this server stay its own when
 * pg_basebackup or pg_rewind copies the data folder, and `pg_ctl -D data start` starts the same server as `start`.
 */
export function createServer({ folder, programs, name, home, password, settings }: ServerOptions) {
  const { dataFolder, user } = home;
  let port = 0;
  let server: RunningProcess | undefined;
  let paused: readonly number[] = [];
  let last: Promise<unknown> = Promise.resolve();

  /** Starts and stops come from several sides, and one waits for the other. */
  function inTurn(change: () => Promise<void>): Promise<void> {
    const turn = last.then(change);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function startNow() {
    if (server?.isRunning()) return;
    // A port that was free a moment ago may be taken; after the first start the number is a promise to the clients.
    for (let attempt = 1; ; attempt += 1) {
      const wanted = port === 0 ? await freePort() : port;
      await configure(wanted);
      try {
        server = await startProcess({
          folder,
          name: `postgres-${name}`,
          command: programs.postgres,
          args: ['-D', dataFolder],
          user,
          cwd: home.path,
          env: home.env,
          ready: async (pid) => {
            const state = await readState(dataFolder);
            return state.pid === pid && state.accepts;
          },
        });
        port = wanted;
        return;
      } catch (error) {
        if (port !== 0 || attempt === 3) throw error;
      }
    }
  }

  function configure(wanted: number): Promise<void> {
    const own = { cluster_name: name, port: String(wanted), unix_socket_directories: home.path };
    const lines = Object.entries({ ...sandboxSettings, ...settings, ...own }).map(
      ([key, value]) => `${key} = '${value.replaceAll("'", "''")}'\n`,
    );
    return writeFile(join(home.path, 'server.conf'), lines.join(''));
  }

  const start = () => inTurn(startNow);

  /** `fast` ends the sessions and writes everything out; `immediate` is a crash that the next start recovers from. */
  const stop = (mode: 'fast' | 'immediate' = 'fast') =>
    inTurn(async () => {
      resumeReplication();
      await server?.stop(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    });

  /** kill -9 of the server and all its processes in one moment: what was not sent to a standby by then never is. */
  const kill = () => inTurn(killNow);

  async function killNow() {
    if (!server?.isRunning()) return;
    const { sharedMemory } = await readState(dataFolder);
    await endAtOnce(server.pid);
    await server.stop('SIGKILL');
    resumeReplication();
    if (sharedMemory !== undefined) await removeSharedMemory(sharedMemory);
  }

  /** From here on commits are acknowledged and not sent to any standby, until `resumeReplication` or the end. */
  async function pauseReplication() {
    const rows = await query('postgres', 'select pid from pg_stat_replication');
    if (rows.length === 0) throw new Error(`No standby streams from ${name}, so nothing can be held back.`);
    paused = rows.map(({ pid }) => Number(pid));
    // A stopped process would outlive its server, were the sandbox killed now.
    for (const pid of paused) folder.guard(pid);
    await pauseProcesses(paused);
  }

  function resumeReplication() {
    for (const pid of paused) {
      signalled(pid, 'SIGCONT');
      folder.release(pid);
    }
    paused = [];
  }

  /**
   * Runs shell commands as the operator of this server: its user, PGDATA, the passwords it keeps, the programs of its
   * version. Stops at the first failure, whose error shows what was printed. A server started so is taken in.
   */
  async function shell(script: string): Promise<string> {
    const env = {
      ...process.env,
      ...home.env,
      PATH: [dirname(programs.postgres), process.env.PATH ?? ''].join(delimiter),
    };
    const { stdout } = await run('/bin/sh', ['-e', '-c', script], { ...user, cwd: home.path, env });
    const { pid } = await readState(dataFolder);
    if (!server?.isRunning() && pid !== undefined && signalled(pid, 0)) server = adoptProcess(folder, pid);
    return stdout;
  }

  const url = (database: string, role: string, secret: string) =>
    `postgres://${role}:${secret}@127.0.0.1:${port}/${database}`;
  const superuserUrl = (database: string) => url(database, 'postgres', password);
  /** Runs SQL as superuser in a session of its own and returns the rows of the last statement. */
  const query = (database: string, sql: string, values?: readonly unknown[]) =>
    queryOnce(superuserUrl(database), sql, values);

  return {
    name,
    dataFolder,
    settings,
    password,
    get port() {
      return port;
    },
    url,
    superuserUrl,
    isRunning: () => server?.isRunning() ?? false,
    start,
    stop,
    kill,
    async restart(mode: 'fast' | 'immediate' = 'fast') {
      await stop(mode);
      await start();
    },
    pauseReplication,
    resumeReplication,
    shell,
    /** Lets this server, and `shell` on it, log in elsewhere as `role`. */
    keepPassword: home.keepPassword,
    query,
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

/** What postmaster.pid tells. Its last line is the server's own word on its state, which is what pg_ctl waits for. */
async function readState(dataFolder: string) {
  const file = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = file.split('\n').map((line) => line.trim());
  return {
    pid: lines[0] ? Number(lines[0]) : undefined,
    sharedMemory: lines[6]?.split(/\s+/)[1],
    accepts: lines[7] === 'ready',
  };
}

/** PostgreSQL refuses to run as root, so root lends it the `postgres` account, or `nobody` where there is none. */
export async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
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
