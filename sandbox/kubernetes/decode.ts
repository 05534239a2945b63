import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

const Attributes = z.array(z.object({ baseName: z.string(), type: z.string() }));

export interface Decoded {
  readonly object: JsonObject;
  /** Paths of fields the schema does not know; they are dropped from `object`. */
  readonly unknown: readonly string[];
  /** What a Go decoder would say about the first member of a wrong type. */
  readonly mismatch?: string;
}

export type Decode = Awaited<ReturnType<typeof createDecoder>>;

/**
 * Checks objects against the published API: the type maps that @kubernetes/client-node generates from the OpenAPI
 * document of Kubernetes. The package takes most of a second to load, so it is loaded when a cluster starts.
 */
export async function createDecoder() {
  const models: object = await import('@kubernetes/client-node');
  const typeMaps = new Map<string, ReadonlyMap<string, string> | undefined>();

  function typeMap(model: string): ReadonlyMap<string, string> | undefined {
    if (!typeMaps.has(model)) {
      const found: unknown = Reflect.get(models, model);
      const attributes =
        typeof found === 'function'
          ? Attributes.safeParse(Reflect.get(found, 'attributeTypeMap'))
          : undefined;
      typeMaps.set(
        model,
        attributes?.success ? new Map(attributes.data.map((a) => [a.baseName, a.type])) : undefined,
      );
    }
    return typeMaps.get(model);
  }

  return (model: string, input: JsonObject): Decoded => {
    const unknown: string[] = [];
    let mismatch: string | undefined;

    function wrong(value: Json, path: string, type: string): Json {
      const actual = Array.isArray(value) ? 'array' : typeof value;
      mismatch ??= `json: cannot unmarshal ${actual} into Go struct field ${path} of type ${type}`;
      return value;
    }

    function walk(value: Json, type: string, path: string): Json {
      const item = /^Array<(.+)>$/.exec(type)?.[1];
      if (item) {
        return Array.isArray(value)
          ? value.map((element, at) => walk(element, item, `${path}[${at}]`))
          : wrong(value, path, 'slice');
      }
      const entry = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
      if (entry)
        return isJsonObject(value)
          ? mapValues(value, (one, key) => walk(one, entry, `${path}.${key}`))
          : wrong(value, path, 'map');
      const attributes = typeMap(type);
      if (attributes)
        return isJsonObject(value) ? members(value, attributes, path) : wrong(value, path, type);
      return isScalar(value, type) ? value : wrong(value, path, type);
    }

    function members(value: JsonObject, attributes: ReadonlyMap<string, string>, path: string): JsonObject {
      const result: JsonObject = {};
      for (const [key, one] of Object.entries(value)) {
        const at = path ? `${path}.${key}` : key;
        const type = attributes.get(key);
        if (type === undefined) unknown.push(at);
        else if (one !== null) result[key] = walk(one, type, at);
      }
      return result;
    }

    const object = members(input, typeMap(model) ?? new Map(), '');
    return { object, unknown, ...(mismatch !== undefined && { mismatch }) };
  };
}

function mapValues(value: JsonObject, change: (one: Json, key: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one, key)]));
}

function isScalar(value: Json, type: string): boolean {
  switch (type) {
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'Date':
    case 'V1MicroTime':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value));
    case 'IntOrString':
      return typeof value === 'string' || typeof value === 'number';
    default:
      return true; // `any`
  }
}
