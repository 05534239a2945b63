import { randomUUID } from 'node:crypto';
import { sameJson } from './json.ts';
import { type Draft, type KubeObject, Metadata } from './kinds.ts';
import { managedFields, type Writer } from './managed-fields.ts';
import { groupVersion, type Plural, type Resource, resources } from './resources.ts';
import { alreadyExists, notFound } from './status.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly resource: Resource;
  readonly object: KubeObject;
  /** The object before, which a watch with a selector needs to tell "left the set" from "never was in it". */
  readonly before?: KubeObject;
}

export type Store = ReturnType<typeof createStore>;

const historySize = 5_000;

/**
 * All objects of the cluster, one resourceVersion counter, and the changes a watch may resume from.
 * Objects are immutable: every write puts a new one, and a write that changes nothing moves nothing.
 */
export function createStore(clock: () => Date) {
  const objects = new Map<Plural, Map<string, KubeObject>>();
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let version = 1000;
  let oldest = version;

  const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;

  function table(plural: Plural): Map<string, KubeObject> {
    const found = objects.get(plural) ?? new Map<string, KubeObject>();
    objects.set(plural, found);
    return found;
  }

  function record(change: Change): void {
    history.push(change);
    if (history.length > historySize * 2) {
      history = history.slice(-historySize);
      oldest = (history[0]?.version ?? version) - 1;
    }
    for (const listener of [...listeners]) listener(change);
  }

  function get(plural: Plural, namespace: string, name: string): KubeObject | undefined {
    return table(plural).get(keyOf(namespace, name));
  }

  function put(
    plural: Plural,
    object: KubeObject,
    writer: Writer | undefined,
    before?: KubeObject,
  ): KubeObject {
    version += 1;
    const stored: KubeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        resourceVersion: String(version),
        managedFields: [...managedFields(before, object, writer, timestamp(clock()))],
      },
    };
    table(plural).set(keyOf(stored.metadata.namespace ?? '', stored.metadata.name), stored);
    const type = before ? 'MODIFIED' : 'ADDED';
    record({ type, version, resource: resources[plural], object: stored, ...(before && { before }) });
    return stored;
  }

  return {
    version: () => version,
    get,

    list(plural: Plural, namespace?: string): KubeObject[] {
      const all = [...table(plural).values()];
      return namespace ? all.filter((object) => object.metadata.namespace === namespace) : all;
    },

    /** What `create` would store: uid, times and generation given, nothing kept. */
    prepare(plural: Plural, draft: Draft): KubeObject {
      const resource: Resource = resources[plural];
      const metadata = Metadata.parse({
        ...draft.metadata,
        uid: draft.metadata.uid ?? randomUUID(),
        creationTimestamp: timestamp(clock()),
        ...(resource.generation !== 'never' && { generation: 1 }),
      });
      return { ...draft, apiVersion: groupVersion(resource), kind: resource.kind, metadata };
    },

    /** Without a writer it is one of the controllers. */
    create(plural: Plural, object: KubeObject, writer?: Writer): KubeObject {
      const { namespace = '', name } = object.metadata;
      if (get(plural, namespace, name)) throw alreadyExists(resources[plural], name);
      return put(plural, object, writer);
    },

    /** Replaces an object; the very same content is no write, so its resourceVersion stays. */
    update(plural: Plural, object: KubeObject, writer?: Writer): KubeObject {
      const { namespace = '', name } = object.metadata;
      const before = get(plural, namespace, name);
      if (!before) throw notFound(resources[plural], name);
      const { resourceVersion, managedFields } = before.metadata;
      const next = { ...object, metadata: { ...object.metadata, resourceVersion, managedFields } };
      return sameJson(next, before) ? before : put(plural, next, writer, before);
    },

    remove(plural: Plural, namespace: string, name: string): KubeObject | undefined {
      const before = get(plural, namespace, name);
      if (!before) return undefined;
      table(plural).delete(keyOf(namespace, name));
      version += 1;
      const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
      record({ type: 'DELETED', version, resource: resources[plural], object, before });
      return object;
    },

    /** Changes after a version, or 'gone' when history no longer reaches back that far. */
    since(from: number): readonly Change[] | 'gone' {
      return from < oldest ? 'gone' : history.filter((change) => change.version > from);
    },

    forgetHistory(): void {
      history = [];
      oldest = version;
    },

    subscribe(listener: (change: Change) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Times in objects have whole seconds, as in a real cluster. */
export function timestamp(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
