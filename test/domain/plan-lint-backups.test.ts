import { describe, expect, test } from 'vitest';
import { planFaults } from '../../src/domain/plan-lint.ts';
import { ACTIONS, faultsOf, LOOK } from './plan-faults.ts';
import { plan } from './samples.ts';

const WHERE = { id: 'bucket', role: 'primary', failureDomain: 'eu' };
const BUCKET = { ...WHERE, source: 's3', connection: 'backups', prefix: 'daily/' };
const DAILY = { cron: '0 2 * * *' };
const BACKUP = {
  id: 'daily',
  component: 'app',
  kind: 'logical',
  schedule: DAILY,
  locations: [BUCKET],
  namePattern: '{YYYYmmdd}.gz',
};
const PLAN = { objectives: { rto: '4h', rpo: '2d' }, backups: [BACKUP] };

const ZONE = 'is not a time zone like "UTC" or "Europe/Berlin"';

describe('backups', () => {
  test.each<[string, object, readonly string[]]>([
    ['all there', {}, []],
    ['a zone under its newer name', { timeZone: 'Asia/Kolkata' }, []],
    ['of no component', { component: 'db' }, ['backups.0.component: there is no component "db". Known: app']],
    [
      'without a date',
      { namePattern: 'daily.gz' },
      [
        'backups.0.namePattern: expected a time like "{YYYYmmdd_HHMMSS}" in the pattern, missing YYYY, mm, dd',
      ],
    ],
    [
      'in a bucket under names that nobody told',
      { namePattern: undefined },
      [
        'backups.0.namePattern: location "bucket" is listed by name, so say how the names are made, such as "app_{YYYYmmdd_HHMMSS}.{*}"',
      ],
    ],
    [
      'in a folder under names that nobody told',
      {
        namePattern: undefined,
        locations: [{ ...WHERE, id: 'disk', source: 'directory', path: '/backups' }],
      },
      [
        'backups.0.namePattern: location "disk" is listed by name, so say how the names are made, such as "app_{YYYYmmdd_HHMMSS}.{*}"',
      ],
    ],
    [
      'in no time zone',
      { timeZone: 'Berlin', schedule: { ...DAILY, timeZone: 'Mars' } },
      [`backups.0.timeZone: "Berlin" ${ZONE}`, `backups.0.schedule.timeZone: "Mars" ${ZONE}`],
    ],
    [
      'at a time nobody can read',
      { schedule: { cron: '0 2 * *' } },
      [
        'backups.0.schedule.cron: expected five fields of cron like "0 2 * * *" (minute, hour, day, month, weekday), got "0 2 * *"',
      ],
    ],
    [
      'in a bucket that is not there',
      { locations: [{ ...BUCKET, connection: 'backup' }] },
      [
        'backups.0.locations.0.connection: there is no bucket connection "backup"; did you mean "backups"? Known: backups',
      ],
    ],
    [
      'on servers that are not there',
      {
        kind: 'wal',
        locations: [
          { ...WHERE, id: 'log', source: 'pg-archiver', connection: 'janua' },
          { ...WHERE, id: 'cache', source: 'redis', connection: 'cash' },
        ],
      },
      [
        'backups.0.locations.0.connection: there is no postgres connection "janua"; did you mean "janua-primary"? Known: janua-primary',
        'backups.0.locations.1.connection: there is no redis connection "cash"; did you mean "cache"? Known: cache',
      ],
    ],
    [
      'made in a cluster that is not there',
      { producer: { kind: 'cronJob', cluster: 'veza', namespace: 'db', name: 'backup' } },
      ['backups.0.producer.cluster: there is no cluster "veza". Known: janua'],
    ],
    [
      'told of by nobody that is known',
      { heartbeat: { token: 'tokn', sns: { connection: 'notes', success: 'done' } } },
      [
        'backups.0.heartbeat.token: there is no secret "tokn"; did you mean "token"? Known: token',
        'backups.0.heartbeat.sns.connection: there is no sns connection "notes"; did you mean "notices"? Known: notices',
      ],
    ],
    [
      'told of by a token and by notices',
      { heartbeat: { token: 'token', sns: { connection: 'notices', success: 'done' } } },
      [],
    ],
    [
      'with two places of one id',
      { locations: [BUCKET, BUCKET] },
      ['backups.0.locations.1.id: "bucket" is used twice'],
    ],
  ])('%s', (_, changes, faults) => {
    expect(faultsOf({ ...PLAN, backups: [{ ...BACKUP, ...changes }] })).toEqual(faults);
  });

  test('of one id are told', () => {
    expect(faultsOf({ ...PLAN, backups: [BACKUP, BACKUP] })).toEqual(['backups.1.id: "daily" is used twice']);
  });

  test('are judged without connections.yml and people.yml as far as the plan alone tells', () => {
    const watch = { sns: 'x', escalate: [{ after: '1m', to: 'zoe' }], coverage: { postgres: ['x'] } };
    const producer = { kind: 'cronJob', cluster: 'x', namespace: 'x', name: 'x' };
    const changes = { producer, heartbeat: { token: 'x', sns: { connection: 'x', success: 'done' } } };

    expect(
      planFaults(plan({ ...PLAN, watch, backups: [{ ...BACKUP, ...changes }] }), ACTIONS, null, null),
    ).toEqual([]);
  });
});

