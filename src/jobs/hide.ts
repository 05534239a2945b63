import type { Json } from '../domain/canonical.ts';

const SECRET_NAME =
  /pass(word|phrase|wd)?$|secret|token|api-?_?key|private-?_?key|credential|authorization|cookie/i;

/** Parameters that name secrets of a cluster or of connections.yml, and never hold them. */
const NAMES_OF_SECRETS = new Set(['secret', 'secrets']);

/** Parameters of a step for the log, which nobody can erase: what stands under the name of a secret is left out. */
export function withoutSecrets(params: Json): Json {
  return mapped(params, (name, value) => (NAMES_OF_SECRETS.has(name) ? value : hidden(name, value)));
}

function hidden(name: string, value: Json): Json {
  return SECRET_NAME.test(name) ? '[hidden]' : mapped(value, hidden);
}

function mapped(value: Json, change: (name: string, inner: Json) => Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((inner: Json) => mapped(inner, hidden));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(name, inner)]));
}
