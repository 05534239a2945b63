import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kubernetes } from '../../sandbox/kubernetes/kubernetes.ts';

export type Moment = 'before' | 'during' | 'after';
export const MOMENTS: readonly Moment[] = ['before', 'during', 'after'];

/**
 * Runs a step in a process of its own and kills that with SIGKILL right before its patch is sent, while the API server has
 * it and has not answered, or right after the answer came.
 */
export async function killAt(
  moment: Moment,
  control: Kubernetes['control'],
  work: {
    readonly step: string;
    readonly uses: string;
    readonly params: object;
    readonly connections: object;
  },
): Promise<void> {
  const { step, uses, params, connections } = work;
  if (moment === 'during') control.fault({ delayMs: 400, on: { verb: 'patch' } });
  const child = spawn(
    process.execPath,
    [
      new URL('k8s-child.ts', import.meta.url).pathname,
      ...[step, uses, JSON.stringify(params), JSON.stringify(connections)],
    ],
    {
      env: { ...process.env, ...(moment !== 'during' && { DR_HOP_KILL: `1:k8s.patch:${moment}` }) },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  if (moment === 'during') {
    // The cluster's UID is asked for on first use, and again right before the patch.
    const identified = () => control.requests().filter(({ resource }) => resource === 'namespaces').length;
    while (identified() < 2) await sleep(5);
    await sleep(150);
    child.kill('SIGKILL');
    await sleep(600);
  }
  const [, signal] = await exited;
  if (signal !== 'SIGKILL') throw new Error(`the worker was not killed ${moment} its patch`);
}
