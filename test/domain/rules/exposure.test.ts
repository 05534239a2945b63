import { describe, expect, test } from 'vitest';
import { seen, type Wal } from '../../../src/domain/inventory.ts';
import { judge, planGaps } from '../../../src/domain/rules/index.ts';
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
  rulesOf,
  subjectOf,
} from './world.ts';

const component = (rpo: number, rto = HOUR) => ({
  id: 'postgres',
  name: 'PostgreSQL',
  objectives: { rto, rpo },
});
const WAL: Wal = {
  lastArchivedAt: ago(MINUTE),
  lastFailedAt: null,
  failedCount: 0,
  ready: 0,
  gap: null,
  timeline: 1,
  archiveTimeline: 1,
  slotBytes: null,
  slotActive: null,
};

describe('R3 possible loss', () => {
  const HOURLY = { schedule: { cron: '0 * * * *', grace: '10m' } };
  const loss = (age: number, rpo: number, changes = {}, backup = {}) =>
    judged('R3', 'loss', {
      subject: subjectOf(backup, { component: component(rpo), ...changes }),
      inventory: inventoryOf({ listing: seen(listingOf([artifact(ago(age), { durationMs: null })])) }),
    });

  test('is a warning from 80% of the RPO and critical beyond it', () => {
    expect(loss(1.5 * HOUR, 2 * HOUR, {}, HOURLY)).toMatchObject({
      health: 'ok',
      text: 'Newest restore point is 1 h 30 min old; RPO 2 h',
    });
    expect(loss(1.7 * HOUR, 2 * HOUR, {}, HOURLY)).toMatchObject({
      health: 'warning',
      title: 'PostgreSQL would lose nearly all that its RPO allows',
    });
    expect(loss(2.1 * HOUR, 2 * HOUR, {}, HOURLY)).toMatchObject({
      health: 'critical',
      title: 'PostgreSQL would lose more than its RPO allows',
      consequence: 'If PostgreSQL fails now you lose 2 h 06 min of data',
      since: ago(0.1 * HOUR),
      measure: { kind: 'loss', value: 2.1 * HOUR, limit: 2 * HOUR, unit: 'ms' },
    });
  });

  test('what the schedule cannot keep is told each time and is no alert of each night', () => {
    const inTime = loss(23 * HOUR, 5 * MINUTE);
    const late = loss(24.6 * HOUR, 5 * MINUTE);

    expect(inTime).toMatchObject({
      health: 'ok',
      text: 'Newest restore point is 23 h old; by its schedule at most 24 h 30 min',
    });
    expect(inTime.facts).toContain('A backup every 24 h leaves up to 24 h 30 min without one; RPO 5 min');
    expect(late.health).toBe('critical');
  });

  test('what no runbook restores from does not reduce the loss (C-15)', () => {
    expect(loss(9 * DAY, HOUR, { restorable: false })).toMatchObject({
      health: 'ok',
      text: 'No runbook restores from it, so it does not reduce the loss',
    });
  });

  test('nothing to restore is critical', () => {
    const inventory = inventoryOf({ history: nights(2) }, { artifacts: [] });

    expect(judged('R3', 'loss', { inventory })).toMatchObject({
      health: 'critical',
      title: 'nothing of PostgreSQL can be restored',
      text: 'No restore point is left; RPO 24 h',
    });
  });

  test('a write-ahead log is restored to what was archived last', () => {
    const always = subjectOf({ schedule: undefined }, { component: component(5 * MINUTE) });
    const wal = (age: number) =>
      judged('R3', 'loss', {
        subject: always,
        inventory: {
          at: NOW,
          history: [],
          restoreTests: [],
          wal: seen({ ...WAL, lastArchivedAt: ago(age) }),
        },
      });

    expect(wal(MINUTE).health).toBe('ok');
    expect(wal(4.5 * MINUTE).health).toBe('warning');
    expect(wal(6 * MINUTE).health).toBe('critical');
  });

  test('RDS is restored to its latest restorable time', () => {
    const rds = seen({
      latestRestorableAt: ago(3 * HOUR),
      retentionDays: 7,
      replicaLagMs: null,
      snapshots: [],
    });
    const always = subjectOf({ schedule: undefined }, { component: component(HOUR) });

    expect(
      judged('R3', 'loss', { subject: always, inventory: { at: NOW, history: [], restoreTests: [], rds } })
        .health,
    ).toBe('critical');
    expect(
      judged('R3', 'loss', { inventory: { at: NOW, history: [], restoreTests: [], rds: lost() } }).health,
    ).toBe('unknown');
  });

  test('without an RPO or a place there is nothing to say', () => {
    const free = subjectOf({}, { component: { id: 'postgres', name: 'PostgreSQL' } });

    expect(rulesOf(judge(free, inventoryOf(), NOW))).not.toContain('R3');
    expect(rulesOf(judge(subjectOf(), { at: NOW, history: [], restoreTests: [] }, NOW))).toEqual([]);
  });
});

