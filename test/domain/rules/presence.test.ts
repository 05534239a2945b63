import { describe, expect, test } from 'vitest';
import { seen } from '../../../src/domain/inventory.ts';
import { judge } from '../../../src/domain/rules/index.ts';
import {
  ago,
  artifact,
  backupOf,
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
  result,
  rulesOf,
  subjectOf,
} from './world.ts';

const at = (text: string) => new Date(`2026-11-${text}:00Z`);

describe('R1 missing slot', () => {
  const slot = (now: Date, artifacts = nights(40), subject = subjectOf()) =>
    judged('R1', 'slot', {
      subject,
      now,
      inventory: inventoryOf({}, { artifacts, now, backup: subject.backup }),
    });

  test('a slot with a backup is healthy', () => {
    const verdict = slot(NOW);

    expect(verdict).toMatchObject({ health: 'ok', consequence: null, since: null });
    expect(verdict.text).toBe('The slot of 02:00 UTC has its backup, taken 02:00 UTC');
  });

  test('a slot is missed once its usual time and its grace are over', () => {
    const before = slot(at('22T02:39'));
    const after = slot(at('22T02:40'));

    expect(before.health).toBe('ok');
    expect(after).toMatchObject({
      health: 'warning',
      title: 'backup of PostgreSQL is missing',
      text: 'No backup for the slot of 02:00 UTC, expected by 02:39 UTC',
      consequence: 'If PostgreSQL fails now you lose 24 h 39 min of data',
      since: at('22T02:39'),
    });
  });

  test('two slots in a row are critical, and a later backup mends it', () => {
    const twice = slot(at('23T12:00'));
    const mended = slot(at('23T12:00'), [artifact(at('23T11:00')), ...nights(40)]);

    expect(twice).toMatchObject({
      health: 'critical',
      text: 'No backup for 2 slots in a row, the first of 22 Nov 02:00 UTC; limit 1 slot',
      measure: { kind: 'count', value: 2, limit: 1, unit: 'count' },
    });
    expect(mended.health).toBe('ok');
  });

  test('a run that began a little before its slot by its own clock has it', () => {
    const early = slot(at('22T03:00'), [artifact(at('22T01:57')), ...nights(40)]);

    expect(early.health).toBe('ok');
  });

  test('a backup in the slot that is not due yet mends the one before', () => {
    expect(slot(at('23T02:05'), [artifact(at('23T02:00')), ...nights(40)]).health).toBe('ok');
  });

  test('an hourly slot without a backup is not filled by the one before', () => {
    const hourly = subjectOf({ schedule: { cron: '0 * * * *', grace: '10m' } });
    const hours = [1, 2, 3].map((hour) => artifact(ago(hour * HOUR), { durationMs: null }));

    expect(slot(ago(-9 * MINUTE), hours, hourly).health).toBe('ok');
    expect(slot(ago(-11 * MINUTE), hours, hourly).health).toBe('warning');
    expect(slot(ago(-75 * MINUTE), hours, hourly).health).toBe('critical');
  });

  test('two backups in one slot are told and harm nothing', () => {
    const verdict = slot(NOW, [artifact(at('21T09:00')), ...nights(40)]);

    expect(verdict.health).toBe('ok');
    expect(verdict.facts).toEqual([
      '2 backups in one slot: postgres_20261121_090000.dump, postgres_20261121_020004.dump',
    ]);
  });

  test('nothing is missing before the plan came into force', () => {
    const young = subjectOf({}, { firstSeenAt: at('22T01:00') });

    expect(slot(at('22T02:30'), nights(3), young)).toMatchObject({
      health: 'ok',
      text: 'No slot is missed; the next is 23 Nov 02:00 UTC',
    });
    expect(slot(at('22T02:50'), nights(3), young).health).toBe('warning');
  });

  test('objects that are no backups are told beside what is missing', () => {
    const artifacts = [artifact(at('22T02:00'), { bytes: 20 }), artifact(at('25T02:00')), ...nights(3)];

    const { facts } = slot(at('22T03:00'), artifacts);

    expect(facts).toContain('1 object too small: postgres_20261122_020000.dump');
    expect(facts).toContain('1 object dated in the future: postgres_20261125_020000.dump');
  });

  test('without a schedule or a listing there is nothing to say', () => {
    const always = subjectOf({ schedule: undefined });
    const { listing: _, ...unlisted } = inventoryOf();

    expect(rulesOf(judge(always, inventoryOf(), NOW))).not.toContain('R1');
    expect(rulesOf(judge(subjectOf(), unlisted, NOW))).not.toContain('R1');
  });
});

