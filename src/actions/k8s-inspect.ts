import { z } from 'zod';
import type { ClusterEvent } from '../clients/kubernetes-look.ts';
import type { Revision, Workload } from '../clients/kubernetes-objects.ts';
import type { Container, Pod } from '../clients/kubernetes-pods.ts';
import type { Fact } from '../domain/step.ts';
import { type ActionContext, defineAction } from './action.ts';
import { endingOf, eventText, troubleOf } from './k8s-pods.ts';
import { readyText } from './k8s-ready.ts';
import { looksSecret, redact } from './k8s-redact.ts';
import { revisionHashed, revisionOptions, revisionText } from './k8s-revisions.ts';
import { templateHash } from './k8s-template.ts';
import {
  boundTo,
  findWorkloads,
  kubectlPlace,
  needsOf,
  readWorkloads,
  target,
  unresolvedPreview,
} from './k8s-workload.ts';

const Params = z.strictObject({
  ...target,
  /** Last lines of each log that is read. */
  logLines: z.int().min(1).max(200).default(50),
});
type Params = z.infer<typeof Params>;

/** Logs are read of so many pods of each Deployment, and so many are told of, those in trouble first. */
const PODS_READ = 2;
const PODS_SHOWN = 12;
const EVENTS_SHOWN = 15;
/** What one log may add to the record of the run, which is kept for ever. */
const LOG_CHARACTERS = 4_000;

interface Look {
  readonly workload: Workload;
  readonly revisions: readonly Revision[];
  readonly pods: readonly Pod[];
  readonly events: readonly ClusterEvent[];
  /** Values that the template holds in plain text and that are secrets by their name. */
  readonly known: readonly string[];
}

export const k8sInspect = defineAction<Params>({
  name: 'k8s.inspect',
  summary: 'Reads pods, events, logs and revisions of Deployments, and hides what looks like a secret.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    ready: 'ready pods by name of Deployment',
    wanted: 'wanted pods by name of Deployment',
    revisions: 'revisions of the first Deployment, as options of a decision',
  },

  async preview(context, params) {
    const unresolved = unresolvedPreview(context, params, 'Look at');
    if (unresolved !== undefined) return unresolved;
    const { signal, clients } = context;
    const clusterUid = await clients.kubernetes.clusterUid(params.cluster, { signal });
    const { found, missing } = await findWorkloads(context, params);
    return {
      lines: found.map(
        ({ name, namespace }) =>
          `Look at pods, events, revisions and the last ${params.logLines} log lines of \`${name}\` in \`${namespace}\``,
      ),
      bound: boundTo(clusterUid, params, found, () => ({ target: 'inspected' })),
      shown: found.map((workload) => ({ name: workload.name, value: readyText([workload]) })),
      undo: [],
      blocked: missing,
    };
  },

  async run(context, params) {
    const workloads = await readWorkloads(context, params);
    const { signal, clients } = context;
    const events = await clients.kubernetes.listEvents(params.cluster, params.namespace, { signal });
    const looks = await Promise.all(workloads.map((workload) => lookAt(context, params, workload, events)));
    const facts = await Promise.all(looks.map((look) => factsOf(context, params, look)));
    const [first] = looks;
    return {
      kind: 'done',
      summary: summaryOf(looks),
      output: {
        ready: Object.fromEntries(workloads.map(({ name, status }) => [name, status.ready])),
        wanted: Object.fromEntries(workloads.map(({ name, replicas }) => [name, replicas])),
        // For a decision before k8s.rolloutUndo: of the Deployment that is named first.
        revisions: first ? revisionOptions(first.workload, first.revisions, first.pods, context.now) : [],
      },
      facts: facts.flat(),
    };
  },

  byHand(params) {
    const place = kubectlPlace(params);
    return params.deployments.flatMap((name) => [
      `kubectl describe deployment ${name} ${place}`,
      `kubectl get pods ${place}`,
      `kubectl get events ${place} --sort-by=.lastTimestamp`,
      `kubectl logs deployment/${name} ${place} --all-containers --tail=${params.logLines}   # add --previous after a crash`,
      `kubectl rollout history deployment ${name} ${place}`,
    ]);
  },

  needs(params) {
    const { cluster: connection, namespace } = params;
    const right = { kind: 'kubernetes', connection, namespace } as const;
    return [
      ...needsOf(params, { patch: false, scalers: false }),
      { ...right, group: 'apps', resource: 'replicasets', verb: 'list' },
      { ...right, group: '', resource: 'events', verb: 'list' },
      { ...right, group: '', resource: 'pods', subresource: 'log', verb: 'get' },
    ];
  },
});

