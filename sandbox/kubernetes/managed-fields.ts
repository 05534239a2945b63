import { isJsonObject, sameJson } from './json.ts';
import type { KubeObject, ManagedFields } from './kinds.ts';

/** Who writes, as `metadata.managedFields` will name them. */
export interface Writer {
  readonly manager: string;
  readonly subresource?: string;
}

/** The controllers write what they see to `status` and what they want to the object itself. */
const controllers = 'kube-controller-manager';

/** `f:status`, `f:readyReplicas` joined; a list counts as one field, where the real server keeps some item by item. */
type Path = string;
const separator = '\0';

/**
 * The `metadata.managedFields` of an object after a write. As in a real API server: whoever changes a field owns it from
 * then on, and their time moves; whose fields stay untouched keeps their time. A manager that owns nothing is left out.
 */
export function managedFields(
  before: KubeObject | undefined,
  next: KubeObject,
  writer: Writer | undefined,
  time: string,
): readonly ManagedFields[] {
  const [was, is] = [fieldsOf(before), fieldsOf(next)];
  const changed = new Set(
    [...was.keys(), ...is.keys()].filter((path) => !sameJson(was.get(path), is.get(path))),
  );
  const { manager, subresource } = writer ?? writerOf(changed);
  const isOwn = (entry: ManagedFields) => entry.manager === manager && entry.subresource === subresource;
  const known = before?.metadata.managedFields ?? [];
  if (changed.size === 0) return known;
  const own = known.find(isOwn);
  const kept = known.flatMap((entry) => {
    const paths = pathsIn(entry.fieldsV1).filter((path) => !changed.has(path));
    return isOwn(entry) || paths.length === 0 ? [] : [{ ...entry, fieldsV1: treeOf(paths) }];
  });
  const paths = new Set([...pathsIn(own?.fieldsV1 ?? {}), ...changed]);
  const written = {
    manager,
    operation: 'Update',
    apiVersion: next.apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: treeOf([...paths].filter((path) => is.has(path))),
    ...(subresource && { subresource }),
  };
  return Object.keys(written.fieldsV1).length === 0 ? kept : [...kept, written];
}

function writerOf(changed: ReadonlySet<Path>): Writer {
  const status = [...changed].some((path) => path.startsWith('f:status'));
  return { manager: controllers, ...(status && { subresource: 'status' }) };
}

const ownedMetadata = ['labels', 'annotations', 'ownerReferences', 'finalizers'];

/** Every field somebody can own, with its value. */
function fieldsOf(object: KubeObject | undefined): ReadonlyMap<Path, unknown> {
  const fields = new Map<Path, unknown>();
  if (!object) return fields;
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const owned = Object.fromEntries(ownedMetadata.map((key) => [key, metadata[key]]));
  collect({ metadata: owned, ...rest }, [], fields);
  return fields;
}

function collect(value: unknown, path: readonly string[], into: Map<Path, unknown>): void {
  if (value === undefined) return;
  if (!isJsonObject(value) || Object.keys(value).length === 0) into.set(path.join(separator), value);
  else for (const [key, inner] of Object.entries(value)) collect(inner, [...path, `f:${key}`], into);
}

function pathsIn(tree: object, at: readonly string[] = []): Path[] {
  return Object.entries(tree).flatMap(([key, inner]: [string, object]) =>
    Object.keys(inner).length === 0 ? [[...at, key].join(separator)] : pathsIn(inner, [...at, key]),
  );
}

function treeOf(paths: readonly Path[]): Record<string, object> {
  const tree: Record<string, object> = {};
  const byHead = Map.groupBy(paths, (path) => path.split(separator, 1)[0] ?? '');
  for (const [head, inside] of byHead) {
    const tails = inside.map((path) => path.slice(head.length + separator.length)).filter(Boolean);
    tree[head] = treeOf(tails);
  }
  return tree;
}