describe('R2 age', () => {
  const age = (now: Date, changes = {}, artifacts = nights(40)) => {
    const subject = subjectOf(changes);
    return judged('R2', 'age', { subject, now, inventory: inventoryOf({}, { artifacts, now }) });
  };

  test('counts from when the newest began, and tells its limit', () => {
    const written = [night(0, { storedAt: NOW })];

    expect(age(at('21T03:00'), {}, written)).toMatchObject({
      health: 'ok',
      title: 'age of the newest good backup of PostgreSQL',
      text: 'Age 59 min 56 s, limit 25 h',
    });
  });

  test('is a warning when the next is late and critical at the limit (C-03, J-44)', () => {
    expect(age(at('22T02:35')).health).toBe('ok');
    expect(age(at('22T02:50'))).toMatchObject({
      health: 'warning',
      title: 'newest good backup of PostgreSQL is older than its schedule',
      text: 'Age 24 h 49 min, expected within 24 h 39 min, limit 25 h',
    });
    expect(age(at('22T03:01'))).toMatchObject({
      health: 'critical',
      title: 'newest good backup of PostgreSQL is too old',
      text: 'Age 25 h, limit 25 h',
      since: new Date('2026-11-22T03:00:04Z'),
      measure: { kind: 'age', value: 25 * HOUR + 56_000, limit: 25 * HOUR, unit: 'ms' },
    });
  });

  test('without a limit of the plan it is critical after two slots', () => {
    expect(age(at('23T02:30'), { alerts: {} }).health).toBe('warning');
    expect(age(at('23T02:45'), { alerts: {} }).health).toBe('critical');
  });

  test('a limit that no punctual schedule keeps is moved to what it can', () => {
    const tight = { alerts: { age: '20h' } };

    expect(age(at('22T02:10'), tight).health).toBe('ok');
    expect(age(at('22T02:20'), tight).health).toBe('critical');
  });

  test('a schedule of working days is not late on Sunday', () => {
    const workdays = { schedule: { cron: '0 2 * * 1-5' }, alerts: {} };
    const friday = [night(1), night(2)];

    expect(age(at('22T12:00'), workdays, friday).health).toBe('ok');
    expect(age(at('23T02:45'), workdays, friday).health).toBe('warning');
  });

  test('without a schedule only the limit counts', () => {
    const always = { schedule: undefined, alerts: { age: '1h' } };

    expect(age(at('21T02:59'), always).health).toBe('ok');
    expect(age(at('21T03:01'), always).health).toBe('critical');
    expect(rulesOf(judge(subjectOf({ schedule: undefined, alerts: {} }), inventoryOf(), NOW))).not.toContain(
      'R2',
    );
  });

  test('one that was refused does not count, nor one that earlier checks refused', () => {
    const shape = seen({
      key: night(0).key,
      readAt: NOW,
      format: null,
      refused: 'it is cut off',
      encryption: null,
    });
    const inventory = inventoryOf({ shape, refused: [night(1).key], restoreTests: [result(ago(7 * DAY))] });

    const verdict = judged('R2', 'age', { inventory });

    expect(verdict).toMatchObject({ health: 'critical', text: 'Age 2 d 9 h, limit 25 h' });
    expect(verdict.facts).toEqual([
      'Newest good: postgres_20261119_020004.dump, 19 Nov 02:00 UTC, 38.2 MB, restore proved 14 Nov',
      'Refused: postgres_20261121_020004.dump: it is cut off',
      'RPO 24 h',
    ]);
  });

  test('is critical when no good one is left', () => {
    const gone = inventoryOf({ history: nights(3) }, { artifacts: [] });

    expect(judged('R2', 'age', { inventory: gone })).toMatchObject({
      health: 'critical',
      title: 'no good backup of PostgreSQL is left',
      consequence: 'If PostgreSQL fails now nothing of this backup can be restored',
      facts: ['No good backup is left', 'RPO 24 h'],
    });
  });

  test('one that nothing is restored from has no consequence, and says why', () => {
    const inventory = inventoryOf({}, { artifacts: nights(9, 3) });

    const verdict = judged('R2', 'age', { subject: subjectOf({}, { restorable: false }), inventory });

    expect(verdict).toMatchObject({ health: 'critical', consequence: null });
    expect(verdict.facts).toContain('No runbook restores from it, so it does not reduce the loss');
  });

  test('a clock that was put back makes nothing older than new', () => {
    const inventory = inventoryOf();

    expect(judged('R2', 'age', { inventory, now: at('21T01:58') }).text).toBe('Age 0 s, limit 25 h');
  });

  test('what cannot be listed is not known', () => {
    expect(judged('R2', 'age', { inventory: inventoryOf({ listing: lost() }) })).toMatchObject({
      health: 'unknown',
      title: 'age of the newest good backup of PostgreSQL is not known',
      text: 'not known: S3 in eu-west-1 refuses access',
      cause: 'S3 in eu-west-1 refuses access',
      facts: ['AccessDenied: s3:ListBucket'],
    });
  });

  test('before the first backup is due nothing is known and nothing is missing', () => {
    const young = subjectOf({}, { firstSeenAt: ago(HOUR) });
    const inventory = inventoryOf({}, { artifacts: [] });

    expect(judged('R2', 'age', { subject: young, inventory }).text).toBe(
      'not known: no backup is expected before 22 Nov 02:30 UTC',
    );
  });
});

test('listings of another schedule are judged by their own', () => {
  const backup = backupOf({ schedule: { cron: '0 */6 * * *' } });
  const listing = seen(listingOf([artifact(ago(6 * HOUR)), artifact(ago(12 * HOUR))], backup));

  expect(
    judged('R1', 'slot', {
      subject: subjectOf({ schedule: { cron: '0 */6 * * *' } }),
      inventory: inventoryOf({ listing }),
    }).health,
  ).toBe('ok');
});
