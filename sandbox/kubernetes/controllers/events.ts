import type { KubeObject } from '../kinds.ts';
import { type Store, timestamp } from '../store.ts';

export type EmitEvent = ReturnType<typeof createEvents>;

const keptEvents = 500;

/** Writes the events `kubectl describe` shows; one that repeats counts up, as the real recorder does it. */
export function createEvents(store: Store, clock: () => Date) {
  let sequence = 0;

  return (
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    component: string,
  ): void => {
    const { name, namespace = 'default', uid } = about.metadata;
    if (store.get('namespaces', '', namespace)?.metadata.deletionTimestamp) return;
    const now = timestamp(clock());
    const all = store.list('events', namespace);
    const known = all.find(
      (event) => event.reason === reason && event.message === message && about.metadata.uid === uidOf(event),
    );
    if (known) {
      store.update('events', { ...known, count: Number(known.count) + 1, lastTimestamp: now });
      return;
    }
    const oldest = all[0];
    if (oldest && all.length >= keptEvents) store.remove('events', namespace, oldest.metadata.name);
    sequence += 1;
    const draft = {
      metadata: { name: `${name}.${sequence.toString(16).padStart(16, '0')}`, namespace },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component },
    };
    store.create('events', store.prepare('events', draft));
  };
}

function uidOf(event: KubeObject): unknown {
  const about: unknown = event.involvedObject;
  return typeof about === 'object' && about !== null && 'uid' in about ? about.uid : undefined;
}
