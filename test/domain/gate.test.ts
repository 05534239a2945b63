import { describe, expect, test } from 'vitest';
import { type BoundStep, differencesBetween, type GateSubject, gateDigest } from '../../src/domain/gate.ts';

const STOP: BoundStep = {
  step: 'stop',
  action: 'k8s.scale',
  params: { replicas: 0, deployment: 'janua-api' },
  bound: { uid: '4f', labels: ['a'] },
  undo: true,
};
const SUBJECT: GateSubject = { run: 'RUN-1', gate: 'cut-over', mode: 'live', plan: 'p', steps: [STOP] };

describe('the fingerprint of a gate', () => {
  test.each<[string, Partial<GateSubject>]>([
    ['another run', { run: 'RUN-2' }],
    ['another gate', { gate: 'drop' }],
    ['a drill', { mode: 'drill' }],
    ['another plan', { plan: 'q' }],
    ['another target', { steps: [{ ...STOP, bound: { uid: '91', labels: ['a'] } }] }],
    ['other parameters', { steps: [{ ...STOP, params: { replicas: 1, deployment: 'janua-api' } }] }],
    ['another action', { steps: [{ ...STOP, action: 'k8s.restart' }] }],
    ['no undo', { steps: [{ ...STOP, undo: false }] }],
    ['one step more', { steps: [STOP, { ...STOP, step: 'again' }] }],
  ])('%s has another one', (_, change) => {
    expect(gateDigest({ ...SUBJECT, ...change })).not.toBe(gateDigest(SUBJECT));
  });

  test('the order in which facts were read does not matter', () => {
    const backwards = { ...STOP, bound: { labels: ['a'], uid: '4f' } };

    expect(gateDigest({ ...SUBJECT, steps: [backwards] })).toBe(gateDigest(SUBJECT));
  });
});

describe('what differs between two looks', () => {
  test.each<[string, readonly BoundStep[], readonly string[]]>([
    ['nothing', [{ ...STOP }], []],
    ['a fact', [{ ...STOP, bound: { uid: '91', labels: ['a'] } }], ['stop.uid: "4f" → "91"']],
    [
      'a parameter',
      [{ ...STOP, params: { replicas: 2, deployment: 'janua-api' } }],
      ['stop.replicas: 0 → 2'],
    ],
    ['a fact that is gone', [{ ...STOP, bound: { labels: ['a'] } }], ['stop.uid: "4f" → null']],
    ['a new fact', [{ ...STOP, bound: { uid: '4f', labels: ['a'], oid: 7 } }], ['stop.oid: null → 7']],
    ['a list', [{ ...STOP, bound: { uid: '4f', labels: ['b'] } }], ['stop.labels: ["a"] → ["b"]']],
    ['everything', [{ ...STOP, bound: null }], ['stop: {"uid":"4f","labels":["a"]} → null']],
    ['a step that is gone', [], ['stop: is no longer part of the gate']],
  ])('%s', (_, after, lines) => {
    expect(differencesBetween([STOP], after)).toEqual(lines);
  });
});
