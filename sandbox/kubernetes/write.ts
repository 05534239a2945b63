import type { Decode } from './decode.ts';
import { isJsonObject, type Json, type JsonObject, member, sameJson } from './json.ts';
import { type KubeObject, Metadata } from './kinds.ts';
import { jsonPatch, mergePatch, strategicPatch } from './patch.ts';
import type { ResourceRequest } from './request.ts';
import type { Resource } from './resources.ts';
import { scaleOf, withScale } from './scale.ts';
import { conflict, failure, invalid, invalidValue, qualified } from './status.ts';
import type { Store } from './store.ts';
import { validate } from './validate.ts';

/** What a write would store, and what the client is warned of. Nothing is stored here. */
export interface Drafted {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Turns the bodies of create, update and patch into objects fit to store, or refuses them as a real API server does. */
export function createDrafting(store: Store, decode: Decode) {
  function decoded(
    request: ResourceRequest,
    body: Json,
  ): { object: JsonObject; warnings: readonly string[] } {
    const { resource, subresource, verb } = request;
    if (!isJsonObject(body)) throw failure(400, 'the request body must be a JSON object');
    const kind = subresource === 'scale' ? 'Scale' : resource.kind;
    const model = subresource === 'scale' ? 'V1Scale' : resource.model;
    const { object, unknown, mismatch } = model
      ? decode(model, body)
      : { object: body, unknown: [], mismatch: undefined };
    const strict = request.query.get('fieldValidation') === 'Strict';
    const faults = unknown.map((field) => `unknown field "${field}"`);
    const fault =
      mismatch ?? (strict && faults.length > 0 ? `strict decoding error: ${faults.join(', ')}` : undefined);
    if (fault !== undefined) {
      throw verb === 'patch'
        ? invalid('', '', '', [invalidValue('patch', JSON.stringify(body), fault)])
        : failure(400, `${kind} in version "${resource.version}" cannot be handled as a ${kind}: ${fault}`);
    }
    if (object.kind !== undefined && object.kind !== kind) {
      throw failure(
        400,
        `the API version and kind in the data (${object.kind}) do not match the expected kind (${kind})`,
      );
    }
    return { object, warnings: request.query.get('fieldValidation') === 'Ignore' ? [] : faults };
  }

  function patched(request: ResourceRequest, current: JsonObject, body: Json): Json {
    switch (request.contentType) {
      case 'application/json-patch+json':
        return jsonPatch(current, body);
      case 'application/merge-patch+json':
        if (!isJsonObject(body)) throw failure(400, 'error decoding patch: the patch must be a JSON object');
        return mergePatch(current, body);
      case 'application/strategic-merge-patch+json':
        if (!request.resource.model)
          throw unsupported(['application/json-patch+json', 'application/merge-patch+json']);
        if (!isJsonObject(body)) throw failure(400, 'error decoding patch: the patch must be a JSON object');
        return strategicPatch(current, body);
      default:
        throw unsupported(patchTypes);
    }
  }

  /** The object a create would store. */
  function toCreate(request: ResourceRequest, body: Json): Drafted {
    const { object, warnings } = decoded(request, body);
    const metadata = isJsonObject(object.metadata) ? object.metadata : {};
    const { resource, plural, namespace } = request;
    if (metadata.resourceVersion)
      throw failure(500, 'resourceVersion should not be set on objects to be created');
    if (resource.namespaced) {
      if (metadata.namespace !== undefined && metadata.namespace !== namespace) throw foreignNamespace();
      refuseNamespace(resource, namespace, String(metadata.name ?? ''));
    }
    const name = metadata.name ?? generated(metadata.generateName);
    if (name === undefined) {
      throw invalid(resource.kind, resource.group, '', [
        invalidValue('metadata.name', undefined, 'name or generateName is required'),
      ]);
    }
    const {
      uid: _uid,
      creationTimestamp: _at,
      generation: _generation,
      managedFields: _fields,
      ...own
    } = metadata;
    const { status: _status, ...rest } = encodeStringData(object);
    const draft = { ...rest, metadata: { ...own, name, ...(resource.namespaced && { namespace }) } };
    return { object: validate(plural, store.prepare(plural, draft)), warnings };
  }

  function refuseNamespace(resource: Resource, namespace: string, name: string): void {
    const found = store.get('namespaces', '', namespace);
    if (!found)
      throw failure(404, `namespaces "${namespace}" not found`, { name: namespace, kind: 'namespaces' });
    if (found.metadata.deletionTimestamp) {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      throw failure(403, `${qualified(resource)} "${name}" is forbidden: ${why}`, {
        name,
        kind: resource.plural,
      });
    }
  }

  /** The object an update or patch of `current` would store. */
  function toModify(request: ResourceRequest, current: KubeObject, body: Json): Drafted {
    const base = asJson(request.subresource === 'scale' ? scaleOf(current) : current);
    const { object: given, warnings } = decoded(
      request,
      request.verb === 'patch' ? patched(request, base, body) : body,
    );
    refuseStale(request, current, given);
    const next =
      request.subresource === 'scale'
        ? withScale(request.resource, current, given)
        : request.subresource === 'status'
          ? { ...current, status: given.status }
          : asUpdate(request.resource, current, encodeStringData(given));
    return { object: validate(request.plural, next, current), warnings };
  }

  return { toCreate, toModify };
}

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

function unsupported(accepted: readonly string[]) {
  return failure(
    415,
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

const foreignNamespace = () =>
  failure(400, 'the namespace of the provided object does not match the namespace sent on the request');

function refuseStale(request: ResourceRequest, current: KubeObject, given: JsonObject): void {
  const { resource, verb } = request;
  const { name, namespace, uid, resourceVersion } = current.metadata;
  const asked = (key: string) => member(given, 'metadata', key);
  if (asked('name') !== name) {
    throw failure(
      400,
      `the name of the object (${asked('name')}) does not match the name on the URL (${name})`,
    );
  }
  if (asked('namespace') !== undefined && asked('namespace') !== namespace) throw foreignNamespace();
  if (verb === 'update' && asked('uid') !== undefined && asked('uid') !== uid) {
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${asked('uid')}, UID in object meta: ${uid}`,
    );
  }
  if (asked('resourceVersion') && asked('resourceVersion') !== resourceVersion)
    throw conflict(resource, name);
}

/** Takes over what a client may change; status and the server's own metadata stay, the generation moves if it must. */
function asUpdate(resource: Resource, current: KubeObject, given: JsonObject): KubeObject {
  const kept = current.metadata;
  const changed =
    !sameJson(given.spec, current.spec) ||
    (resource.generation === 'spec and annotations' &&
      !sameJson(member(given, 'metadata', 'annotations'), kept.annotations));
  const metadata = Metadata.parse({
    ...(isJsonObject(given.metadata) ? given.metadata : {}),
    uid: member(given, 'metadata', 'uid') ?? kept.uid,
    resourceVersion: kept.resourceVersion,
    creationTimestamp: kept.creationTimestamp,
    managedFields: kept.managedFields,
    ...(kept.namespace && { namespace: kept.namespace }),
    ...(kept.deletionTimestamp && { deletionTimestamp: kept.deletionTimestamp }),
    ...(kept.generation !== undefined && { generation: kept.generation + (changed ? 1 : 0) }),
  });
  const { status: _given, ...rest } = given;
  return {
    ...rest,
    apiVersion: current.apiVersion,
    kind: current.kind,
    metadata,
    ...(current.status !== undefined && { status: current.status }),
  };
}

/** `stringData` of a Secret is write-only: it goes to `data`. */
function encodeStringData(object: JsonObject): JsonObject {
  if (!isJsonObject(object.stringData)) return object;
  const { stringData, ...rest } = object;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  return { ...rest, data: { ...(isJsonObject(rest.data) ? rest.data : {}), ...Object.fromEntries(encoded) } };
}

function generated(prefix: Json | undefined): string | undefined {
  return typeof prefix === 'string'
    ? `${prefix}${Math.random().toString(36).slice(2, 7).padEnd(5, '0')}`
    : undefined;
}

function asJson(object: object): JsonObject {
  const copy: unknown = structuredClone(object);
  return isJsonObject(copy) ? copy : {};
}
