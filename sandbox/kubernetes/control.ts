import { setTimeout as delay } from 'node:timers/promises';
import type { AuditLog } from './audit.ts';
import type { Cluster } from './cluster.ts';
import { type PodView, podView, workloadOf } from './controllers/workloads.ts';
import type { createFaults } from './faults.ts';
import { type JobRun, jobOf } from './job-runs.ts';
import { isJsonObject, type JsonObject, member, sameJson } from './json.ts';
import { CronJob, Deployment, type Draft, KubeObject } from './kinds.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { PodLogs } from './logs.ts';
import { mergePatch } from './patch.ts';
import { type Plural, resources } from './resources.ts';
import { leastPrivilege, type Rule, type Users } from './rules.ts';
import { historyOf, objectsOf, type Seed } from './seed.ts';
import { notFound } from './status.ts';
import type { Store } from './store.ts';
import { validate } from './validate.ts';

/** As kubectl names itself in `metadata.managedFields`. */
const kubectl = (command: string) => ({ manager: `kubectl-${command}` });

/** What the sandbox's world and its tests do to the cluster. It passes by RBAC, faults and the audit log. */
export function createControl(deps: {
  readonly store: Store;
  readonly lifecycle: Lifecycle;
  readonly cluster: Cluster;
  readonly logs: PodLogs;
  readonly users: Users;
  readonly faults: ReturnType<typeof createFaults>;
  readonly audit: AuditLog;
  readonly bot: string;
  readonly expireWatches: () => void;
  readonly down: () => Promise<void>;
  readonly up: () => Promise<void>;
  readonly kubeconfigFor: (user: string) => string;
}) {
  const { store, lifecycle, cluster, logs, users, faults, audit, bot } = deps;

  function required(plural: Plural, namespace: string, name: string): KubeObject {
    const object = store.get(plural, namespace, name);
    if (!object) throw notFound(resources[plural], name);
    return object;
  }

  function create(plural: Plural, draft: Draft): KubeObject {
    return store.create(plural, validate(plural, store.prepare(plural, { ...draft })), kubectl('create'));
  }

  function podsOf(namespace: string, workload: string): KubeObject[] {
    return store.list('pods', namespace).filter((pod) => workloadOf(pod) === workload);
  }

  function seed(given: Seed): void {
    for (const { plural, ...draft } of objectsOf(given)) {
      if (plural !== 'namespaces' || !store.get(plural, '', given.namespace)) create(plural, draft);
    }
    for (const { name, history = [] } of given.deployments ?? [])
      for (const set of historyOf(Deployment.parse(required('deployments', given.namespace, name)), history))
        store.create('replicasets', validate('replicasets', set));
    if (given.ready ?? true) cluster.settleInstantly();
    if (!(given.grant ?? true)) return;
    const names = (list: readonly { readonly name: string }[] = []) => list.map(({ name }) => name);
    const { namespace, deployments, statefulsets, patchedSecrets: secrets = [] } = given;
    const scope = { namespace, deployments: names(deployments), statefulsets: names(statefulsets), secrets };
    users.setRules(bot, [...users.rulesOf(bot), ...leastPrivilege(scope)]);
  }

  function onPods(
    namespace: string,
    workload: string,
    callback: (readyCount: number, pods: readonly PodView[]) => void,
  ): () => void {
    let told: readonly PodView[] | undefined;
    const tell = () => {
      const pods = podsOf(namespace, workload).map(podView);
      if (told && sameJson(told, pods)) return;
      told = pods;
      callback(pods.filter((pod) => pod.ready && !pod.terminating).length, pods);
    };
    tell();
    return store.subscribe(({ object }) => {
      if (object.kind === 'Pod' && object.metadata.namespace === namespace) tell();
    });
  }

  function isSettled(namespace: string, name: string): boolean {
    const deployment = required('deployments', namespace, name);
    const wanted = member(deployment, 'spec', 'replicas');
    const status = (key: string) => member(deployment, 'status', key) ?? 0;
    return (
      status('observedGeneration') === deployment.metadata.generation &&
      ['replicas', 'updatedReplicas', 'availableReplicas'].every((key) => status(key) === wanted) &&
      podsOf(namespace, name).length === wanted
    );
  }

  /** Applies a merge patch to an object, as somebody else than the bot would. */
  function patch(
    plural: Plural,
    namespace: string | undefined,
    name: string,
    change: JsonObject,
  ): KubeObject {
    const before = required(plural, namespace ?? '', name);
    const copy: unknown = structuredClone(before);
    const next = KubeObject.parse(mergePatch(isJsonObject(copy) ? copy : {}, change));
    const moved =
      'spec' in change && next.metadata.generation !== undefined && !sameJson(next.spec, before.spec);
    const generation = (next.metadata.generation ?? 0) + 1;
    const metadata = moved ? { ...next.metadata, generation } : next.metadata;
    return store.update(plural, validate(plural, { ...next, metadata }, before), kubectl('edit'));
  }

  return {
    seed,
    onPods,
    kubeconfigFor: deps.kubeconfigFor,
    expireWatches: deps.expireWatches,
    down: deps.down,
    up: deps.up,
    advance: cluster.advance,
    setCrashLoop: cluster.setCrashLoop,
    setNodeLost: cluster.setNodeLost,
    setProgram: cluster.setProgram,
    setDemand: cluster.setDemand,
    onJob: cluster.onJob,
    fault: faults.add,

    setRules(user: string, rules: readonly Rule[]): void {
      users.setRules(user, rules);
    },

    log(namespace: string, podOrWorkload: string, line: string): void {
      const pod = store.get('pods', namespace, podOrWorkload);
      for (const { metadata } of pod ? [pod] : podsOf(namespace, podOrWorkload))
        logs.append(metadata.uid, line);
    },

    get(plural: Plural, namespace: string | undefined, name: string): KubeObject | undefined {
      return structuredClone(store.get(plural, namespace ?? '', name));
    },

    list(plural: Plural, namespace?: string): KubeObject[] {
      return structuredClone(store.list(plural, namespace));
    },

    create,
    patch,

    /** A run of a CronJob as it went, or still goes: nothing really runs, and it stays as it is told. */
    addJobRun(namespace: string, cronJob: string, run: JobRun): KubeObject {
      const job = jobOf(CronJob.parse(required('cronjobs', namespace, cronJob)), run);
      return store.create('jobs', validate('jobs', job));
    },

    /** As `kubectl set image` on the one container. */
    setImage(namespace: string, deployment: string, image: string): void {
      const { template } = Deployment.parse(required('deployments', namespace, deployment)).spec;
      const [container] = template.spec.containers;
      patch('deployments', namespace, deployment, {
        spec: { template: { spec: { containers: [{ ...container, image }] } } },
      });
    },

    remove(plural: Plural, namespace: string | undefined, name: string): void {
      if (!lifecycle.remove(plural, namespace ?? '', name)) throw notFound(resources[plural], name);
    },

    /** The same object under a new uid, as when somebody deletes and applies it again. */
    recreate(plural: Plural, namespace: string | undefined, name: string): KubeObject {
      const { status: _status, ...object } = required(plural, namespace ?? '', name);
      lifecycle.remove(plural, namespace ?? '', name, true);
      const { labels, annotations, namespace: own } = object.metadata;
      return create(plural, {
        ...object,
        metadata: { name, labels, annotations, ...(own && { namespace: own }) },
      });
    },

    /** Waits until a Deployment is rolled out and none of its pods is terminating. */
    async settled(namespace: string, deployment: string, timeoutMs = 15_000): Promise<void> {
      for (const end = Date.now() + timeoutMs; !isSettled(namespace, deployment); await delay(20)) {
        if (Date.now() > end)
          throw new Error(`Deployment ${namespace}/${deployment} is not rolled out after ${timeoutMs} ms`);
      }
    },

    requests: audit.requests,
    clearRequests: audit.clear,
  };
}
