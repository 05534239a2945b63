import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/domain/canonical.ts';
import {
  hasSymbols,
  holds,
  lookup,
  parseCondition,
  referencesIn,
  resolve,
  type Scope,
} from '../../src/domain/template.ts';
import { check } from './seed.ts';

const SCOPE: Scope = {
  find: { key: 'a.dump', size: 12, roles: null, list: [1, 2], empty: '', no: false },
  inputs: { before: '02:05' },
};

describe('resolve', () => {
  test.each<[string, Json, Json]>([
    ['one reference alone takes the type of its value', '${find.size}', 12],
    ['a list stays a list', '${find.list}', [1, 2]],
    ['null is a value', '${find.roles}', null],
    ['inside a longer text values are written out', 'keep ${find.size} of ${find.list}', 'keep 12 of [1,2]'],
    ['text is put in as it is', 's3://b/${find.key}', 's3://b/a.dump'],
    ['what is not known stays a symbol', '${stop.previous}', '${stop.previous}'],
    ['also inside a text', 'scale to ${stop.previous}', 'scale to ${stop.previous}'],
    ['lists and objects are filled inside', { a: ['${find.size}'], b: true }, { a: [12], b: true }],
    ['a name without a dot is no reference', '${find}', '${find}'],
    ['nothing is inherited from JavaScript', '${find.constructor}', '${find.constructor}'],
    ['a path through text leads nowhere', '${find.key.length}', '${find.key.length}'],
  ])('%s', (_, value, resolved) => {
    expect(resolve(value, SCOPE)).toEqual(resolved);
  });

  /** Texts with references, plain and unknown, in nested values; values in the scope hold no references. */
  const path = fc.constantFrom('a.x', 'a.y', 'b.z-1', 'none.here', 'a.none');
  const plain = fc.stringMatching(/^[ -~]{0,8}$/).map((text) => text.replaceAll('$', ''));
  const templated = fc
    .array(
      fc.oneof(
        plain,
        path.map((found) => `\${${found}}`),
      ),
      { maxLength: 4 },
    )
    .map((parts) => parts.join(''));
  const template = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      templated,
      fc.integer(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const leaf = fc.oneof(plain, fc.integer(), fc.boolean(), fc.constant(null));
  const scope = fc.record({ a: fc.record({ x: leaf, y: leaf }), b: fc.record({ 'z-1': leaf }) });

  test('leaves exactly the references that the scope does not know', () => {
    check(
      fc.property(template, scope, (value, known) => {
        const left = referencesIn(resolve(value, known));

        expect(left).toEqual(referencesIn(value).filter((found) => lookup(known, found) === undefined));
      }),
      { seed: 401 },
    );
  });

  test('changes nothing the second time', () => {
    check(
      fc.property(template, scope, (value, known) => {
        const once = resolve(value, known);

        expect(resolve(once, known)).toEqual(once);
      }),
      { seed: 402 },
    );
  });

  test('gives a value without references back as it was', () => {
    check(
      fc.property(template, (value) => {
        fc.pre(!hasSymbols(value));

        expect(resolve(value, {})).toEqual(value);
      }),
      { seed: 403 },
    );
  });
});

describe('references', () => {
  test('are found at any depth, in order', () => {
    expect(referencesIn({ a: ['${find.key} and ${inputs.before}', 1], b: null, c: '${vars.x-y}' })).toEqual([
      'find.key',
      'inputs.before',
      'vars.x-y',
    ]);
  });
});

describe('a condition', () => {
  test.each([
    ['find.key', { path: 'find.key', test: 'present', value: '' }],
    ['inputs.before == 02:05', { path: 'inputs.before', test: 'equals', value: '02:05' }],
    ['inputs.before!=02:05', { path: 'inputs.before', test: 'differs', value: '02:05' }],
  ])('%s is read', (text, condition) => {
    expect(parseCondition(text)).toEqual(condition);
  });

  test.each(['find', 'find.key =', 'find.key == a b', 'a.b > 3', ''])('"%s" is none', (text) => {
    expect(parseCondition(text)).toBeUndefined();
  });

  test.each([
    ['find.key', true],
    ['find.size', true],
    ['find.roles', false],
    ['find.empty', false],
    ['find.no', false],
    ['find.none', false],
    ['none.key', false],
    ['find.size == 12', true],
    ['find.size == 13', false],
    ['find.none == 12', false],
    ['find.size != 13', true],
    ['find.size != 12', false],
    ['find.none != 12', true],
  ])('%s: %s', (text, truth) => {
    const condition = parseCondition(text);

    expect(condition && holds(condition, SCOPE)).toBe(truth);
  });
});
