import { describe, expect, test } from 'vitest';
import { type Inventory, type JobRun, seen } from '../../../src/domain/inventory.ts';
import { judge } from '../../../src/domain/rules/index.ts';
import {
  ago,
  artifact,
  COPY,
  DAY,
  HOUR,
  inventoryOf,
  judged,
  listingOf,
  lost,
  MINUTE,
  NOW,
  night,
  nights,
  rulesOf,
  run,
  subjectOf,
} from './world.ts';

const BUCKET = {
  id: 'bucket',
  role: 'primary',
  failureDomain: 'eu-west-1',
  source: 's3',
  connection: 'backups',
  prefix: 'daily/',
} as const;
const BARE: Inventory = { at: NOW, history: [], restoreTests: [] };

describe('R4 lost signal', () => {
  test('a place that answers is healthy and tells what it holds besides backups', () => {
    const listing = listingOf(nights(3));
    const odd = { ...listing.odd, 'unknown-name': { count: 5, examples: ['daily/readme.txt', 'daily/x/'] } };

    const verdict = judged('R4', 'bucket', {
      inventory: inventoryOf({ listing: seen({ ...listing, odd }) }),
    });

    expect(verdict).toMatchObject({ health: 'ok', text: 'S3 bucket "backups" answers', alarms: true });
    expect(verdict.facts).toEqual(['5 objects with a name the plan does not know: readme.txt, x and 3 more']);
  });

  test.each([
    ['denied', 'S3 in eu-west-1 refuses access'],
    ['throttled', 'S3 in eu-west-1 asks to slow down'],
    ['unreachable', 'S3 in eu-west-1 does not answer'],
    ['timeout', 'S3 in eu-west-1 did not answer in time'],
    ['gone', 'S3 bucket "backups" is not there'],
    ['wrong-region', 'S3 bucket "backups" is in another region'],
    ['malformed', 'S3 bucket "backups" answers what cannot be read'],
  ] as const)('%s: %s', (cause, said) => {
    const verdict = judged('R4', 'bucket', { inventory: inventoryOf({ listing: lost(cause) }) });

    expect(verdict).toMatchObject({
      health: 'unknown',
      title: 'S3 bucket "backups" cannot be read',
      text: `not known: ${said}`,
      cause: said,
      alarms: true,
      facts: ['AccessDenied: s3:ListBucket'],
    });
  });

  test('what nothing reads yet is told and wakes nobody, and hides no real fault', () => {
    const quiet = judged('R4', 'bucket', { inventory: inventoryOf({ listing: lost('no-source') }) });
    const both = judged('R4', 'bucket', {
      inventory: inventoryOf({ shape: lost('no-source'), protection: lost() }),
    });

    expect(quiet).toMatchObject({ health: 'unknown', text: 'not known: no source yet', alarms: false });
    expect(both).toMatchObject({ alarms: true, cause: 'S3 in eu-west-1 refuses access' });
  });

  test('every rule of what cannot be read answers "not known", none "ok"', () => {
    const subject = subjectOf(
      {
        locations: [BUCKET, COPY],
        retention: { daily: 7, maxAge: '90d' },
        protection: { versioning: true, encryption: 'AES256' },
        heartbeat: { token: 'beat', every: '1h' },
        classes: [{ class: 'STANDARD' }],
      },
      { component: { id: 'postgres', name: 'PostgreSQL', objectives: { rto: HOUR, rpo: HOUR } } },
    );
    const nothing = lost('timeout');

    const verdicts = judge(
      subject,
      {
        ...BARE,
        listing: nothing,
        copies: { far: nothing },
        jobs: nothing,
        shape: nothing,
        wal: nothing,
        rds: nothing,
        standby: nothing,
        protection: nothing,
      },
      NOW,
    );

    expect(new Set(verdicts.map(({ health }) => health))).toEqual(new Set(['unknown']));
    expect(rulesOf(verdicts)).toEqual([
      ...['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8'],
      ...['R9', 'R10', 'R11', 'R12', 'R13', 'R15', 'R17'],
    ]);
  });

  test.each([
    [{ source: 'directory', path: '/var/backups' }, 'the folder /var/backups'],
    [{ source: 'pgbackrest', stanza: 'main', config: '/etc/pgbackrest.conf' }, 'pgBackRest "main"'],
    [{ source: 'pg-archiver', connection: 'primary' }, 'PostgreSQL "primary"'],
    [{ source: 'redis', connection: 'cache' }, 'Redis "cache"'],
    [{ source: 'elasticsearch', ref: 'audit' }, 'elasticsearch "audit"'],
  ] as const)('a place is called by what it is: %o', (place, name) => {
    const location = { id: 'here', role: 'primary', failureDomain: 'host-1', ...place } as const;

    const verdict = judged('R4', 'here', {
      subject: subjectOf({ locations: [location] }),
      inventory: inventoryOf({ listing: lost('unreachable') }),
    });

    expect(verdict.text).toBe(`not known: ${name} does not answer`);
  });

  test.each([
    [{ source: 'redis', connection: 'cache' }, 'Redis "cache"'],
    [{ source: 'directory', path: '/var/backups' }, 'the record of heartbeats'],
  ] as const)('runs of a tool are asked of the tool, others of whoever reports: %o', (place, name) => {
    const location = { id: 'here', role: 'primary', failureDomain: 'host-1', ...place } as const;

    const verdict = judged('R4', 'jobs', {
      subject: subjectOf({ locations: [location] }),
      inventory: inventoryOf({ jobs: lost('unreachable') }),
    });

    expect(verdict.text).toBe(`not known: ${name} does not answer`);
  });

  test('each thing that is asked has its own verdict', () => {
    const archiver = {
      id: 'wal',
      role: 'primary',
      failureDomain: 'k8s',
      source: 'pg-archiver',
      connection: 'db',
    } as const;
    const cronJob = { kind: 'cronJob', cluster: 'prod', namespace: 'db', name: 'dump' } as const;
    const subject = subjectOf({
      locations: [BUCKET, { ...archiver, id: 'second', role: 'copy' }, COPY],
      producer: cronJob,
    });
    const inventory = inventoryOf({
      copies: { far: lost('gone') },
      jobs: lost(),
      wal: lost(),
      standby: lost(),
    });

    const texts = judge(subject, inventory, NOW)
      .filter(({ rule }) => rule === 'R4')
      .map(({ object, text }) => `${object}: ${text}`);

    expect(texts).toEqual([
      'far: not known: S3 bucket "copies" is not there',
      'jobs: not known: Kubernetes "prod" refuses access',
      'wal: not known: PostgreSQL "db" refuses access',
      'standby: not known: the standby of PostgreSQL refuses access',
      'bucket: S3 bucket "backups" answers',
    ]);
  });

  test('a place in which no backup was ever found is not known once one was due', () => {
    const empty = inventoryOf({}, { artifacts: [artifact(ago(DAY), { bytes: 20 })] });
    const young = subjectOf({}, { firstSeenAt: ago(HOUR) });

    expect(judged('R4', 'bucket', { inventory: empty })).toMatchObject({
      health: 'unknown',
      title: 'no backup of PostgreSQL was ever found',
      text: 'not known: no backup was ever found; the first was expected by 24 Aug 02:30 UTC',
      facts: ['1 object too small: postgres_20261120_120000.dump'],
      alarms: true,
    });
    expect(judged('R4', 'bucket', { inventory: empty, subject: young })).toMatchObject({
      health: 'ok',
      facts: [
        'no backup is expected before 22 Nov 02:30 UTC',
        '1 object too small: postgres_20261120_120000.dump',
      ],
    });
  });

  test('without a schedule the first is due after the age limit, or a day', () => {
    const empty = inventoryOf({}, { artifacts: [] });
    const at = (firstSeenAt: Date, alerts = {}) =>
      judged('R4', 'bucket', {
        inventory: empty,
        subject: subjectOf({ schedule: undefined, alerts }, { firstSeenAt }),
      });

    expect(
      [at(ago(25 * HOUR)), at(ago(23 * HOUR)), at(ago(2 * HOUR), { age: '1h' })].map(({ health }) => health),
    ).toEqual(['unknown', 'ok', 'unknown']);
  });

  test('a place whose backups were all deleted is known to be empty', () => {
    const inventory = inventoryOf({ history: nights(3) }, { artifacts: [] });

    expect(judged('R4', 'bucket', { inventory }).health).toBe('ok');
    expect(judged('R1', 'slot', { inventory }).health).toBe('critical');
  });

  test('a heartbeat that stopped is not known', () => {
    const beat = (age: number, heartbeat: { token: string; every?: string }, schedule?: { cron: string }) =>
      judged('R4', 'heartbeat', {
        subject: subjectOf({ heartbeat, schedule }),
        inventory: inventoryOf({
          jobs: seen([
            run('done', ago(MINUTE)),
            run('running', ago(age), { from: 'heartbeat' }),
            run('done', ago(DAY), { from: 'heartbeat' }),
          ]),
        }),
      });
    const every = { token: 'beat', every: '2h' };

    expect(beat(2 * HOUR, every)).toMatchObject({ health: 'ok', cause: null });
    expect(beat(2.2 * HOUR, every, { cron: '0 2 * * *' }).health).toBe('ok');
    expect(beat(3 * HOUR, every)).toMatchObject({
      health: 'unknown',
      title: 'heartbeat of the backup of PostgreSQL stopped',
      text: 'not known: no heartbeat since 09:00 UTC, 3 h ago; limit 2 h 12 min',
      cause: 'no heartbeat of PostgreSQL',
    });
    expect(() => beat(HOUR, { token: 'beat' })).toThrow('no verdict');
  });

  test('a heartbeat that never came is missed from when the plan came', () => {
    const silence = (firstSeenAt: Date) =>
      judged('R4', 'heartbeat', {
        subject: subjectOf(
          { heartbeat: { token: 'beat', every: '2h' }, schedule: undefined },
          { firstSeenAt },
        ),
        inventory: inventoryOf({ jobs: seen([]) }),
      });

    expect(silence(ago(HOUR))).toMatchObject({
      health: 'ok',
      text: 'No heartbeat yet, expected by 13:12 UTC',
    });
    expect(silence(ago(3 * HOUR))).toMatchObject({
      health: 'unknown',
      title: 'no heartbeat of the backup of PostgreSQL comes',
      text: 'not known: no heartbeat since 09:00 UTC, 3 h ago; limit 2 h 12 min',
      since: ago(48 * MINUTE),
      alarms: true,
    });
  });

  test('a notice of SNS is a heartbeat too, and what the CronJob says is none', () => {
    const told = (from: JobRun['from']) =>
      judged('R4', 'heartbeat', {
        subject: subjectOf({ heartbeat: { token: 'beat', every: '2h' } }),
        inventory: inventoryOf({ jobs: seen([run('done', ago(HOUR), { from })]) }),
      }).health;

    expect([told('sns'), told('cronJob')]).toEqual(['ok', 'unknown']);
  });

  test('a backup without a place is a bug', () => {
    const subject = subjectOf();

    expect(() =>
      judge({ ...subject, backup: { ...subject.backup, locations: [] } }, inventoryOf(), NOW),
    ).toThrow('pg-daily: a backup without a location');
  });
});

