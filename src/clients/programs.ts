import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, readdir, realpath } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Connections } from '../domain/connections.ts';
import { AppError } from '../errors.ts';
import { hop } from '../hop.ts';
import { scrub } from './secrets.ts';

const NAMES = ['psql', 'pg_restore', 'pg_dump'] as const;
export type ProgramName = (typeof NAMES)[number];

export interface ProgramOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Where the program connects to. It travels in the environment, which other users of the machine cannot read. */
  readonly url?: string;
  /** Further PG… variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Readable;
  /** Takes standard output as it comes; then `stdout` of the result stays empty. Throwing ends the program. */
  readonly output?: (stdout: Readable) => Promise<void>;
  /** Each line of standard error as it comes, scrubbed, for progress. */
  readonly onLine?: (line: string) => void;
}

/** What a program left. Both texts hold at most their last 256 kB, scrubbed. `code` is null when a signal ended it. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ClientVersion {
  readonly major: number;
  readonly minor: number;
  /** As PostgreSQL writes it: `15.20`. */
  readonly text: string;
}

export type Programs = ReturnType<typeof createPrograms>;

/** The PostgreSQL client programs of this machine, run without a shell and without the bot's own environment. */
export function createPrograms(
  connections: Pick<Connections, 'allowVulnerableClients'>,
  env: NodeJS.ProcessEnv = process.env,
) {
  let folder: Promise<string> | undefined;

  async function pathOf(name: ProgramName): Promise<string> {
    folder ??= findFolder(env).catch((error: unknown) => {
      // Installed meanwhile, they are found at the next call.
      folder = undefined;
      throw error;
    });
    return join(await folder, name);
  }

  /** Runs a program to its end. A failure exit is a result, not an error: only the caller knows what it means. */
  async function run(
    name: ProgramName,
    args: readonly string[],
    options: ProgramOptions,
  ): Promise<ProgramResult> {
    options.signal.throwIfAborted();
    const file = await pathOf(name);
    hop(`${name}:before`);
    const result = await runFile(file, args, options, env);
    hop(`${name}:after`);
    return result;
  }

  /** The version of the programs; all three come from one folder, so they are of one version. */
  async function clientVersion(options: { signal: AbortSignal }): Promise<ClientVersion> {
    const { stdout, stderr } = await run('psql', ['--version'], { ...options, timeoutMs: 10_000 });
    const version = parseVersion(stdout.match(/\(PostgreSQL\) (\S+)/)?.[1] ?? '');
    if (version !== undefined) return version;
    throw new AppError(
      'config-invalid',
      `psql does not tell its version: ${clip(stdout + stderr)}. Install the PostgreSQL client programs, or name their folder in DR_PG_BIN.`,
    );
  }

  /**
   * Refuses programs with known holes: reading a crafted dump with them runs the attacker's code. Call it before any
   * dump is given to psql or pg_restore.
   */
  async function requireSafe(options: { signal: AbortSignal }): Promise<ClientVersion> {
    const version = await clientVersion(options);
    const holes = vulnerable(version);
    if (holes === undefined || connections.allowVulnerableClients !== undefined) return version;
    throw new AppError(
      'client-too-old',
      `The PostgreSQL client programs here are ${version.text}, with known holes: ${holes.cves.join(', ')}. Nothing was touched. ` +
        `Upgrade the package postgresql-client-${holes.package} to ${holes.fixedIn} or newer, or write a reason under allowVulnerableClients in connections.yml.`,
    );
  }

  return { run, clientVersion, requireSafe };
}

/** `15.20` of a longer text like `15.20 (Debian 15.20-0+deb12u1)`; undefined when there is no version in front. */
export function parseVersion(text: string): ClientVersion | undefined {
  const match = text.match(/^(\d+)(?:\.(\d+))?/);
  if (match?.[1] === undefined) return undefined;
  return { major: Number(match[1]), minor: Number(match[2] ?? 0), text: match[0] };
}

/** First safe minor version of each supported major (SLACK.md §0.6). Older majors are out of support and never fixed. */
const FIXED: readonly { cve: string; minors: Readonly<Record<number, number>> }[] = [
  { cve: 'CVE-2026-18408', minors: { 18: 6, 17: 11, 16: 15, 15: 19, 14: 24 } },
  { cve: 'CVE-2026-116314', minors: { 18: 7, 17: 12, 16: 16, 15: 20, 14: 25 } },
];
const OLDEST_SUPPORTED = 14;
const NEWEST_AFFECTED = 18;

/** The known holes of a client version and the version that closes them all; undefined when there are none. */
export function vulnerable(version: ClientVersion) {
  const { major, minor } = version;
  if (major > NEWEST_AFFECTED) return undefined;
  const open = FIXED.filter(({ minors }) => minor < (minors[major] ?? Number.POSITIVE_INFINITY));
  if (open.length === 0) return undefined;
  const target = major < OLDEST_SUPPORTED ? NEWEST_AFFECTED : major;
  const fixedIn = `${target}.${Math.max(...FIXED.map(({ minors }) => minors[target] ?? 0))}`;
  return { cves: open.map(({ cve }) => cve), package: target, fixedIn };
}

