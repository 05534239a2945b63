import type { CoreV1Event } from '@kubernetes/client-node';
import type { CallOptions, KubernetesApi } from './kubernetes-api.ts';
import { type Pod, podOf } from './kubernetes-pods.ts';

/** Bytes of one log that are ever read: a container may print lines without end. */
const LOG_LIMIT_BYTES = 256 * 1024;

/** What `kubectl describe` shows at its end. */
export interface ClusterEvent {
  readonly about: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly warning: boolean;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly at: Date;
}

/** What a person looks at first when something does not start. */
export function createLooks(api: KubernetesApi) {
  /** All pods of the namespace for an empty selector. */
  async function listPods(
    name: string,
    namespace: string,
    selector: string,
    options: CallOptions,
  ): Promise<readonly Pod[]> {
    const { items } = await api.read(name, `list pods in \`${namespace}\``, options, ({ core }, request) =>
      core.listNamespacedPod({ namespace, labelSelector: selector }, request),
    );
    return items.map(podOf);
  }

  /** Newest first. The cluster keeps them for an hour. */
  async function listEvents(
    name: string,
    namespace: string,
    options: CallOptions,
  ): Promise<readonly ClusterEvent[]> {
    const { items } = await api.read(name, `list events in \`${namespace}\``, options, ({ core }, request) =>
      core.listNamespacedEvent({ namespace }, request),
    );
    return items.map(eventOf).sort((a, b) => b.at.getTime() - a.at.getTime());
  }

  /** The last lines a container printed, or those of its life before the last restart; undefined where there are none. */
  async function readLog(
    name: string,
    namespace: string,
    pod: string,
    container: string,
    log: { readonly lines: number; readonly previous: boolean },
    options: CallOptions,
  ): Promise<string | undefined> {
    const what = `show the log of pod \`${pod}\` in \`${namespace}\``;
    const query = { tailLines: log.lines, previous: log.previous, limitBytes: LOG_LIMIT_BYTES };
    // 400: the container has not started yet, or there was no life before.
    return api.find(name, what, [400, 404], options, ({ core }, request) =>
      core.readNamespacedPodLog({ name: pod, namespace, container, ...query }, request),
    );
  }

  return { listPods, listEvents, readLog };
}

function eventOf(event: CoreV1Event): ClusterEvent {
  const { involvedObject, series, type, reason, message, count, metadata } = event;
  const at = series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? metadata.creationTimestamp;
  return {
    about: {
      kind: involvedObject.kind ?? '',
      name: involvedObject.name ?? '',
      uid: involvedObject.uid ?? '',
    },
    warning: type === 'Warning',
    reason: reason ?? '',
    message: message ?? '',
    count: series?.count ?? count ?? 1,
    at: at ?? new Date(0),
  };
}
