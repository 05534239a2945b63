import type { Json } from '../domain/canonical.ts';

const SECRET_NAME =
  /pass(word|phrase|wd)?$|secret|token|api-?_?key|private-?_?key|credential|authorization|cookie/i;

/** A value for the log, which nobody can erase: what stands under the name of a secret is left out. */
export function withoutSecrets(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((inner: Json) => withoutSecrets(inner));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAME.test(name) ? '[hidden]' : withoutSecrets(inner),
    ]),
  );
}