/**
 * DR_PG_BIN, else PATH, else Debian's folders, newest first. Debian's pg_wrapper in PATH is passed over: it chooses a
 * version anew at each call, so the version checked need not be the version run.
 */
async function findFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const configured = env.DR_PG_BIN;
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  const folders =
    configured === undefined
      ? [
          ...(env.PATH ?? '').split(delimiter).filter(Boolean),
          ...versions.map((version) => join(root, version, 'bin')),
        ]
      : [configured];
  for (const folder of folders) if (await holdsPrograms(folder)) return folder;
  throw new AppError(
    'config-invalid',
    `${NAMES.join(', ')} were not found${configured === undefined ? '' : ` in DR_PG_BIN (${configured})`}. Install the package postgresql-client, or name their folder in DR_PG_BIN.`,
  );
}

async function holdsPrograms(folder: string): Promise<boolean> {
  const checks = NAMES.map(async (name) => {
    const path = join(folder, name);
    await access(path, constants.X_OK);
    return basename(await realpath(path)) !== 'pg_wrapper';
  });
  return Promise.all(checks).then(
    (real) => real.every(Boolean),
    () => false,
  );
}

/** Runs a file to its end, with no more of the environment than the programs need. */
export async function runFile(
  file: string,
  args: readonly string[],
  options: ProgramOptions,
  env: NodeJS.ProcessEnv,
): Promise<ProgramResult> {
  const name = basename(file);
  const stop = new AbortController();
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout, stop.signal]);
  const child = spawn(file, [...args], { env: environment(options, env), stdio: 'pipe' });
  const release = endOnAbort(child, signal);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const fail = (error: unknown) => stop.abort(error);
  // A program that has seen enough closes its input; its exit code tells more than EPIPE does.
  const fed =
    options.input === undefined
      ? void child.stdin.end()
      : pipeline(options.input, child.stdin).catch((error: unknown) => {
          if (!isBrokenPipe(error)) fail(error);
        });
  const stdout = options.output === undefined ? collect(child.stdout) : undefined;
  const drained = options.output?.(child.stdout).catch(fail);
  const stderr = collect(child.stderr, options.onLine && ((line) => options.onLine?.(scrub(line))));
  try {
    const code = await ended;
    await Promise.all([fed, drained]);
    if (timeout.aborted && !options.signal.aborted)
      throw new AppError(
        'step-timeout',
        `${name} did not end within ${Math.round(options.timeoutMs / 1000)} s and was stopped.`,
        { retry: 'later' },
      );
    signal.throwIfAborted();
    return { code, stdout: scrub(stdout?.() ?? ''), stderr: scrub(stderr()) };
  } finally {
    release();
  }
}

/** Asks the program to end, and ends it after 5 s. */
function endOnAbort(child: ChildProcess, signal: AbortSignal): () => void {
  let force: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGTERM');
    force = setTimeout(() => {
      child.kill('SIGKILL');
      // What the program itself started may hold its output open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, 5_000);
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return () => {
    signal.removeEventListener('abort', end);
    clearTimeout(force);
  };
}

const KEPT_CHARACTERS = 256 * 1024;

/** Keeps the end of a stream's text, and hands its lines on. A line longer than what is kept is cut in front. */
function collect(stream: Readable, onLine?: (line: string) => void): () => string {
  let kept = '';
  let line = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    kept = (kept + text).slice(-KEPT_CHARACTERS);
    if (onLine === undefined) return;
    const lines = (line + text).slice(-KEPT_CHARACTERS).split('\n');
    line = lines.pop() ?? '';
    for (const full of lines) onLine(full);
  });
  return () => kept;
}

/** Only what the programs need: the bot's own tokens and passwords stay out of their reach. */
function environment(options: ProgramOptions, env: NodeJS.ProcessEnv): Record<string, string> {
  return {
    PATH: env.PATH ?? '/usr/bin:/bin',
    LC_ALL: 'C.UTF-8',
    // Neither a .psqlrc, nor a .pgpass, nor a pg_service.conf of whoever runs the bot may take part.
    HOME: '/nonexistent',
    PGCONNECT_TIMEOUT: '10',
    ...(options.url === undefined ? {} : connectionEnvironment(options.url)),
    ...options.env,
  };
}

const URL_PARAMETERS: Readonly<Record<string, string>> = {
  application_name: 'PGAPPNAME',
  options: 'PGOPTIONS',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
};

function connectionEnvironment(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const parts: Record<string, string> = {
    PGHOST: hostname.replace(/^\[(.*)\]$/, '$1'),
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
  };
  for (const [name, value] of searchParams) {
    const variable = URL_PARAMETERS[name];
    if (variable !== undefined) parts[variable] = value;
  }
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== ''));
}

function isBrokenPipe(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')
  );
}

function clip(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line === '' ? 'it printed nothing' : line.slice(0, 200);
}
