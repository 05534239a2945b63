import { isJsonObject, type Json, type JsonObject, sameJson } from './json.ts';
import { failure } from './status.ts';

/** RFC 7396: objects merge, null removes, everything else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** The member that tells the items of a list apart; other lists are replaced as a whole. */
const mergeKeys: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  conditions: 'type',
  ownerReferences: 'uid',
};

/**
 * Strategic merge, simplified: as a merge patch, but the lists of `mergeKeys` merge item by item, and
 * `$patch: delete | replace` works in objects and list items. `$setElementOrder` and `$retainKeys` are ignored.
 */
export function strategicPatch(target: Json | undefined, patch: Json, name = ''): Json {
  if (Array.isArray(patch)) return strategicList(Array.isArray(target) ? target : [], patch, mergeKeys[name]);
  if (!isJsonObject(patch)) return patch;
  const { $patch, $retainKeys: _, ...members } = patch;
  if ($patch === 'replace') return members;
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(members)) {
    if (key.startsWith('$setElementOrder/')) continue;
    if (value === null || (isJsonObject(value) && value.$patch === 'delete')) delete result[key];
    else result[key] = strategicPatch(result[key], value, key);
  }
  return result;
}

function strategicList(target: Json[], patch: Json[], mergeKey: string | undefined): Json[] {
  if (mergeKey === undefined) return patch;
  let result = [...target];
  for (const item of patch) {
    if (!isJsonObject(item)) return patch;
    const same = (other: Json) => isJsonObject(other) && other[mergeKey] === item[mergeKey];
    const at = result.findIndex(same);
    if (item.$patch === 'delete') result = result.filter((other) => !same(other));
    else if (at === -1) result.push(strategicPatch(undefined, item));
    else result[at] = strategicPatch(result[at], item);
  }
  return result;
}

const unprocessable = (message: string) => failure(422, message);

const pointer = (path: string) =>
  path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

/** RFC 6902. A failing `test`, or a path that is not there, is 422 as in a real API server. */
export function jsonPatch(target: Json, operations: Json): Json {
  if (!Array.isArray(operations)) {
    throw failure(
      400,
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  const root: JsonObject = { root: structuredClone(target) };
  for (const operation of operations) applyOperation(root, operation);
  return root.root ?? null;
}

function applyOperation(root: JsonObject, operation: Json): void {
  if (!isJsonObject(operation) || typeof operation.path !== 'string')
    throw failure(400, 'error decoding patch: path is missing');
  const { op, path } = operation;
  const from = typeof operation.from === 'string' ? operation.from : '';
  const value = operation.value ?? null;
  switch (op) {
    case 'test':
      if (!sameJson(read(root, path), value)) {
        throw unprocessable(`testing value ${path} failed: test failed`);
      }
      return;
    case 'add':
      write(root, path, value, 'insert');
      return;
    case 'replace':
      read(root, path);
      write(root, path, value, 'replace');
      return;
    case 'remove':
      remove(root, path);
      return;
    case 'copy':
      write(root, path, structuredClone(read(root, from)), 'insert');
      return;
    case 'move': {
      const moved = read(root, from);
      remove(root, from);
      write(root, path, moved, 'insert');
      return;
    }
    default:
      throw unprocessable(`Unexpected kind: ${JSON.stringify(op)}`);
  }
}

function parentOf(root: JsonObject, path: string): { parent: Json[] | JsonObject; key: string } {
  const parts = ['root', ...pointer(path)];
  const key = parts.pop() ?? 'root';
  let at: Json | undefined = root;
  for (const part of parts)
    at = Array.isArray(at) ? at[Number(part)] : isJsonObject(at) ? at[part] : undefined;
  if (!Array.isArray(at) && !isJsonObject(at)) throw missing(path);
  return { parent: at, key };
}

const missing = (path: string) =>
  unprocessable(
    `the server rejected our request due to an error in our request: doc is missing path: ${path}`,
  );

function read(root: JsonObject, path: string): Json {
  const { parent, key } = parentOf(root, path);
  const value = Array.isArray(parent) ? parent[Number(key)] : parent[key];
  if (value === undefined) throw missing(path);
  return value;
}

function write(root: JsonObject, path: string, value: Json, how: 'insert' | 'replace'): void {
  const { parent, key } = parentOf(root, path);
  if (!Array.isArray(parent)) parent[key] = value;
  else if (key === '-') parent.push(value);
  else parent.splice(Number(key), how === 'replace' ? 1 : 0, value);
}

function remove(root: JsonObject, path: string): void {
  read(root, path);
  const { parent, key } = parentOf(root, path);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}
