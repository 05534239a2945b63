import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/domain/nearest.ts';
import { planFaults } from '../../src/domain/plan-lint.ts';
import { ACTIONS, EFFECT, faultsOf, gate, LOOK } from './plan-faults.ts';
import { plan } from './samples.ts';

const app = { id: 'app', name: 'App', kind: 'kubernetes', noBackup: 'Keeps nothing' };

describe('a sound plan', () => {
  test('has no faults, with and without people and connections', () => {
    expect(faultsOf({})).toEqual([]);
    expect(planFaults(plan(), ACTIONS, null, null)).toEqual([]);
  });

  test('without any action it says that none is known', () => {
    expect(planFaults(plan(), {}, null, null)[0]?.message).toBe(
      'there is no action "test.look". Known: none',
    );
  });
});

describe('components', () => {
  const postgres = { id: 'db', name: 'Database', kind: 'postgres', noBackup: 'A copy of another' };
  const whole = {
    ...postgres,
    connection: 'janua-primary',
    database: 'janua',
    owner: 'janua',
    restore: { into: 'janua-primary' },
  };
  const standby = { slot: 'standby', maxLag: { bytes: 0, time: '1m' } };

  test.each<[string, readonly object[], readonly string[]]>([
    ['all there', [app, whole], []],
    [
      'a dependency that is misspelt',
      [{ ...app, dependsOn: ['appp'] }],
      ['components.0.dependsOn: there is no component "appp"; did you mean "app"? Known: app'],
    ],
    [
      'a circle of dependencies',
      [
        { ...app, dependsOn: ['web'] },
        { ...app, id: 'web', dependsOn: ['app'] },
        { ...app, id: 'edge', dependsOn: ['app'] },
      ],
      ['app', 'web'].map((id, index) => `components.${index}.dependsOn: "${id}" depends on itself`),
    ],
    [
      'clusters that connections.yml does not have',
      [
        app,
        {
          ...whole,
          writers: [{ cluster: 'janus', namespace: 'app', deployment: 'app' }],
          server: { cluster: 'db', namespace: 'app', statefulSet: 'db' },
        },
      ],
      [
        'components.1.writers.0.cluster: there is no kubernetes connection of connections.yml "janus"; did you mean "janua"? Known: janua',
        'components.1.server.cluster: there is no kubernetes connection of connections.yml "db". Known: janua',
      ],
    ],
    ['an id twice', [app, app], ['components.1.id: "app" is used twice']],
    [
      'a database that is not named',
      [app, { ...postgres, connection: 'janua-primary' }],
      ['database', 'owner'].map((field) => `components.1.kind: a postgres component needs "${field}"`),
    ],
    [
      'a standby that is not there, and one of itself',
      [
        app,
        { ...whole, standby: { ...standby, connection: 'janua-2' } },
        { ...whole, id: 'other', standby: { ...standby, connection: 'janua-primary' } },
      ],
      [
        'components.1.connection: there is no connection "janua-2"; did you mean "janua-primary"? Known: janua-primary',
        'components.2.standby: "janua-primary" cannot be its own standby',
      ],
    ],
    [
      'servers that connections.yml does not have',
      [app, { ...whole, connection: 'janua-primry', restore: { into: 'x' } }],
      [
        'components.1.connection: there is no connection "janua-primry"; did you mean "janua-primary"? Known: janua-primary',
        'components.1.connection: there is no connection "x". Known: janua-primary',
      ],
    ],
    [
      'a cache of connections.yml',
      [app, { id: 'cache', name: 'Cache', kind: 'redis', ephemeral: true, connection: 'cache' }],
      [],
    ],
    [
      'a cache that is not there',
      [app, { id: 'cache', name: 'Cache', kind: 'redis', ephemeral: true, connection: 'cash' }],
      ['components.1.connection: there is no connection "cash"; did you mean "cache"? Known: cache'],
    ],
  ])('%s', (_, components, faults) => {
    expect(faultsOf({ components })).toEqual(faults);
  });
});

test('a database with dumps says where a copy is restored to, one whose snapshots are kept elsewhere need not', () => {
  const db = { id: 'db', name: 'Database', kind: 'postgres', connection: 'janua-primary' };
  const where = { id: 'bucket', role: 'primary', failureDomain: 'eu' };
  const dump = {
    id: 'daily',
    component: 'db',
    kind: 'logical',
    schedule: { cron: '0 * * * *', grace: '1m' },
    locations: [{ ...where, source: 's3', connection: 'backups', prefix: '' }],
    namePattern: '{YYYYmmdd_HH}.gz',
  };
  const snapshot = { ...dump, kind: 'snapshot', locations: [{ ...where, source: 'rds', ref: 'db' }] };
  const faults = (backup: object) =>
    faultsOf({
      objectives: { rto: '4h', rpo: '2h' },
      components: [app, { ...db, database: 'janua', owner: 'janua' }],
      backups: [backup],
    });

  expect(faults(dump)).toEqual(['components.1.kind: a postgres component needs "restore"']);
  expect(faults(snapshot)).toEqual([]);
});

test('who is told when nobody approves must be somebody', () => {
  const approvals = { approvers: ['ana', 'ben', 'mina'], escalateTo: ['mina', 'rj'] };

  expect(faultsOf({ approvals })).toEqual([
    'approvals.escalateTo.1: there is no person "rj". Known: ana, ben, mina',
  ]);
});

describe('approvers', () => {
  const drop = {
    recover: {
      title: 'Drop it',
      component: 'app',
      steps: [gate('change', [{ ...EFFECT, uses: 'test.drop' }])],
    },
  };
  const look = { recover: { title: 'Look', component: 'app', steps: [LOOK] } };

  test.each<[string, readonly string[], object | undefined, readonly string[]]>([
    [
      'somebody who is not in people.yml',
      ['ana', 'ben', 'mia'],
      undefined,
      ['approvals.approvers: there is no person "mia"; did you mean "mina"? Known: ana, ben, mina'],
    ],
    ['one alone', ['ana'], undefined, ['approvals.approvers: 1 eligible; a gate needs two different people']],
    [
      'the same one twice',
      ['ana', 'ana'],
      undefined,
      ['approvals.approvers: 1 eligible; a gate needs two different people'],
    ],
    ['one alone where nothing is changed', ['ana'], look, []],
    [
      'two for what cannot be taken back',
      ['ana', 'ben'],
      drop,
      [
        'approvals.approvers: 2 eligible; an irreversible gate needs two people other than the requester, who may be an approver: name three',
      ],
    ],
  ])('%s', (_, approvers, runbooks, faults) => {
    expect(
      faultsOf({ approvals: { approvers, escalateTo: ['mina'] }, ...(runbooks && { runbooks }) }),
    ).toEqual(faults);
  });

  test('that nobody stands behind', () => {
    expect(faultsOf({ approvals: { approvers: ['ana', 'ben'] } })).toEqual([
      'warning approvals.escalateTo: nobody more is told when nobody approves: name people',
    ]);
  });
});

describe('the nearest known word', () => {
  test.each([
    ['janau', ['janua', 'veza'], 'janua'],
    ['jnua', ['veza', 'janua'], 'janua'],
    ['januaa', ['janua'], 'janua'],
    ['swap', ['swap-back', 'restore'], 'swap-back'],
    ['sw', ['swap-back'], undefined],
    ['restore', ['promote'], undefined],
    ['ab', ['abcde', 'abcd'], 'abcd'],
    ['', ['no'], 'no'],
    ['x', [], undefined],
  ])('to %s of %j is %s', (word, known, near) => {
    expect(nearest(word, known)).toBe(near);
  });
});
