import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { PostgresCluster } from '../../sandbox/postgres.ts';
import type { ActionContext } from '../../src/actions/action.ts';
import type { PrimarySeen } from '../../src/domain/primary.ts';
import { startJanua } from './k8s-setup.ts';
import { type Pair, type PairOptions, pairClients, pairPlan } from './pg-standby-setup.ts';

/**
 * A cluster in whose StatefulSet `db-1` the primary of a pair runs: scaled to 0 it stops, and its pod is gone when it
 * has; scaled up it starts. It goes away with the test.
 */
export async function startServing(
  pair: Pair,
  server: Pick<PostgresCluster, 'start' | 'stop'> = pair.primary,
) {
  const janua = await startJanua({}, { empty: true });
  janua.control.seed({
    namespace: 'shop',
    statefulsets: [{ name: 'db-1', replicas: 1, image: 'postgres:15' }],
  });
  await janua.control.setProgram('shop', 'db-1', {
    start: server.start,
    stop: () => server.stop(),
  });
  const { kube } = janua;
  const kubernetes = {
    janua: { kubeconfig: `file:${janua.kubeconfig}`, context: 'janua', uid: kube.clusterUid },
  };
  const clients = pairClients(kubernetes);

  const context = (seen: PrimarySeen | undefined, options: PairOptions = {}) =>
    pair.context(seen, { clients, plan: pairPlan({ server: true }), step: 'fence', ...options });

  /** Runs the step in a process of its own, which may be killed: by `env`, or when it says something. Returns the signal it died of. */
  async function worker(
    action: 'fence' | 'promote',
    { seen, outputs, env, onOutput }: Work,
  ): Promise<NodeJS.Signals | null> {
    const script = new URL('pg-failover-child.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, action], {
      env: { ...process.env, ...env, PAIR_WORLD: JSON.stringify({ seen, outputs, kubernetes }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', () => onOutput(() => child.kill('SIGKILL')));
    const [, signal] = await once(child, 'exit');
    return signal;
  }

  const statefulSet = () => janua.control.get('statefulsets', 'shop', 'db-1');
  return { ...janua, clients, context, worker, statefulSet };
}

interface Work {
  readonly seen: PrimarySeen;
  readonly outputs: ActionContext['outputs'];
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput: (kill: () => void) => void;
}
