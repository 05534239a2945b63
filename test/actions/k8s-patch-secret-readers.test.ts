import { expect, test } from 'vitest';
import { otherReaders, readsKey } from '../../src/actions/k8s-secret-readers.ts';
import type { PodSpec } from '../../src/clients/kubernetes-objects.ts';
import type { Pod } from '../../src/clients/kubernetes-pods.ts';

const container = (given: object) => ({ containers: [{ name: 'api', image: 'veza/api:2', ...given }] });
const variable = (key: string) => ({
  env: [{ name: 'ANY', valueFrom: { secretKeyRef: { name: 'veza-secrets', key } } }],
});
const file = (volume: object): PodSpec => ({ ...container({}), volumes: [{ name: 'v', ...volume }] });
const items = [{ key: 'SESSION_KEY', path: 'session' }];

const CASES: readonly (readonly [string, PodSpec | undefined, boolean])[] = [
  ['the key as a variable', container(variable('DATABASE_URL')), true],
  ['another key as a variable', container(variable('SESSION_KEY')), false],
  ['all keys as variables', container({ envFrom: [{ secretRef: { name: 'veza-secrets' } }] }), true],
  ['all keys of another secret', container({ envFrom: [{ secretRef: { name: 'other' } }] }), false],
  [
    'it in an init container',
    { ...container({}), initContainers: container(variable('DATABASE_URL')).containers },
    true,
  ],
  ['the secret as files', file({ secret: { secretName: 'veza-secrets' } }), true],
  ['another key as a file', file({ secret: { secretName: 'veza-secrets', items } }), false],
  [
    'the secret in a projected volume',
    file({ projected: { sources: [{ secret: { name: 'veza-secrets' } }] } }),
    true,
  ],
  [
    'another key of it there',
    file({ projected: { sources: [{ secret: { name: 'veza-secrets', items } }] } }),
    false,
  ],
  ['nothing', container({}), false],
  ['no spec at all', undefined, false],
];

test.each(CASES)('a pod with %s', (_what, spec, reads) => {
  expect(readsKey(spec, 'veza-secrets', 'DATABASE_URL')).toBe(reads);
});

test('other readers are named once, by the workload that a person would restart', () => {
  const pod = (name: string, given: Partial<Pod>): Pod => ({
    name,
    uid: name,
    owner: undefined,
    spec: container(variable('DATABASE_URL')),
    containers: [],
    unscheduled: undefined,
    phase: 'Running',
    terminating: false,
    ready: true,
    restarts: 0,
    waiting: undefined,
    templateHash: '',
    createdAt: new Date(0),
    ...given,
  });
  const ofApi = { owner: { kind: 'ReplicaSet', name: 'veza-api-5d9c7' }, templateHash: '5d9c7' };
  const ofWeb = { owner: { kind: 'ReplicaSet', name: 'veza-web-6f1a2' }, templateHash: '6f1a2' };

  const readers = otherReaders(
    [
      pod('veza-api-5d9c7-a', ofApi),
      pod('veza-web-6f1a2-a', ofWeb),
      pod('veza-web-6f1a2-b', ofWeb),
      pod('report-1', { owner: { kind: 'Job', name: 'report' } }),
      pod('report-0', { owner: { kind: 'Job', name: 'report-yesterday' }, phase: 'Succeeded' }),
      pod('by-hand', {}),
      pod('leaving', { terminating: true }),
      pod('idle', { spec: container({}) }),
    ],
    ['veza-api'],
    'veza-secrets',
    'DATABASE_URL',
  );

  expect(readers).toEqual([
    { kind: 'Deployment', name: 'veza-web' },
    { kind: 'Job', name: 'report' },
    { kind: 'Pod', name: 'by-hand' },
  ]);
});
