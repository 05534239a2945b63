import { expect, onTestFinished, test } from 'vitest';
import { member } from '../../sandbox/kubernetes/json.ts';
import { actions } from '../../src/actions/index.ts';
import { gatesOf } from '../../src/domain/plan.ts';
import { askGate } from '../../src/jobs/gate.ts';
import { loadSnapshot } from '../../src/jobs/snapshot.ts';
import { runSignals } from '../../src/store/aggregates.ts';
import { smallPlan, startBot } from '../helpers/bot.ts';
import { type Janua, startJanua } from './k8s-setup.ts';

const MINUTES = 30;
const MINUTE_MS = 60_000;
const DEPLOYMENTS = ['idle', 'busy', 'crash-looping'] as const;
type Name = (typeof DEPLOYMENTS)[number];

/** Everything a cut-over does to one Deployment. */
function gateOf(name: Name) {
  const at = { cluster: 'janua', namespace: 'janua', deployments: [name] };
  return {
    gate: name,
    title: `Cut over ${name}`,
    impact: 'Sign-in for everyone, about 3 s.',
    steps: [
      { id: `${name}-stop`, title: 'Stop it', uses: 'k8s.scale', with: { ...at, replicas: 0 } },
      { id: `${name}-restart`, title: 'Restart it', uses: 'k8s.rolloutRestart', with: at },
      { id: `${name}-start`, title: 'Start it', uses: 'k8s.scale', with: { ...at, restore: `${name}-stop` } },
      { id: `${name}-ready`, title: 'Wait for it', uses: 'k8s.waitReady', with: at },
    ],
  };
}

/** A bot whose run stands before one gate for each Deployment. */
async function startWaitingRun(janua: Janua) {
  const steps = DEPLOYMENTS.map(gateOf);
  const recover = { title: 'Recover the demo', component: 'app', steps };
  const bot = await startBot(smallPlan({ runbooks: { recover } }));
  onTestFinished(() => bot.stop());
  const world = { ...bot.world, actions, clients: janua.clients };
  const run = await bot.start(await bot.declare());
  const claim = (await runSignals(bot.db, run))?.claim ?? 0;

  /** Asks for a gate as the worker does; the approval it would commit is not committed. */
  async function digestOf(name: Name): Promise<string> {
    const snapshot = await loadSnapshot(bot.db, run, {});
    const gate = snapshot && gatesOf(snapshot.runbook).find((one) => one.gate === name);
    if (snapshot === undefined || gate === undefined) throw new Error(`no gate ${name}`);
    const digests: string[] = [];
    await askGate(
      {
        world,
        snapshot,
        claim,
        record: (events) => Promise.reject(new Error(JSON.stringify(events))),
        recordWith: (decide) =>
          bot.db.transact(async (tx) => {
            for (const { type, events } of await decide(tx, snapshot.now)) {
              if (type !== 'approval') continue;
              for (const event of events) if (event.kind === 'approval.requested') digests.push(event.digest);
            }
          }),
      },
      gate,
    );
    expect(digests).toHaveLength(1);
    return digests[0] ?? '';
  }

  return { advance: bot.advance, digestOf };
}

/** A minute of work: the load moves the replicas, a node loses a pod, people annotate and sometimes roll out. */
function busyMinute({ control }: Janua, minute: number): void {
  control.setDemand('janua', 'busy', 2 + (minute % 4));
  const pod = control.list('pods', 'janua').find(({ metadata }) => metadata.labels?.app === 'busy');
  control.remove('pods', 'janua', pod?.metadata.name ?? '');
  const template = { spec: { containers: [{ name: 'busy', image: `janua/busy:${minute}` }] } };
  control.patch('deployments', 'janua', 'busy', {
    metadata: { annotations: { 'kubernetes.io/change-cause': `minute ${minute}` } },
    ...(minute % 10 === 0 && { spec: { template } }),
  });
}