describe('gaps of the plan itself', () => {
  const gaps = (backup = {}, rpo = 24 * HOUR, changes = {}) =>
    planGaps({ ...subjectOf(backup, { component: component(rpo), ...changes }) });

  test('a schedule that keeps its RPO has none', () => {
    expect(gaps({}, 25 * HOUR)).toEqual([]);
    expect(gaps({ schedule: undefined, alerts: {} }, MINUTE)).toEqual([]);
  });

  test('a schedule that cannot keep the RPO or the age limit is told', () => {
    expect(gaps({ alerts: { age: '20h' } }, HOUR)).toEqual([
      { kind: 'rpo', text: 'A backup every 24 h leaves up to 24 h 30 min without one; RPO 1 h' },
      { kind: 'age', text: 'A backup every 24 h cannot keep the age limit of 20 h' },
    ]);
  });

  test('the longest distance counts: that over the weekend', () => {
    expect(gaps({ schedule: { cron: '0 2 * * 1-5' } }, 25 * HOUR)).toMatchObject([
      { kind: 'rpo' },
      { kind: 'age' },
    ]);
  });

  test('a class that thaws for longer than the RTO is told', () => {
    const classes = [{ until: '30d', class: 'STANDARD' }, { class: 'DEEP_ARCHIVE' }];

    expect(gaps({ classes }, 25 * HOUR)).toEqual([
      { kind: 'thaw', text: 'Storage class DEEP_ARCHIVE takes 12 h to thaw; RTO 1 h' },
    ]);
  });

  test('what nothing is restored from promises nothing', () => {
    expect(gaps({}, MINUTE, { restorable: false })).toEqual([]);
    expect(planGaps(subjectOf({}, { component: { id: 'a', name: 'A' } }))).toEqual([]);
  });
});

describe('R17 thaw time', () => {
  const CLASSES = [
    { until: '3d', class: 'STANDARD' },
    { until: '9d', class: 'GLACIER' },
    { class: 'DEEP_ARCHIVE' },
  ];
  const thaw = (changes: readonly Partial<ReturnType<typeof night>>[], backup = {}) =>
    judged('R17', 'thaw', {
      subject: subjectOf(backup),
      inventory: inventoryOf({
        listing: seen(
          listingOf(
            changes.map((change, index) => night(index, change)),
            backupOf(backup),
          ),
        ),
      }),
    });

  test('what can be read at once is healthy, Glacier Instant Retrieval too', () => {
    const verdict = thaw([{}, { storageClass: 'GLACIER_IR' }, { storageClass: null }]);

    expect(verdict).toMatchObject({ health: 'ok', text: 'Readable within the RTO of 1 h' });
  });

  test('the newest in Glacier takes its thaw and its transfer', () => {
    const verdict = thaw([{ storageClass: 'GLACIER', bytes: 180e9 }, {}]);

    expect(verdict).toMatchObject({
      health: 'warning',
      title: 'a backup of PostgreSQL cannot be read within the RTO',
      text: 'postgres_20261121_020004.dump is in GLACIER: 6 h to thaw and fetch, RTO 1 h',
      measure: { kind: 'duration', value: 6 * HOUR, limit: HOUR, unit: 'ms' },
    });
    expect(thaw([{}, { storageClass: 'DEEP_ARCHIVE' }]).text).toContain('12 h to thaw');
  });

  test('of several the slowest is told', () => {
    const slow = [
      {},
      { storageClass: 'GLACIER' },
      { storageClass: 'DEEP_ARCHIVE' },
      { storageClass: 'GLACIER' },
    ];

    expect(thaw(slow).text).toMatch(/^postgres_20261119_020004.dump is in DEEP_ARCHIVE: 12 h/);
  });

  test('older ones that the plan itself puts there are a fault of the plan and only told', () => {
    const asPlanned = thaw([{}, {}, {}, { storageClass: 'GLACIER' }, { storageClass: 'GLACIER' }], {
      classes: CLASSES,
    });
    const tooEarly = thaw([{}, { storageClass: 'GLACIER' }], { classes: CLASSES });

    expect(asPlanned.health).toBe('ok');
    expect(asPlanned.facts).toEqual(['Storage class GLACIER takes 5 h to thaw; RTO 1 h']);
    expect(tooEarly.health).toBe('warning');
  });

  test('without an RTO, or where nothing is restored, there is nothing to say', () => {
    const free = subjectOf({}, { component: { id: 'postgres', name: 'PostgreSQL' } });

    expect(rulesOf(judge(free, inventoryOf(), NOW))).not.toContain('R17');
    expect(rulesOf(judge(subjectOf({}, { restorable: false }), inventoryOf(), NOW))).not.toContain('R17');
  });
});
