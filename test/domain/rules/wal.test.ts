import { describe, expect, test } from 'vitest';
import { type Rds, seen, type Wal } from '../../../src/domain/inventory.ts';
import { judge, type Subject } from '../../../src/domain/rules/index.ts';
import { ago, HOUR, inventoryOf, judged, lost, MINUTE, NOW, subjectOf } from './world.ts';

const component = { id: 'postgres', name: 'PostgreSQL', objectives: { rto: HOUR, rpo: 10 * MINUTE } };
const bare: Subject['component'] = { id: 'postgres', name: 'PostgreSQL' };

describe('R9 write-ahead log', () => {
  const HEALTHY: Wal = {
    lastArchivedAt: ago(MINUTE),
    lastFailedAt: ago(HOUR),
    failedCount: 3,
    ready: 2,
    gap: null,
    timeline: 4,
    archiveTimeline: 4,
    slotBytes: 16e6,
    slotActive: true,
  };
  const wal = (
    object: string,
    changes: Partial<Wal> = {},
    backup = {},
    of: Subject['component'] = component,
  ) =>
    judged('R9', object, {
      subject: subjectOf(backup, { component: of }),
      inventory: inventoryOf({ wal: seen({ ...HEALTHY, ...changes }) }),
    });
  const objects = (changes: Partial<Wal>, of: Subject['component'] = component) =>
    judge(subjectOf({}, { component: of }), inventoryOf({ wal: seen({ ...HEALTHY, ...changes }) }), NOW)
      .filter(({ rule }) => rule === 'R9')
      .map(({ object }) => object);

  test.each(['archive', 'archiver', 'backlog', 'gap', 'timeline', 'slot'])('%s is healthy', (object) => {
    expect(wal(object)).toMatchObject({ health: 'ok', consequence: null });
  });

  test('the last archived segment may be half as old as the RPO', () => {
    const old = wal('archive', { lastArchivedAt: ago(6 * MINUTE) });

    expect(wal('archive', { lastArchivedAt: ago(5 * MINUTE) }).health).toBe('ok');
    expect(old).toMatchObject({
      health: 'critical',
      title: 'WAL of PostgreSQL is not archived',
      text: 'Last archived 6 min ago; limit 5 min, half of the RPO',
      consequence: 'If PostgreSQL fails now you lose 6 min of data',
      since: ago(MINUTE),
    });
    expect(old.facts).toContain('An idle server archives only if it has an archive_timeout');
    expect(wal('archive', { lastArchivedAt: null }).text).toContain('Nothing was ever archived');
  });

  test('failures are critical until one succeeds', () => {
    expect(wal('archiver', { lastFailedAt: NOW })).toMatchObject({
      health: 'critical',
      text: 'archive_command failed last at 12:00 UTC, 3 times in all; no success since',
      since: HEALTHY.lastArchivedAt,
    });
    expect(wal('archiver', { lastArchivedAt: null, lastFailedAt: NOW, failedCount: 1 }).health).toBe(
      'critical',
    );
    expect(wal('archiver').facts).toEqual(['3 failures in all']);
    expect(wal('archiver', { lastFailedAt: null, failedCount: 0 })).toMatchObject({
      health: 'ok',
      facts: [],
    });
  });

  test.each([
    ['backlog', { ready: 65 }, '65 segments ready to be archived; limit 64'],
    [
      'gap',
      { gap: '0000000400000001000000A3' },
      'Segment 0000000400000001000000A3 is missing in the archive; no hole is allowed',
    ],
    ['timeline', { archiveTimeline: 3 }, 'Timeline 4 on the server, 3 in the archive; they must be the same'],
    ['slot', { slotActive: false }, 'The slot is inactive, it must be active; holds 16 MB, limit 1.07 GB'],
    ['slot', { slotBytes: 2e9 }, 'The slot is in use; holds 2 GB, limit 1.07 GB'],
    [
      'slot',
      { slotBytes: null, slotActive: false },
      'The slot is inactive, it must be active; bytes not known',
    ],
  ] as const)('%s %o is critical', (object, changes, text) => {
    expect(wal(object, changes)).toMatchObject({ health: 'critical', text });
  });

  test('the plan may set its own limits', () => {
    const alerts = { readySegments: 1, slotBytes: 1_000 };

    expect(wal('backlog', {}, { alerts }).health).toBe('critical');
    expect(wal('slot', {}, { alerts }).health).toBe('critical');
  });

  test('what the plan does not ask for is not judged', () => {
    expect(objects({}, bare)).toEqual(['archiver', 'backlog', 'gap', 'timeline', 'slot']);
  });

  test.each([
    ['backlog', { ready: null }, 'not known: the server does not tell how many segments wait'],
    ['timeline', { timeline: null }, 'not known: the server does not tell of which timeline the archive is'],
    [
      'timeline',
      { archiveTimeline: null },
      'not known: the server does not tell of which timeline the archive is',
    ],
  ] as const)(
    'of its %s what the server does not tell is not known, and alarms nobody',
    (object, changes, text) => {
      expect(wal(object, changes)).toMatchObject({ health: 'unknown', alarms: false, text });
    },
  );

  test('a slot that is no more holds nothing back', () => {
    expect(wal('slot', { slotBytes: null, slotActive: null })).toMatchObject({
      health: 'ok',
      text: 'No replication slot holds WAL back',
    });
    expect(wal('slot', { slotBytes: null, slotActive: true }).text).toContain('bytes not known');
  });
});

describe('R10 RDS', () => {
  const HEALTHY: Rds = {
    latestRestorableAt: ago(4 * MINUTE),
    retentionDays: 35,
    replicaLagMs: 1_000,
    snapshots: [],
  };
  const KEPT = { retention: { daily: 365 } };
  const rds = (object: string, changes: Partial<Rds> = {}, backup: object = KEPT) =>
    judged('R10', object, {
      subject: subjectOf(backup, { component }),
      inventory: inventoryOf({ rds: seen({ ...HEALTHY, ...changes }) }),
    });

  test.each(['restorable', 'retention', 'replica'])('%s is healthy', (object) => {
    expect(rds(object).health).toBe('ok');
  });

  test.each([
    [
      'restorable',
      { latestRestorableAt: ago(11 * MINUTE) },
      'Latest restorable time is 11 min old, limit 10 min',
    ],
    ['restorable', { latestRestorableAt: null }, 'RDS tells no restorable time; limit 10 min'],
    ['retention', { retentionDays: 7 }, 'Kept 7 days, declared 35 days'],
    ['replica', { replicaLagMs: 11 * MINUTE }, 'Lag 11 min, limit 10 min (RPO)'],
  ] as const)('%s %o is critical', (object, changes, text) => {
    expect(rds(object, changes)).toMatchObject({ health: 'critical', text });
  });

  test('what the plan does not declare and RDS does not tell is not judged', () => {
    expect(() => rds('retention', {}, {})).toThrow('no verdict');
    expect(() => rds('replica', { replicaLagMs: null })).toThrow('no verdict');
    const noRpo = subjectOf({}, { component: bare });
    expect(judge(noRpo, inventoryOf({ rds: seen(HEALTHY) }), NOW).map(({ object }) => object)).not.toContain(
      'replica',
    );
  });

  test('where nothing reads RDS yet that is told and wakes nobody', () => {
    const verdict = judged('R10', 'restorable', { inventory: inventoryOf({ rds: lost('no-source') }) });

    expect(verdict).toMatchObject({ health: 'unknown', text: 'not known: no source yet', alarms: false });
  });
});
