import type { Json } from './canonical.ts';

/**
 * `${find.key}`, `${inputs.before}`, `${run.id}`, `${vars.janua-url}`: what a plan may refer to. A text that is one
 * reference alone takes the value's own type; inside a longer text the value is written out.
 */
const REFERENCE = /\$\{([a-z0-9-]+(?:\.[a-zA-Z0-9_-]+)+)\}/g;
/** A name without what of it is meant: no reference, so that it would stay as it is written. */
const BARE = /\$\{([a-z0-9-]+)\}/g;
const WHOLE = new RegExp(`^${REFERENCE.source}$`);

export type Scope = Readonly<Record<string, Json>>;

/** Every dotted path a value refers to. */
export function referencesIn(value: Json): readonly string[] {
  return matchesIn(value, REFERENCE);
}

/** `find` of every `${find}`, which names a step and nothing that it gives. */
export function bareNamesIn(value: Json): readonly string[] {
  return matchesIn(value, BARE);
}

function matchesIn(value: Json, pattern: RegExp): readonly string[] {
  if (typeof value === 'string') return [...value.matchAll(pattern)].flatMap((match) => match.slice(1));
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap((inner) => matchesIn(inner, pattern));
}

/** Looks a dotted path up; undefined when any part of it is missing. */
export function lookup(scope: Scope, path: string): Json | undefined {
  let value: Json | undefined = scope;
  for (const part of path.split('.')) {
    if (value === null || value === undefined || typeof value !== 'object') return undefined;
    value = Object.entries(value).find(([key]) => key === part)?.[1];
  }
  return value;
}

/** Fills references from the scope. What the scope does not know stays a symbol: `${stop.previous}`. */
export function resolve(value: Json, scope: Scope): Json {
  if (typeof value === 'string') return resolveText(value, scope);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((inner: Json) => resolve(inner, scope));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner, scope)]));
}

function resolveText(text: string, scope: Scope): Json {
  const whole = text.match(WHOLE)?.[1];
  if (whole !== undefined) {
    const found = lookup(scope, whole);
    return found === undefined ? text : found;
  }
  return text.replace(REFERENCE, (symbol, path: string) => {
    const found = lookup(scope, path);
    if (found === undefined) return symbol;
    return typeof found === 'string' ? found : JSON.stringify(found);
  });
}

/** True while a resolved value still holds a symbol. */
export function hasSymbols(value: Json): boolean {
  return referencesIn(value).length > 0;
}

/** A condition: `inputs.recovery == restore`, `find.format != plain`, or a bare path that must be present and not false. */
export interface Condition {
  readonly path: string;
  readonly test: 'present' | 'equals' | 'differs';
  readonly value: string;
}

/** Undefined when the text is not a condition. */
export function parseCondition(text: string): Condition | undefined {
  const match = text.match(/^([a-z0-9-]+(?:\.[a-zA-Z0-9_-]+)+)(?:\s*(==|!=)\s*(\S+))?$/);
  if (match?.[1] === undefined) return undefined;
  const test = match[2] === undefined ? 'present' : match[2] === '==' ? 'equals' : 'differs';
  return { path: match[1], test, value: match[3] ?? '' };
}

export function holds(condition: Condition, scope: Scope): boolean {
  const found = lookup(scope, condition.path);
  if (condition.test === 'present')
    return found !== undefined && found !== null && found !== false && found !== '';
  const same = found !== undefined && String(found) === condition.value;
  return condition.test === 'equals' ? same : !same;
}