describe('restore tests', () => {
  const weekly = { id: 'weekly', title: 'Restore it', backup: 'daily', schedule: DAILY };

  test.each<[string, readonly object[], readonly string[]]>([
    ['on a schedule', [weekly], []],
    ['after each backup', [{ ...weekly, schedule: undefined, afterEachBackup: true }], []],
    [
      'of no backup',
      [{ ...weekly, backup: 'dayly' }],
      ['restoreTests.0.backup: there is no backup "dayly"; did you mean "daily"? Known: daily'],
    ],
    ['of one id', [weekly, weekly], ['restoreTests.1.id: "weekly" is used twice']],
    [
      'that never come',
      [{ ...weekly, schedule: undefined }],
      ['restoreTests.0.schedule: it would never run: say a schedule, or afterEachBackup: true'],
    ],
    [
      'on a day there is not',
      [{ ...weekly, schedule: { cron: '0 2 30 2 *' } }],
      ['restoreTests.0.schedule.cron: expected a time that comes, but "0 2 30 2 *" never does'],
    ],
  ])('%s', (_, restoreTests, faults) => {
    expect(faultsOf({ ...PLAN, restoreTests })).toEqual(faults);
  });
});

test('the watch tells people, topics, databases and clusters that there are', () => {
  const volumes = (cluster: string) => [{ cluster, namespace: 'db' }];
  const sound = {
    sns: 'notices',
    escalate: [{ after: '5m', to: 'ana' }],
    coverage: { postgres: ['janua-primary'], volumes: volumes('janua') },
    digest: DAILY,
  };
  const wrong = {
    sns: 'notes',
    escalate: [{ after: '5m', to: 'anna' }],
    coverage: { postgres: ['janua'], volumes: volumes('janau') },
    digest: { ...DAILY, timeZone: 'Mars' },
  };

  expect(faultsOf({ ...PLAN, watch: sound })).toEqual([]);
  expect(faultsOf({ ...PLAN, watch: wrong })).toEqual([
    `watch.digest.timeZone: "Mars" ${ZONE}`,
    'watch.escalate.0.to: there is no person "anna"; did you mean "ana"? Known: ana, ben, mina',
    'watch.sns: there is no sns connection "notes"; did you mean "notices"? Known: notices',
    'watch.coverage.postgres.0: there is no postgres connection "janua"; did you mean "janua-primary"? Known: janua-primary',
    'watch.coverage.volumes.0.cluster: there is no cluster "janau"; did you mean "janua"? Known: janua',
  ]);
});

describe('a step about a backup', () => {
  const faultsWith = (name: string, backup: object = {}) => {
    const find = { ...LOOK, uses: 'backup.find', with: { backup: name } };
    const runbooks = { recover: { title: 'Recover', component: 'app', steps: [find] } };
    const actions = {
      ...ACTIONS,
      'backup.find': { class: 'read', gives: () => [], paramFaults: () => [] },
    } as const;
    const changed = plan({ ...PLAN, runbooks, backups: [{ ...BACKUP, ...backup }] });
    return planFaults(changed, actions, null, null).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
  };

  test.each<[string, string, object, readonly string[]]>([
    ['names a dump in a bucket', 'daily', {}, []],
    ['may leave the name to the run', '${run.id}', {}, []],
    [
      'names one there is not',
      'dayly',
      {},
      [
        'runbooks.recover.steps.0.with.backup: there is no backup "dayly"; did you mean "daily"? Known: daily',
      ],
    ],
    [
      'cannot restore a snapshot',
      'daily',
      { kind: 'snapshot' },
      [
        'runbooks.recover.steps.0.with.backup: "daily" cannot be restored by backup.find: only kind: logical can, whose first location has source: s3',
      ],
    ],
    [
      'cannot restore from a folder',
      'daily',
      {
        locations: [
          { ...WHERE, source: 'directory', path: '/backups' },
          { ...BUCKET, id: 'second' },
        ],
      },
      [
        'runbooks.recover.steps.0.with.backup: "daily" cannot be restored by backup.find: only kind: logical can, whose first location has source: s3',
      ],
    ],
  ])('%s', (_, name, backup, faults) => {
    expect(faultsWith(name, backup)).toEqual(faults);
  });
});
