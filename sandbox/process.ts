import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxFolder } from './folder.ts';

export type RunningProcess = Awaited<ReturnType<typeof startProcess>>;

export type ProcessOptions = {
  folder: SandboxFolder;
  /** Names the log file and the errors. */
  name: string;
  command: string;
  args: readonly string[];
  user?: { uid: number; gid: number } | undefined;
  cwd?: string;
  env?: Record<string, string | undefined>;
  ready: (pid: number) => Promise<boolean>;
  readyTimeoutMs?: number;
};

/**
 * Starts a program in its own process group, so that Ctrl-C in the terminal reaches the sandbox alone, which then stops its
 * programs in order. Returns when `ready` says so; if the program ends first, the error shows the end of its log.
 */
export async function startProcess(options: ProcessOptions) {
  const { folder, name, command, args, ready, readyTimeoutMs = 15_000 } = options;
  const logFile = join(folder.path, `${name}.log`);
  const log = await open(logFile, 'a');
  const child = spawn(command, args, {
    cwd: options.cwd ?? folder.path,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    ...options.user,
  });
  let running = true;
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      running = false;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const { pid } = child;
  await log.close();
  if (pid === undefined) {
    await exited;
    throw new Error(`${name}: ${command} cannot be started. Check that the file exists and may be executed.`);
  }
  folder.guard(pid);
  child.unref();

  async function stop(signal: NodeJS.Signals, patienceMs = 10_000) {
    if (running) child.kill(signal);
    const patience = new AbortController();
    const lastResort = sleep(patienceMs, undefined, { signal: patience.signal, ref: false })
      .then(() => running && child.kill('SIGKILL'))
      .catch(() => undefined);
    child.ref();
    await exited;
    patience.abort();
    await lastResort;
    folder.release(pid ?? 0);
  }

  const deadline = Date.now() + readyTimeoutMs;
  while (!(await ready(pid))) {
    if (running && Date.now() < deadline) {
      await Promise.race([sleep(15), exited]);
      continue;
    }
    const reason = running ? `was not ready after ${readyTimeoutMs} ms` : 'ended while starting';
    await stop('SIGKILL');
    const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-8).join('\n');
    throw new Error(`${name} ${reason}. The end of its log:\n${lines}`);
  }
  return { pid, stop, isRunning: () => running };
}

/** Takes in a program that somebody else started, such as `pg_ctl start`: guarded and stopped as our own. */
export function adoptProcess(folder: SandboxFolder, pid: number): RunningProcess {
  folder.guard(pid);
  const isRunning = () => signalled(pid, 0);
  return {
    pid,
    isRunning,
    async stop(signal, patienceMs = 10_000) {
      signalled(pid, signal);
      for (const deadline = Date.now() + patienceMs; isRunning(); await sleep(15))
        if (Date.now() > deadline) signalled(pid, 'SIGKILL');
      folder.release(pid);
    },
  };
}

/** False where there is no such process any more. */
export function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** A port nobody listens on now. Another program may take it before it is used; the caller's start then fails. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('The system gave no port number.');
  return address.port;
}