/** What an API server says of a Deployment and of what belongs to it. None of it may be under an approval. */
function lookAt({ control }: Janua, name: Name) {
  const deployment = control.get('deployments', 'janua', name);
  const autoscaler = control.get('horizontalpodautoscalers', 'janua', name);
  const pods = control.list('pods', 'janua').filter(({ metadata }) => metadata.labels?.app === name);
  const restarts = pods.map((pod) => Number(member(pod, 'status', 'containerStatuses', 0, 'restartCount')));
  return {
    resourceVersion: deployment?.metadata.resourceVersion,
    managedFields: deployment?.metadata.managedFields?.map(({ time }) => time),
    conditions: member(deployment, 'status', 'conditions'),
    hpaVersion: autoscaler?.metadata.resourceVersion,
    hpaStatus: autoscaler?.status,
    generation: deployment?.metadata.generation,
    annotations: deployment?.metadata.annotations,
    replicas: member(deployment, 'spec', 'replicas'),
    ready: member(deployment, 'status', 'readyReplicas') ?? 0,
    pods: pods.map(({ metadata }) => metadata.uid),
    restarts: restarts.reduce((sum, count) => sum + count, 0),
  };
}

/** How many different values each thing had. */
function distinct(looks: readonly ReturnType<typeof lookAt>[]): Readonly<Record<string, number>> {
  const values = Map.groupBy(looks.flatMap(Object.entries<unknown>), ([what]) => what);
  return Object.fromEntries(
    [...values].map(([what, all]) => [what, new Set(all.map(([, value]) => JSON.stringify(value))).size]),
  );
}

test('an idle, a busy and a crash-looping Deployment give one fingerprint for 30 moved minutes', async () => {
  const janua = await startJanua(
    {
      podStartMs: [1000, 2000],
      podStopMs: [300, 800],
      statusWriteMs: 15_000,
      hpaSyncMs: 15_000,
      restless: true,
    },
    { empty: true },
  );
  const hpa = { minReplicas: 2, maxReplicas: 10 };
  janua.control.seed({
    namespace: 'janua',
    deployments: DEPLOYMENTS.map((name) => ({ name, replicas: 2, image: `janua/${name}:1`, hpa })),
  });
  janua.control.setCrashLoop('janua', 'crash-looping', { aliveMs: 7300 });
  const { advance, digestOf } = await startWaitingRun(janua);
  const first = new Map<Name, string>();
  const looks = new Map<Name, ReturnType<typeof lookAt>[]>();

  for (let minute = 0; minute <= MINUTES; minute += 1) {
    for (const name of DEPLOYMENTS) {
      const digest = await digestOf(name);
      if (minute === 0) first.set(name, digest);
      expect({ minute, name, digest }).toEqual({ minute, name, digest: first.get(name) });
      looks.set(name, [...(looks.get(name) ?? []), lookAt(janua, name)]);
    }
    busyMinute(janua, minute);
    janua.control.advance(MINUTE_MS);
    await advance(MINUTE_MS);
  }

  // The object was not simply left alone: what moves in a real cluster moved at every look.
  const each = MINUTES + 1;
  const several = expect.toSatisfy((count: number) => count > 1, 'more than one value');
  const always = {
    resourceVersion: each,
    managedFields: each,
    conditions: each,
    hpaVersion: each,
    hpaStatus: each,
  };
  const still = { generation: 1, annotations: 1, replicas: 1, pods: 1, ready: 1, restarts: 1 };
  expect(distinct(looks.get('idle') ?? [])).toEqual({ ...always, ...still });
  expect(distinct(looks.get('crash-looping') ?? [])).toEqual({
    ...always,
    ...still,
    ready: several,
    restarts: each,
  });
  expect(distinct(looks.get('busy') ?? [])).toEqual({
    ...always,
    generation: each,
    annotations: each,
    pods: each,
    replicas: several,
    ready: several,
    restarts: 1,
  });
  expect(new Set(first.values()).size).toBe(DEPLOYMENTS.length);
  janua.control.recreate('deployments', 'janua', 'idle');
  expect(await digestOf('idle')).not.toBe(first.get('idle'));
}, 120_000);
