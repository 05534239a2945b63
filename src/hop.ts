import { appendFileSync } from 'node:fs';

/**
 * Marks a place where dying matters (around commit, action.run, each client call, in the queue worker). Does nothing
 * in production. With DR_HOP_TRACE it records the trace to that file; with DR_HOP_KILL=`n:name` the process dies by
 * SIGKILL when it passes that name for the n-th time, as the crash harness asks.
 */
export function hop(name: string): void {
  if (TRACE === undefined && KILL === undefined) return;
  const count = (passed.get(name) ?? 0) + 1;
  passed.set(name, count);
  if (TRACE !== undefined) appendFileSync(TRACE, `${count}:${name}\n`);
  if (KILL === `${count}:${name}`) process.kill(process.pid, 'SIGKILL');
}

const TRACE = process.env.DR_HOP_TRACE;
const KILL = process.env.DR_HOP_KILL;
const passed = new Map<string, number>();
