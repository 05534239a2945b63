import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type KubernetesOptions, startKubernetes } from '../../sandbox/kubernetes/kubernetes.ts';
import type { ActionContext } from '../../src/actions/action.ts';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { Plan } from '../../src/domain/plan.ts';

export const API = { cluster: 'janua', namespace: 'janua', deployments: ['janua-api'] };
export const BOTH = { ...API, deployments: ['janua-api', 'janua-worker'] };

const plan = Plan.parse({
  system: 'janua',
  name: 'Janua',
  owner: 'Platform',
  objectives: { rto: '1h', rpo: '5m' },
  components: [{ id: 'api', name: 'API', kind: 'kubernetes', connection: 'janua' }],
  approvals: { approvers: ['ana', 'ben'] },
  runbooks: {
    'restart-api': {
      title: 'Restart',
      component: 'api',
      steps: [{ id: 'a', title: 'Restart', uses: 'k8s.scale' }],
    },
  },
});

export interface StepOptions {
  readonly run?: string;
  readonly attempt?: number;
  readonly phase?: ActionContext['phase'];
  readonly outputs?: ActionContext['outputs'];
  readonly signal?: AbortSignal;
}

/**
 * A pretend cluster with `janua-api` (4 replicas, HPA 3–10) and `janua-worker` (2, none), whose pods come and go in
 * tenths of a second, and what an action is given to work on it. All of it
 * goes away with the test.
 */
export async function startJanua(options: KubernetesOptions = {}, seed: { readonly empty?: boolean } = {}) {
  const kube = await startKubernetes({
    podStartMs: [60, 120],
    podStopMs: [80, 160],
    statusWriteMs: 25,
    hpaSyncMs: 50,
    ...options,
  });
  if (seed.empty !== true) {
    kube.control.seed({
      namespace: 'janua',
      deployments: [
        {
          name: 'janua-api',
          replicas: 4,
          image: 'janua/api:2.4.0',
          hpa: { minReplicas: 3, maxReplicas: 10 },
        },
        { name: 'janua-worker', replicas: 2, image: 'janua/worker:2.4.0' },
      ],
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'dr-bot-k8s-'));
  const kubeconfig = join(folder, 'kubeconfig.yml');
  await writeFile(kubeconfig, kube.kubeconfig);

  function clientsFor(uid: string = kube.clusterUid) {
    const connection = { kubeconfig: `file:${kubeconfig}`, context: 'janua', uid };
    return createClients(Connections.parse({ kubernetes: { janua: connection } }));
  }

  const clients = clientsFor();
  const progress: string[] = [];

  function step(id: string, { run = 'RUN-31', attempt = 1, ...given }: StepOptions = {}): ActionContext {
    const [component] = plan.components;
    if (component === undefined) throw new Error('the plan has a component');
    return {
      run: { id: run, incident: 'INC-2026-014', mode: 'live', startedAt: new Date('2026-11-21T02:14:00Z') },
      step: { id, attempt },
      plan,
      component,
      outputs: given.outputs ?? {},
      memory: null,
      key: `${run}/${id}/${attempt}`,
      signal: given.signal ?? AbortSignal.timeout(20_000),
      now: new Date('2026-11-21T02:26:42Z'),
      clients,
      workDir: folder,
      phase: given.phase ?? 'run',
      baseline: async () => undefined,
      lastReading: async () => undefined,
      primarySeen: async () => undefined,
      ownStore: { systemIdentifier: '0', databaseOid: '0' },
      progress: (text) => progress.push(text),
    };
  }

  onTestFinished(async () => {
    await kube.stop();
    await rm(folder, { recursive: true });
  });

  return { kube, control: kube.control, clients, clientsFor, step, progress, kubeconfig };
}

export type Janua = Awaited<ReturnType<typeof startJanua>>;

/** Every patch that changed a Deployment, in order. */
export function patchesOf({ control }: Janua) {
  return control.requests().filter(({ verb, resource }) => verb === 'patch' && resource === 'deployments');
}
