/**
 * The next state with every part that did not change taken from the last one, so that parts of the page can tell by
 * identity that they need no drawing. Both come from JSON.
 */
export function share<T>(before: T, after: T): T;
export function share(before: unknown, after: unknown): unknown {
  if (before === after) return before;
  if (Array.isArray(before) && Array.isArray(after)) {
    const shared = after.map((item, index) => share(before[index], item));
    const same = before.length === after.length && shared.every((item, index) => item === before[index]);
    return same ? before : shared;
  }
  if (isRecord(before) && isRecord(after)) {
    const keys = Object.keys(after);
    const shared = Object.fromEntries(keys.map((key) => [key, share(before[key], after[key])]));
    const same =
      keys.length === Object.keys(before).length && keys.every((key) => shared[key] === before[key]);
    return same ? before : shared;
  }
  return after;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