async function lookAt(
  { clients, signal }: ActionContext,
  { cluster, namespace }: Params,
  workload: Workload,
  events: readonly ClusterEvent[],
): Promise<Look> {
  const [revisions, pods] = await Promise.all([
    clients.kubernetes.listRevisions(cluster, workload, { signal }),
    clients.kubernetes.listPods(cluster, namespace, workload.selector, { signal }),
  ]);
  const own = new Set([workload.uid, ...revisions.map(({ uid }) => uid), ...pods.map(({ uid }) => uid)]);
  const variables = (workload.template.spec?.containers ?? []).flatMap(({ env = [] }) => env);
  return {
    workload,
    revisions,
    pods: pods.filter(({ terminating }) => !terminating).sort(worstFirst),
    events: events.filter(({ about }) => own.has(about.uid)),
    known: variables.flatMap(({ name, value = '' }) =>
      value.length >= SHORTEST_KNOWN && looksSecret(name, value) ? [value] : [],
    ),
  };
}

/** A shorter value is a word of ordinary text. */
const SHORTEST_KNOWN = 6;

const worstFirst = (a: Pod, b: Pod) =>
  Number(a.ready) - Number(b.ready) || b.restarts - a.restarts || a.name.localeCompare(b.name);

/** Everything a pod, an event or a log says goes through `redact`: any program may print anything. */
async function factsOf(context: ActionContext, params: Params, look: Look): Promise<readonly Fact[]> {
  const { workload, revisions, pods, events, known } = look;
  const running = revisionHashed(revisions, templateHash(workload.template));
  const warnings = events.filter(({ warning }) => warning);
  const shownEvents = (warnings.length > 0 ? warnings : events).slice(0, EVENTS_SHOWN);
  const logs = await Promise.all(pods.slice(0, PODS_READ).map((pod) => logsOf(context, params, pod, known)));
  const stuck = workload.status.stuck === undefined ? '' : `, its rollout is stuck: ${workload.status.stuck}`;
  const facts: readonly Fact[] = [
    { name: workload.name, value: `${readyText([workload])}${stuck}` },
    ...(running === undefined ? [] : [{ name: 'runs', value: revisionText(running, pods, context.now) }]),
    ...pods.slice(0, PODS_SHOWN).map((pod) => ({ name: pod.name, value: podText(pod, events) })),
    ...(pods.length > PODS_SHOWN ? [{ name: 'more pods', value: String(pods.length - PODS_SHOWN) }] : []),
    ...(shownEvents.length === 0
      ? []
      : [{ name: 'events', value: shownEvents.map(eventText).reverse().join('\n') }]),
    ...logs.flat(),
  ];
  return facts.map(({ name, value }) => ({ name, value: redact(value, known) }));
}

function podText(pod: Pod, events: readonly ClusterEvent[]): string {
  const endings = pod.containers.map(endingOf).filter(Boolean);
  return [troubleOf(pod, events) ?? 'ready', ...endings].join(', ');
}

/** The log of each container, and for one that was restarted also how its life before ended. */
async function logsOf(
  { clients, signal }: ActionContext,
  { cluster, namespace, logLines: lines }: Params,
  pod: Pod,
  known: readonly string[],
): Promise<readonly Fact[]> {
  const lives = pod.containers.flatMap((container) =>
    (container.restarts > 0 ? [true, false] : [false]).map((previous) => ({ container, previous })),
  );
  const facts = await Promise.all(
    lives.map(async ({ container, previous }) => {
      const text = await clients.kubernetes.readLog(
        cluster,
        namespace,
        pod.name,
        container.name,
        { lines, previous },
        { signal },
      );
      if (text === undefined || text.trim() === '') return [];
      return [{ name: logName(pod, container, previous), value: logTail(redact(text, known)) }];
    }),
  );
  return facts.flat();
}

function logName(pod: Pod, { name }: Container, previous: boolean): string {
  const which = pod.containers.length > 1 ? `${pod.name} ${name}` : pod.name;
  return `log of ${which}${previous ? ' before its restart' : ''}`;
}

/** Whole lines from the end, as many as fit. */
function logTail(text: string): string {
  const clean = text.trimEnd();
  return clean.length <= LOG_CHARACTERS ? clean : clean.slice(-LOG_CHARACTERS).replace(/^[^\n]*\n/, '…\n');
}

/** `veza-api: 0 of 3 ready, CrashLoopBackOff`, as long as a card's line allows. */
function summaryOf(looks: readonly Look[]): string {
  const counts = readyText(looks.map(({ workload }) => workload));
  const reasons = looks.flatMap(({ pods }) => pods.flatMap(({ waiting }) => waiting ?? []));
  const full = [counts, ...new Set(reasons)].join(', ');
  return (
    [full, counts, `${looks.length} deployments read`].find((text) => text.length <= SUMMARY_LIMIT) ?? ''
  );
}

const SUMMARY_LIMIT = 60;
