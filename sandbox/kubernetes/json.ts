export type Json = string | number | boolean | null | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member at a path like `['spec', 'replicas']`, undefined where the path ends early. */
export function member(value: unknown, ...path: PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (Array.isArray(at) && typeof key === 'number') at = at[key];
    else if (isJsonObject(at)) at = at[String(key)];
    else return undefined;
  }
  return at;
}

/** JSON with sorted keys, so that two equal values give the same text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    isJsonObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}

/** Equal as JSON: the order of members does not matter, and one that is undefined is not there. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => sameJson(item, b[at]));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const present = (object: JsonObject) => Object.keys(object).filter((key) => object[key] !== undefined);
  const keys = present(a);
  return (
    keys.length === present(b).length && keys.every((key) => b[key] !== undefined && sameJson(a[key], b[key]))
  );
}
