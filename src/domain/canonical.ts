import { createHash } from 'node:crypto';

/** JSON values as they are stored and hashed: no undefined, no Date, no NaN. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * The one text of a JSON value: keys sorted by UTF-16 code unit, no white space (RFC 8785 for the values we use).
 * Two values that mean the same give the same bytes, whoever wrote them. Throws on numbers JSON cannot hold.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`not a JSON number: ${value}`);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`);
  return `{${entries.join(',')}}`;
}

/** Turns dates into ISO text and drops undefined, so that typed values can be hashed and stored. */
export function toJson(value: unknown): Json {
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}

/** What JSON.stringify writes of a NUL and of half a character. */
const UNSTORABLE = /\\u0000|\\ud[89a-f]/i;

/**
 * The same value with every text as PostgreSQL's jsonb takes it: programs and remote answers hold NULs, and cutting a text may
 * leave half a character. Both become U+FFFD.
 */
export function storable<Value>(value: Value): Value {
  const text = JSON.stringify(value);
  if (text === undefined || !UNSTORABLE.test(text)) return value;
  return JSON.parse(text, (_, inner) =>
    typeof inner === 'string' ? inner.toWellFormed().replaceAll('\0', '\uFFFD') : inner,
  );
}

/** Lower-case hex SHA-256 of text (as UTF-8) or bytes. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256 over the canonical text, with a domain word in front so that digests of different things never meet. */
export function digestOf(domain: string, value: Json): string {
  return sha256(`drbot/${domain}/v1\0${canonicalJson(value)}`);
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The first 40 bits of a digest as `ERQY-JE13`: for eyes only, never compared by the machine (SLACK.md §3.2). */
export function fingerprintOf(digest: string): string {
  let bits = BigInt(`0x${digest.slice(0, 10)}`);
  let letters = '';
  for (let i = 0; i < 8; i++) {
    letters = CROCKFORD.charAt(Number(bits & 31n)) + letters;
    bits >>= 5n;
  }
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