describe('R5 failed job', () => {
  const jobs = (runs: readonly JobRun[], inventory: Partial<Inventory> = {}, backup = {}) =>
    judged('R5', 'job', {
      subject: subjectOf(backup),
      inventory: inventoryOf({ ...inventory, jobs: seen(runs) }),
    });
  const past = (count: number) =>
    Array.from({ length: count }, (_, index) => run('done', night(index + 1).takenAt));

  test('the newest run is told while all is well', () => {
    expect(jobs([run('done', night(0).takenAt)])).toMatchObject({
      health: 'ok',
      text: 'Run of 02:00 UTC is done',
    });
    expect(jobs([run('running', ago(MINUTE))]).text).toBe('Run of 11:59 UTC is running');
    expect(jobs([]).text).toBe('No run has been told of, and none that failed');
  });

  test('a failed run is critical at once, whatever came before', () => {
    expect(jobs([run('failed', ago(HOUR)), ...past(9)])).toMatchObject({
      health: 'critical',
      title: 'backup job of PostgreSQL failed',
      text: 'Run of 11:00 UTC failed: exit code 1',
      consequence: 'If PostgreSQL fails now you lose 9 h 59 min of data',
      since: ago(50 * MINUTE),
      facts: ['Told by the CronJob'],
    });
  });

  test('a good backup taken since mends it; what a later run says of itself does not, where backups can be seen', () => {
    const failed = run('failed', ago(2 * HOUR));
    const since = inventoryOf({}, { artifacts: [artifact(ago(HOUR)), ...nights(3)] });

    expect(jobs([failed], since)).toMatchObject({
      health: 'ok',
      text: 'Run of 10:00 UTC failed, and a good backup was taken since',
    });
    for (const state of ['running', 'done'] as const) {
      expect(jobs([run(state, ago(HOUR)), failed]).health).toBe('critical');
      expect(jobs([failed, run(state, ago(HOUR))]).health).toBe('critical');
    }
    const unseen = inventoryOf({ listing: lost('no-source') });
    expect(jobs([run('done', ago(HOUR)), failed], unseen).health).toBe('ok');
  });

  test('whoever tells of a failure is heard', () => {
    const verdict = jobs([
      run('done', ago(HOUR)),
      run('failed', ago(HOUR), { from: 'sns', reason: null, endedAt: null }),
    ]);

    expect(verdict).toMatchObject({
      health: 'critical',
      text: 'Run of 11:00 UTC failed: no reason was given',
      since: ago(HOUR),
      facts: ['Told by an SNS message'],
    });
  });

  test('with no good backup left that is told', () => {
    const inventory = inventoryOf({ history: nights(2) }, { artifacts: [] });

    expect(jobs([run('failed', ago(HOUR))], inventory).facts).toContain('No good backup is left');
  });

  test('a run that does not end is critical after twice the p99 of such runs', () => {
    const at = (minutes: number) => jobs([run('running', ago(minutes * MINUTE)), ...past(5)]);

    expect(at(20).health).toBe('ok');
    expect(at(21)).toMatchObject({
      health: 'critical',
      title: 'backup job of PostgreSQL does not end',
      text: 'Runs for 21 min, limit 20 min',
      since: ago(MINUTE),
      measure: { kind: 'duration', value: 21 * MINUTE, limit: 20 * MINUTE, unit: 'ms' },
    });
  });

  test('the durations of the backups stand in for too few runs, and the slot for too few of these', () => {
    const running = (hours: number) => [run('running', ago(hours * HOUR)), ...past(1)];
    const untimed = inventoryOf({}, { artifacts: [2, 3].map((index) => night(index, { durationMs: null })) });

    expect(jobs(running(1)).text).toBe('Runs for 1 h, limit 18 min');
    expect(jobs(running(23), untimed).health).toBe('ok');
    expect(jobs(running(25), untimed).text).toBe('Runs for 25 h, limit 24 h');
    expect(jobs(running(99), untimed, { schedule: undefined }).health).toBe('ok');
  });

  test('short runs are not stuck after seconds', () => {
    const quick = Array.from({ length: 9 }, (_, index) =>
      run('done', ago((index + 1) * DAY), { endedAt: ago((index + 1) * DAY - 2_000) }),
    );

    expect(jobs([run('running', ago(4 * MINUTE)), ...quick]).health).toBe('ok');
    expect(jobs([run('running', ago(6 * MINUTE)), ...quick]).health).toBe('critical');
  });

  test('a run whose backup is there is not waited for', () => {
    const inventory = inventoryOf({}, { artifacts: [artifact(ago(2 * HOUR)), ...nights(9)] });

    expect(jobs([run('running', ago(3 * HOUR)), ...past(5)], inventory).health).toBe('ok');
  });
});
