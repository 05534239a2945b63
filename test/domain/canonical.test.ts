import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalJson,
  digestOf,
  fingerprintOf,
  type Json,
  sha256,
  storable,
  toJson,
} from '../../src/domain/canonical.ts';
import { check } from './seed.ts';

/** Any JSON value: -0 is left out because JSON writes it as 0. */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);

/** The same value with the keys of every object put in another order. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  const backwards = Object.entries(value).reverse();
  return Object.fromEntries(backwards.map(([key, inner]) => [key, shuffled(inner)]));
}

describe('canonical JSON', () => {
  test.each<[Json, string]>([
    [null, 'null'],
    [true, 'true'],
    ['a"b\n', '"a\\"b\\n"'],
    [1.5, '1.5'],
    [[], '[]'],
    [{}, '{}'],
    [{ b: 1, a: [2, { d: null, c: 'x' }] }, '{"a":[2,{"c":"x","d":null}],"b":1}'],
    [{ é: 1, z: 2, Z: 3, 10: 4, 9: 5 }, '{"10":4,"9":5,"Z":3,"z":2,"é":1}'],
    ['\ud800', '"\\ud800"'],
  ])('%j is written as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    '%s has no text: it is refused, not written as null',
    (n) => {
      expect(() => canonicalJson({ rows: n })).toThrow(`not a JSON number: ${n}`);
    },
  );

  test('the order of keys does not matter, at any depth', () => {
    check(
      fc.property(json, (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      }),
      { seed: 101 },
    );
  });

  test('the text reads back as the same value', () => {
    check(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
      { seed: 102 },
    );
  });

  test('values that differ give texts that differ', () => {
    const small = fc.oneof(fc.constantFrom<Json>(0, 1, '0', '', null, false, [], {}), json);
    check(
      fc.property(small, small, (a, b) => {
        fc.pre(!sameValue(a, b));
        expect(canonicalJson(a)).not.toBe(canonicalJson(b));
      }),
      { seed: 103, runs: 1_000 },
    );
  });
});

/** Equality without any text: the property above must not rest on what it checks. */
function sameValue(a: Json, b: Json): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [new Map(Object.entries(a)), new Map<string, Json>(Object.entries(b))];
  if (left.size !== right.size) return false;
  return [...left].every(([key, value]) => {
    const other = right.get(key);
    return other !== undefined && sameValue(value as Json, other);
  });
}

describe('toJson', () => {
  test('writes dates as ISO text and leaves undefined out', () => {
    const value = { at: new Date('2026-11-21T02:30:00Z'), nothing: undefined, list: [undefined, 1] };

    expect(toJson(value)).toEqual({ at: '2026-11-21T02:30:00.000Z', list: [null, 1] });
  });

  test('undefined itself becomes null', () => {
    expect(toJson(undefined)).toBeNull();
  });
});

describe('what jsonb cannot hold', () => {
  test.each<[string, unknown, unknown]>([
    ['a NUL', { said: ['a\0b'] }, { said: ['a\uFFFDb'] }],
    ['half a character, as cutting a text leaves it', '\u{1F600}'.slice(0, 1), '\uFFFD'],
    ['the other half', ['x\udc00'], ['x\uFFFD']],
  ])('%s becomes the sign for it', (_, value, stored) => {
    expect(storable(value)).toEqual(stored);
  });

  test.each([['whole \u{1F600} and the words \\u0000'], [{ a: [1, null, 'é'] }], [undefined]])(
    '%j stays as it is',
    (value) => {
      expect(storable(value)).toEqual(value);
    },
  );
});

describe('digests', () => {
  test('text and its UTF-8 bytes have one SHA-256', () => {
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256(Buffer.from('é'))).toBe(sha256('é'));
  });

  test('the same value in two domains has two digests', () => {
    expect(digestOf('gate', { a: 1 })).toBe(sha256('drbot/gate/v1\0{"a":1}'));
    expect(digestOf('gate', { a: 1 })).not.toBe(digestOf('plan', { a: 1 }));
  });

  test.each([
    ['0'.repeat(64), '0000-0000'],
    ['f'.repeat(64), 'ZZZZ-ZZZZ'],
    [`0000000001${'f'.repeat(54)}`, '0000-0001'],
    [`8000000000${'0'.repeat(54)}`, 'G000-0000'],
  ])('a fingerprint is the first 40 bits of %s: %s', (digest, words) => {
    expect(fingerprintOf(digest)).toBe(words);
  });
});
