import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { signalled } from './process.ts';

const run = promisify(execFile);

/**
 * Ends a postmaster and every process of it at once. The postmaster is stopped first, so that it neither starts a process
 * nor sees one die and tells the others to go in order.
 */
export async function endAtOnce(postmaster: number): Promise<void> {
  signalled(postmaster, 'SIGSTOP');
  const family = (await processes())
    .filter(({ pid, parent }) => pid === postmaster || parent === postmaster)
    .map(({ pid }) => pid);
  for (const pid of family) signalled(pid, 'SIGKILL');
  await untilAll(family, (state) => state === undefined || state === 'Z');
}

/** Returns when every process has really stopped: a signal is only on its way when `kill` returns. */
export async function pauseProcesses(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signalled(pid, 'SIGSTOP');
  await untilAll(pids, (state) => state === undefined || state === 'T');
}

/** The one System V segment by which PostgreSQL guards a data folder. Where ipcrm is missing, the next start removes it. */
export async function removeSharedMemory(id: string): Promise<void> {
  await run('ipcrm', ['-m', id]).catch(() => undefined);
}

async function untilAll(
  pids: readonly number[],
  is: (state: string | undefined) => boolean,
  patienceMs = 5_000,
): Promise<void> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(5)) {
    const states = new Map((await processes()).map(({ pid, state }) => [pid, state]));
    if (pids.every((pid) => is(states.get(pid)))) return;
    if (Date.now() > deadline) throw new Error(`Processes ${pids.join(', ')} do not follow their signals.`);
  }
}

async function processes() {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,state=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), state: state[0] };
    });
}
