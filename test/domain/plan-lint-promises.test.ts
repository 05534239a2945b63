import { describe, expect, test } from 'vitest';
import { faultsOf, LOOK } from './plan-faults.ts';

const DB = { id: 'db', name: 'Files', kind: 'files', objectives: { rto: '4h', rpo: '1h' } };
const HERE = {
  id: 'here',
  role: 'primary',
  failureDomain: 'eu',
  source: 's3',
  connection: 'backups',
  prefix: '',
};
const THERE = { ...HERE, id: 'there', role: 'copy', failureDomain: 'us' };
const DUMP = {
  id: 'dump',
  component: 'db',
  kind: 'logical',
  schedule: { cron: '*/30 * * * *', grace: '10m' },
  locations: [HERE],
  namePattern: '{YYYYmmdd_HHMM}.gz',
};
const ELSEWHERE = { id: 'shelf', role: 'archive', failureDomain: 'us' };
const MANUAL = { ...ELSEWHERE, source: 'manual', ref: 'a tape' };
const WAL = {
  id: 'wal',
  component: 'db',
  kind: 'wal',
  locations: [{ ...ELSEWHERE, source: 'pg-archiver', connection: 'janua-primary' }],
};
const BASE = { ...DUMP, id: 'base', kind: 'physical' };

const warned = (backups: readonly object[], component: object = {}, plan: object = {}) =>
  faultsOf({ components: [{ ...DB, ...component }], runbooks: {}, backups, ...plan });

describe('coverage', () => {
  test.each<[string, object]>([
    ['what is kept nowhere on purpose', { noBackup: 'It is made anew' }],
    ['what is the duty of others', { responsibility: 'Customers keep it' }],
    ['what may be lost', { ephemeral: true }],
  ])('%s needs no backup', (_, component) => {
    expect(warned([], component)).toEqual([]);
  });

  test('what has neither a backup nor a reason is told', () => {
    expect(warned([])).toEqual([
      'warning components.0.id: "db" has no backup: declare one, or say why in noBackup',
    ]);
  });
});

describe('places', () => {
  test('a component that is lost together with all its backups is told', () => {
    const backups = [DUMP, { ...DUMP, id: 'second' }];

    expect(warned(backups, { failureDomain: 'eu' })).toEqual([
      'warning components.0.failureDomain: Files and all its backups are lost together with eu: add a location elsewhere',
    ]);
  });

  test('one copy elsewhere is enough', () => {
    expect(warned([DUMP, { ...DUMP, id: 'second', locations: [THERE] }], { failureDomain: 'eu' })).toEqual(
      [],
    );
    expect(warned([{ ...DUMP, locations: [HERE, THERE] }], { failureDomain: 'eu' })).toEqual([]);
  });
});

