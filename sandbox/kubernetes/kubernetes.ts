import { createHash } from 'node:crypto';
import { createApi } from './api.ts';
import { createAuditLog } from './audit.ts';
import { createCluster, type Tempo } from './cluster.ts';
import { createControl } from './control.ts';
import { createDecoder } from './decode.ts';
import { createFaults } from './faults.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { createLifecycle } from './lifecycle.ts';
import { createLogs } from './logs.ts';
import { type Resource, resources } from './resources.ts';
import { createUsers } from './rules.ts';
import { createApiServer } from './server.ts';
import { createStore } from './store.ts';
import { createTime } from './time.ts';
import { createWatches } from './watch.ts';

export type { Program } from './controllers/pods.ts';
export { leastPrivilege } from './rules.ts';

export interface KubernetesOptions extends Partial<Tempo> {
  /** 0 (default) takes a free port; the address is always 127.0.0.1. */
  readonly port?: number;
  /** Name of the kubeconfig's context and cluster; `janua` unless told. */
  readonly context?: string;
  /** uid of the namespace kube-system, by which a plan pins a cluster; fixed for each context unless told. */
  readonly clusterUid?: string;
  /** The bot's user name and bearer token. */
  readonly user?: string;
  readonly token?: string;
  /** Every Deployment's status moves all the time, busy or not. */
  readonly restless?: boolean;
  /** Serve keda.sh/v1alpha1; without it those paths answer 404, as on a cluster without the CRD. */
  readonly keda?: boolean;
  /** Times in objects, before `control.advance` moves them; how long things take is real time and what was moved. */
  readonly clock?: () => Date;
  readonly random?: () => number;
}

export type Kubernetes = Awaited<ReturnType<typeof startKubernetes>>;

/**
 * A Kubernetes API server with its controllers, small but strict: what it refuses a real one refuses too, and it moves
 * like a real one. It lives in memory and ends with `stop()`.
 */
export async function startKubernetes(options: KubernetesOptions = {}) {
  const { context = 'janua', random = Math.random, restless = false, keda = false } = options;
  const { user: bot = 'system:serviceaccount:dr-bot:dr-bot', clusterUid = uidFrom(context) } = options;
  const tempo: Tempo = {
    podStartMs: options.podStartMs ?? [1000, 2000],
    podStopMs: options.podStopMs ?? [300, 800],
    statusWriteMs: options.statusWriteMs ?? 200,
    hpaSyncMs: options.hpaSyncMs ?? 1000,
  };
  const served = Object.values<Resource>(resources).filter(({ group }) => keda || group !== 'keda.sh');

  const time = createTime(options.clock ?? (() => new Date()));
  const clock = time.date;
  const decode = await createDecoder();
  const store = createStore(clock);
  const lifecycle = createLifecycle(store, clock);
  const logs = createLogs(clock);
  const users = createUsers();
  users.setRules(bot, [], options.token);
  const faults = createFaults();
  const audit = createAuditLog();
  const watches = createWatches(store);
  const api = createApi({ store, decode, lifecycle, logs });
  const cluster = createCluster({ store, lifecycle, logs, time, random, tempo, restless });

  const server = createApiServer({
    served,
    users,
    clock,
    handle: api.handle,
    watch: watches.start,
    strike: faults.strike,
    audit: audit.record,
  });
  const kubeconfigFor = (user: string) =>
    kubeconfigText({ url: server.url(), context, user, token: users.tokenOf(user) });
  const control = createControl({
    store,
    lifecycle,
    cluster,
    logs,
    users,
    faults,
    audit,
    bot,
    kubeconfigFor,
    expireWatches: watches.expireAll,
    down: server.close,
    up: () => server.listen(),
  });

  control.create('namespaces', {
    metadata: { name: 'kube-system', uid: clusterUid },
    status: { phase: 'Active' },
  });
  control.create('namespaces', { metadata: { name: 'default' } });
  await server.listen(options.port ?? 0);

  return {
    url: server.url(),
    kubeconfig: kubeconfigFor(bot),
    clusterUid,
    control,
    async stop(): Promise<void> {
      cluster.stop();
      watches.closeAll();
      await server.close();
    },
  };
}

function uidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
