import { describe, expect, test } from 'vitest';
import type { RestoreTestResult } from '../../../src/domain/inventory.ts';
import type { Subject } from '../../../src/domain/rules/index.ts';
import {
  ago,
  DAY,
  HOUR,
  inventoryOf,
  judged,
  MINUTE,
  NOW,
  night,
  result,
  subjectOf,
  testOf,
} from './world.ts';

type Component = Subject['component'];
const HOURLY = { schedule: { cron: '0 * * * *', grace: '10m' } };

function proof(
  restoreTests: readonly RestoreTestResult[],
  {
    test = {},
    backup = {},
    subject = {},
  }: { test?: Parameters<typeof testOf>[0]; backup?: object; subject?: Partial<Subject> } = {},
) {
  return judged('R14', 'weekly', {
    subject: subjectOf(backup, { tests: [testOf(test)], ...subject }),
    inventory: inventoryOf({ restoreTests }),
  });
}

describe('R14 restore test', () => {
  test('one that restored in time is healthy and tells what it proved', () => {
    expect(proof([result(ago(2 * DAY)), result(ago(9 * DAY), { outcome: 'failed' })])).toMatchObject({
      health: 'ok',
      title: 'restore test "weekly" of PostgreSQL',
      text: 'Restored 19 Nov 12:00 UTC in 20 min',
      facts: ['Last good: 19 Nov 12:00 UTC, 20 min, 214,600 rows'],
    });
  });

  test('one that failed is a warning (A-84), until the next is good', () => {
    const failed = result(ago(DAY), {
      outcome: 'failed',
      reason: 'audit chain broken at row 18,113',
      durationMs: 9 * DAY,
    });

    expect(proof([failed, result(ago(2 * DAY), { rows: null })])).toMatchObject({
      health: 'warning',
      title: 'restore test of PostgreSQL failed',
      text: 'Last restore test failed: audit chain broken at row 18,113',
      consequence: 'Nobody knows that PostgreSQL can be restored',
      since: ago(DAY),
      facts: ['Last good: 19 Nov 12:00 UTC, 20 min'],
    });
    expect(proof([{ ...failed, reason: null }]).text).toBe('Last restore test failed: no reason was given');
    expect(proof([result(ago(HOUR)), failed]).health).toBe('ok');
  });

  test('a restore longer than allowed is critical (A-85)', () => {
    const slow = [result(ago(DAY), { durationMs: 61 * MINUTE })];

    expect(proof(slow)).toMatchObject({
      health: 'critical',
      title: 'restore test of PostgreSQL took too long',
      text: 'Restored in 1 h 01 min, limit 1 h',
      measure: { kind: 'duration', value: 61 * MINUTE, limit: HOUR, unit: 'ms' },
    });
    expect(proof(slow, { test: { within: '2h' } }).health).toBe('ok');
    expect(proof(slow, { subject: { component: { id: 'a', name: 'A' } } }).health).toBe('ok');
  });

  test('data older than the RPO is critical, unless the schedule itself cannot do better', () => {
    const component: Component = {
      id: 'postgres',
      name: 'PostgreSQL',
      objectives: { rto: HOUR, rpo: 2 * HOUR },
    };
    const old = [result(ago(DAY), { lossMs: 3 * HOUR })];

    expect(proof(old, { backup: HOURLY, subject: { component } })).toMatchObject({
      health: 'critical',
      text: 'Restored data was 3 h old, limit 2 h',
      consequence: 'A restore of PostgreSQL loses 3 h of data',
    });
    expect(proof(old, { subject: { component } }).health).toBe('ok');
    expect(proof(old, { backup: { schedule: undefined }, subject: { component } }).health).toBe('critical');
    expect(proof([result(ago(DAY), { lossMs: null })], { subject: { component } }).health).toBe('ok');
  });

  test('a success longer ago than the cadence and a tenth is a warning', () => {
    expect(proof([result(ago(7.6 * DAY))]).health).toBe('ok');
    expect(proof([result(ago(7.8 * DAY))])).toMatchObject({
      health: 'warning',
      title: 'PostgreSQL was not restored for too long',
      text: 'Last good restore test 7 d 19 h ago; limit 7 d 16 h',
      since: ago(0.1 * DAY),
    });
  });

  test('one that never ran is late only that long after the plan came into force', () => {
    const since = (age: number) => proof([], { subject: { firstSeenAt: ago(age) } });

    expect(since(7 * DAY)).toMatchObject({ health: 'ok', text: 'No restore test was due yet', facts: [] });
    expect(since(8 * DAY)).toMatchObject({
      health: 'warning',
      text: 'Never restored by a test since 13 Nov 12:00 UTC, 8 d ago; limit 7 d 16 h',
    });
  });

  test('one without a schedule of its own is never late', () => {
    expect(proof([], { test: { schedule: undefined } }).health).toBe('ok');
    expect(
      proof([], { test: { schedule: undefined, afterEachBackup: true }, backup: { schedule: undefined } })
        .health,
    ).toBe('ok');
  });

  test('after each backup, tests follow the backup’s schedule', () => {
    const each = { test: { schedule: undefined, afterEachBackup: true } };

    expect(proof([result(ago(26 * HOUR))], each).health).toBe('ok');
    expect(proof([result(ago(27 * HOUR))], each).health).toBe('warning');
  });

  test('after each backup, tests of old ones prove nothing of the new', () => {
    const each = { test: { schedule: undefined, afterEachBackup: true } };
    const tested = (key: string | null) => proof([result(ago(HOUR), { key })], each);

    expect(tested(night(2).key).health).toBe('ok');
    expect(tested(night(3).key)).toMatchObject({
      health: 'warning',
      title: 'newest backups of PostgreSQL were never restored',
      text: '3 backups since the last one tested, limit 2',
    });
    expect(tested('gone since').text).toBe('16 backups since the last one tested, limit 2');
    expect(tested(null).health).toBe('ok');
    const few = inventoryOf(
      { restoreTests: [result(ago(HOUR), { key: 'gone' })] },
      { artifacts: [night(0)] },
    );
    const subject = subjectOf({}, { tests: [testOf(each.test)] });
    expect(judged('R14', 'weekly', { subject, inventory: few }).health).toBe('ok');
  });

  test('what a test leaves behind is a warning, and the worst of all is told', () => {
    expect(proof([result(ago(DAY), { left: 2 })])).toMatchObject({
      health: 'warning',
      text: '2 objects left behind, limit 0',
    });
    expect(proof([result(ago(9 * DAY), { left: 2, durationMs: 2 * HOUR })]).health).toBe('critical');
  });

  test('each test of a backup has its own verdict', () => {
    const subject = subjectOf(
      {},
      { tests: [testOf(), testOf({ id: 'monthly', schedule: { cron: '0 4 1 * *' } })] },
    );
    const inventory = inventoryOf({ restoreTests: [result(NOW, { test: 'monthly' })] });

    expect(judged('R14', 'monthly', { subject, inventory }).health).toBe('ok');
    expect(judged('R14', 'weekly', { subject, inventory }).health).toBe('warning');
  });
});
