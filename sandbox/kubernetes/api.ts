import type { Decode } from './decode.ts';
import { isJsonObject, type Json, member } from './json.ts';
import type { KubeObject } from './kinds.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { PodLogs } from './logs.ts';
import { notServed, type ResourceRequest } from './request.ts';
import { groupVersion } from './resources.ts';
import { scaleOf } from './scale.ts';
import { selection } from './selectors.ts';
import { conflict, failure, notFound, type Status } from './status.ts';
import type { Store } from './store.ts';
import { createDrafting } from './write.ts';

export interface Answer {
  readonly code: number;
  /** A string is sent as plain text. */
  readonly body: object | string;
  readonly warnings?: readonly string[];
}

/** Answers every verb but watch. */
export function createApi(deps: { store: Store; decode: Decode; lifecycle: Lifecycle; logs: PodLogs }) {
  const { store, lifecycle, logs } = deps;
  const drafting = createDrafting(store, deps.decode);
  const scopeOf = (request: ResourceRequest) => (request.resource.namespaced ? request.namespace : '');

  function found(request: ResourceRequest): KubeObject {
    const object = store.get(request.plural, scopeOf(request), request.name);
    if (!object) throw notFound(request.resource, request.name);
    return object;
  }

  function list(request: ResourceRequest): Answer {
    const { resource, plural, query } = request;
    const items = store
      .list(plural, scopeOf(request))
      .filter(selection(resource, query))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    return {
      code: 200,
      body: {
        apiVersion: groupVersion(resource),
        kind: `${resource.kind}List`,
        metadata: { resourceVersion: String(store.version()) },
        // Items of a list come without kind and apiVersion, except those of custom resources.
        items: resource.model ? items.map(({ kind: _kind, apiVersion: _version, ...item }) => item) : items,
      },
    };
  }

  function get(request: ResourceRequest): Answer {
    const object = found(request);
    if (request.subresource === 'log') return { code: 200, body: logs.read(object, request.query) };
    return { code: 200, body: request.subresource === 'scale' ? scaleOf(object) : object };
  }

  function create(request: ResourceRequest, body: Json): Answer {
    if (request.subresource) throw notServed();
    const { object, warnings } = drafting.toCreate(request, body);
    const { namespace = '', name } = object.metadata;
    if (request.dryRun && !store.get(request.plural, namespace, name))
      return { code: 201, body: object, warnings };
    return { code: 201, body: store.create(request.plural, object, writerOf(request)), warnings };
  }

  function modify(request: ResourceRequest, body: Json): Answer {
    if (request.subresource === 'log') throw notServed();
    const { object, warnings } = drafting.toModify(request, found(request), body);
    const stored = request.dryRun ? object : store.update(request.plural, object, writerOf(request));
    return { code: 200, body: request.subresource === 'scale' ? scaleOf(stored) : stored, warnings };
  }

  function removeOne(request: ResourceRequest, object: KubeObject, options: unknown): object {
    const { resource, plural, query } = request;
    const { name, uid, resourceVersion, namespace = '' } = object.metadata;
    const wanted = {
      uid: member(options, 'preconditions', 'uid'),
      version: member(options, 'preconditions', 'resourceVersion'),
    };
    if (wanted.uid !== undefined && wanted.uid !== uid) {
      const why = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`;
      throw conflict(resource, name, why);
    }
    if (wanted.version !== undefined && wanted.version !== resourceVersion) {
      const why = `Precondition failed: ResourceVersion in precondition: ${wanted.version}, ResourceVersion in object meta: ${resourceVersion}`;
      throw conflict(resource, name, why);
    }
    const option = (key: string) => member(options, key) ?? query.get(key) ?? undefined;
    const dryRun = request.dryRun || member(options, 'dryRun', 0) === 'All';
    if (!dryRun && option('propagationPolicy') === 'Orphan') lifecycle.orphan(object);
    const immediately = String(option('gracePeriodSeconds')) === '0';
    const removed = dryRun ? object : lifecycle.remove(plural, namespace, name, immediately);
    if (plural === 'pods' || plural === 'namespaces') return removed ?? object;
    const details = { name, ...(resource.group && { group: resource.group }), kind: resource.plural, uid };
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } satisfies Status;
  }

  function removeMany(request: ResourceRequest, options: unknown): Answer {
    const answer = list(request);
    const selected = store
      .list(request.plural, scopeOf(request))
      .filter(selection(request.resource, request.query));
    for (const object of selected) removeOne(request, object, options);
    return answer;
  }

  return {
    handle(request: ResourceRequest, body: Json | undefined): Answer {
      switch (request.verb) {
        case 'get':
          return get(request);
        case 'list':
          return list(request);
        case 'create':
          return create(request, body ?? null);
        case 'update':
        case 'patch':
          return modify(request, body ?? null);
        case 'delete':
          if (request.subresource) throw notServed();
          return { code: 200, body: removeOne(request, found(request), isJsonObject(body) ? body : {}) };
        case 'deletecollection':
          return removeMany(request, isJsonObject(body) ? body : {});
        case 'watch':
          throw failure(500, 'a watch is answered by its own stream');
      }
    },
  };
}

const writerOf = ({ manager, subresource }: ResourceRequest) => ({
  manager,
  ...(subresource && { subresource }),
});

const keyOf = (object: KubeObject) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
