import { type KubeObject, Metadata } from './kinds.ts';
import { isPlural, type Plural, resources } from './resources.ts';
import { type Store, timestamp } from './store.ts';

export type Lifecycle = ReturnType<typeof createLifecycle>;

/** How objects go away: pods and namespaces terminate first, what a removed owner leaves behind is collected. */
export function createLifecycle(store: Store, clock: () => Date) {
  const plurals = Object.keys(resources).filter(isPlural);

  function markDeleted(plural: Plural, object: KubeObject, status?: object): KubeObject {
    if (object.metadata.deletionTimestamp) return object;
    const metadata = { ...object.metadata, deletionTimestamp: timestamp(clock()) };
    return store.update(plural, { ...object, metadata, ...(status && { status }) });
  }

  function remove(
    plural: Plural,
    namespace: string,
    name: string,
    immediately = false,
  ): KubeObject | undefined {
    const object = store.get(plural, namespace, name);
    if (!object) return undefined;
    if (plural === 'namespaces') {
      const marked = markDeleted(plural, object, { phase: 'Terminating' });
      for (const each of plurals) {
        for (const inside of store.list(each, name)) remove(each, name, inside.metadata.name);
      }
      return marked;
    }
    if (plural === 'pods' && !immediately) return markDeleted(plural, object);
    return store.remove(plural, namespace, name);
  }

  function dependents(owner: KubeObject): [Plural, KubeObject][] {
    return plurals.flatMap((plural) =>
      store
        .list(plural, owner.metadata.namespace)
        .filter((object) =>
          object.metadata.ownerReferences?.some((reference) => reference.uid === owner.metadata.uid),
        )
        .map((object): [Plural, KubeObject] => [plural, object]),
    );
  }

  store.subscribe((change) => {
    if (change.type !== 'DELETED' || change.object.kind === 'Pod' || change.object.kind === 'Event') return;
    for (const [plural, object] of dependents(change.object)) {
      remove(plural, object.metadata.namespace ?? '', object.metadata.name);
    }
  });

  return {
    remove,

    /** Cuts the dependents of an object loose, so that they outlive it (`propagationPolicy: Orphan`). */
    orphan(owner: KubeObject): void {
      for (const [plural, object] of dependents(owner)) {
        const ownerReferences = object.metadata.ownerReferences?.filter(
          ({ uid }) => uid !== owner.metadata.uid,
        );
        store.update(plural, {
          ...object,
          metadata: Metadata.parse({ ...object.metadata, ownerReferences }),
        });
      }
    },

    /** Ends namespaces whose last object is gone. */
    reconcile(): void {
      for (const { metadata } of store.list('namespaces')) {
        const empty = plurals.every((plural) => store.list(plural, metadata.name).length === 0);
        if (metadata.deletionTimestamp && empty) store.remove('namespaces', '', metadata.name);
      }
    },
  };
}
