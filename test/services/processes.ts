import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './storm-process.ts';

type Task = Order extends infer One ? (One extends Order ? Omit<One, 'id'> : never) : never;

export interface Process {
  /** Gives an order and waits for its report. Fails when the process ends first. */
  order(task: Task): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Starts another bot on the same database in a process of its own. */
export async function startProcess(url: string): Promise<Process> {
  const child = fork(fileURLToPath(new URL('./storm-process.ts', import.meta.url)), [url], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Map<
    number,
    { resolve(results: readonly string[]): void; reject(error: Error): void }
  >();
  let orders = 0;
  child.on('message', (report: Report) => {
    waiting.get(report.id)?.resolve(report.results);
    waiting.delete(report.id);
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values())
      reject(new Error(`the process ended early (${code ?? signal})`));
  });
  const report = (id: number) =>
    new Promise<readonly string[]>((resolve, reject) => waiting.set(id, { resolve, reject }));

  await report(0);
  return {
    order: (task) => {
      const id = ++orders;
      const results = report(id);
      child.send({ ...task, id });
      return results;
    },
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
