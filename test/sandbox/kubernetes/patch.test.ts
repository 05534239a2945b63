import { expect, test } from 'vitest';
import type { Json } from '../../../sandbox/kubernetes/json.ts';
import { jsonPatch, mergePatch, strategicPatch } from '../../../sandbox/kubernetes/patch.ts';

test('a merge patch merges objects, removes by null and replaces lists', () => {
  const target = { labels: { app: 'x', old: 'y' }, list: [1, 2], keep: true };

  const result = mergePatch(target, { labels: { old: null, new: 'z' }, list: [3] });

  expect(result).toEqual({ labels: { app: 'x', new: 'z' }, list: [3], keep: true });
});

test('a strategic patch merges containers and their environment by name', () => {
  const target = {
    containers: [{ name: 'app', image: 'a:1', env: [{ name: 'A', value: '1' }] }, { name: 'side' }],
  };

  const env = [{ name: 'B', value: '2' }];
  const patch = {
    containers: [
      { name: 'app', env },
      { name: 'side', $patch: 'delete' },
    ],
  };

  expect(strategicPatch(target, patch)).toEqual({
    containers: [{ name: 'app', image: 'a:1', env: [{ name: 'A', value: '1' }, ...env] }],
  });
});

test.each<[string, Json, Json]>([
  [
    'add to the end of a list',
    [{ op: 'add', path: '/list/-', value: 3 }],
    { list: [1, 2, 3], map: { 'a/b': 1 } },
  ],
  ['insert into a list', [{ op: 'add', path: '/list/0', value: 0 }], { list: [0, 1, 2], map: { 'a/b': 1 } }],
  ['remove an escaped key', [{ op: 'remove', path: '/map/a~1b' }], { list: [1, 2], map: {} }],
  ['move', [{ op: 'move', from: '/list', path: '/map/moved' }], { map: { 'a/b': 1, moved: [1, 2] } }],
  ['copy', [{ op: 'copy', from: '/list/1', path: '/two' }], { list: [1, 2], map: { 'a/b': 1 }, two: 2 }],
  ['replace the whole', [{ op: 'replace', path: '', value: {} }], {}],
])('a JSON patch can %s', (_name, operations, expected) => {
  expect(jsonPatch({ list: [1, 2], map: { 'a/b': 1 } }, operations)).toEqual(expected);
});

test.each([
  [{ op: 'remove', path: '/nothing' }],
  [{ op: 'replace', path: '/nothing', value: 1 }],
  [{ op: 'test', path: '/list/0', value: 9 }],
])('a JSON patch that does not fit is refused: %j', (operation) => {
  expect(() => jsonPatch({ list: [1] }, [operation])).toThrow();
});