describe('what may be lost', () => {
  const every = (cron: string, changes: object = {}) => ({
    ...DUMP,
    schedule: { cron, grace: '10m' },
    ...changes,
  });
  const find = { ...LOOK, uses: 'backup.find', with: { backup: 'dump' } };
  const restoring = { runbooks: { recover: { title: 'Recover', component: 'db', steps: [find] } } };
  /** Without the fault that the pretend registry knows no such action. */
  const warnedOf = (...args: Parameters<typeof warned>) =>
    warned(...args).filter((fault) => fault.startsWith('warning'));

  test.each<[string, readonly object[], readonly string[]]>([
    ['a schedule that keeps the objective', [DUMP], []],
    [
      'hourly copies for an hour',
      [every('0 * * * *')],
      ['every 1 h cannot keep RPO 1 h of db: up to 1 h 10 min'],
    ],
    [
      'the best of several',
      [every('0 2 * * *'), every('0 */2 * * *', { id: 'other' })],
      ['every 2 h cannot keep RPO 1 h of db: up to 2 h 10 min'],
    ],
    [
      'the longest way of a schedule: nights and weekends',
      [every('0 8-18 * * 1-5')],
      ['every 2 d 14 h cannot keep RPO 1 h of db: up to 2 d 14 h'],
    ],
    ['what is written all the time', [every('0 2 * * *', { kind: 'snapshot' }), WAL, BASE], []],
  ])('%s', (_, backups, wanted) => {
    expect(warned(backups).map((fault) => fault.replace(/^.*backup (every.*) are lost.*$/, '$1'))).toEqual(
      wanted,
    );
  });

  test('only what runbooks restore from makes it smaller', () => {
    const daily = every('0 2 * * *');
    const hourly = { ...DUMP, id: 'often' };

    expect(warnedOf([daily, hourly])).toEqual([]);
    expect(warnedOf([daily, hourly], {}, restoring)).toEqual([
      'warning backups.0.schedule: one logical backup every 24 h cannot keep RPO 1 h of db: up to 24 h 10 min are lost',
    ]);
  });

  test('a log that nothing replays is no help, and is named', () => {
    const base = { ...BASE, locations: [MANUAL], namePattern: undefined };

    expect(warned([every('0 2 * * *'), base, WAL])).toEqual([
      'warning backups.0.schedule: one logical backup every 24 h cannot keep RPO 1 h of db: up to 24 h 10 min are lost; no runbook restores from wal',
    ]);
  });

  test('the objectives of the system count where a component has none, and nothing is promised of what may be lost', () => {
    const system = { objectives: { rto: '4h', rpo: '30m' } };

    expect(warned([every('0 * * * *')], { objectives: undefined }, system)).toHaveLength(1);
    expect(warned([every('0 * * * *')], { ephemeral: true })).toEqual([]);
  });
});

describe('signals', () => {
  test('a backup without a schedule is told, unless it is written all the time or made by hand', () => {
    const unscheduled = { ...DUMP, id: 'some-time', kind: 'export', schedule: undefined };
    const byHand = { ...unscheduled, id: 'by-hand', locations: [MANUAL] };

    expect(warned([byHand])).toEqual([]);
    expect(warned([DUMP, unscheduled, byHand])).toEqual([
      'warning backups.1.id: "some-time" has no schedule: nobody notices a run that is missing',
    ]);
  });

  test('a log needs a physical copy that it is replayed on, which RDS has', () => {
    expect(warned([DUMP, WAL, BASE])).toEqual([]);
    expect(warned([{ ...WAL, locations: [{ ...MANUAL, source: 'rds' }] }])).toEqual([]);
    expect(warned([DUMP, WAL])).toEqual([
      'warning backups.1.kind: "wal" restores nothing: WAL is replayed on a physical backup, and db has none',
    ]);
  });
});

describe('thaw', () => {
  test.each<[string, readonly object[], readonly string[]]>([
    ['old copies may thaw for long', [{ until: '30d', class: 'STANDARD' }, { class: 'DEEP_ARCHIVE' }], []],
    ['a class that answers at once may hold all', [{ class: 'GLACIER_IR' }], []],
    [
      'recent ones may not',
      [{ until: '7d', class: 'STANDARD' }, { class: 'GLACIER' }],
      [
        'warning backups.0.classes.1.class: GLACIER takes 5 h to thaw, longer than RTO 4 h: keep what is younger than 30 d in another class',
      ],
    ],
  ])('%s', (_, classes, warnings) => {
    expect(warned([{ ...DUMP, classes }])).toEqual(warnings);
  });

  test('is measured by the RTO of the system where the component has none', () => {
    const system = { objectives: { rto: '6h', rpo: '1h' } };

    expect(warned([{ ...DUMP, classes: [{ class: 'GLACIER' }] }], { objectives: undefined }, system)).toEqual(
      [],
    );
  });
});

test('a restore test of what nothing restores yet is told', () => {
  const test = { id: 'weekly', title: 'Restore it', backup: 'dump', schedule: { cron: '0 3 * * 0' } };
  const snapshot = { ...DUMP, kind: 'snapshot', locations: [{ ...MANUAL, source: 'rds' }] };

  expect(warned([DUMP], {}, { restoreTests: [test] })).toEqual([]);
  expect(warned([snapshot], {}, { restoreTests: [test] })).toEqual([
    'warning restoreTests.0.backup: "weekly" cannot run yet: nothing restores a snapshot backup from rds',
  ]);
});
