import { describe, expect, test } from 'vitest';
import { type Artifact, type Inventory, seen } from '../../../src/domain/inventory.ts';
import { judge } from '../../../src/domain/rules/index.ts';
import {
  ago,
  artifact,
  backupOf,
  COPY,
  inventoryOf,
  judged,
  listingOf,
  lost,
  MINUTE,
  NOW,
  night,
  nights,
  subjectOf,
} from './world.ts';

const LOCATIONS = [...backupOf().locations, COPY];
const copied = ({ key, ...rest }: Artifact): Artifact => ({ ...rest, key: key.replace('daily/', 'mirror/') });
const fresh = (age: number) => artifact(ago(age + MINUTE), { storedAt: ago(age) });

describe('R11 copies', () => {
  const copy = (
    here: readonly Artifact[],
    there: readonly Artifact[],
    backup = {},
    inventory: Partial<Inventory> = {},
  ) =>
    judged('R11', 'far', {
      subject: subjectOf({ locations: LOCATIONS, ...backup }),
      inventory: inventoryOf({ copies: { far: seen(listingOf(there)) }, ...inventory }, { artifacts: here }),
    });

  test('a copy that has the newest is healthy, under whatever prefix', () => {
    expect(copy(nights(9), nights(9).map(copied))).toMatchObject({
      health: 'ok',
      text: 'postgres_20261121_020004.dump is there; 9 backups of 9',
    });
  });

  test('a copy may have another name and the same time', () => {
    const renamed = nights(9).map((each) => ({ ...each, key: `0x${each.bytes}-${each.takenAt.getTime()}` }));

    expect(copy(nights(9), renamed).health).toBe('ok');
  });

  test('an archive has what is as new, under a name and a time of its own; a copy has the same', () => {
    const archive = { locations: [...backupOf().locations, { ...COPY, role: 'archive' }] };
    const kept = (ms: number) => [artifact(new Date(night(0).takenAt.getTime() + ms), { key: 'rdb-1' })];

    expect(copy(nights(1), kept(10 * MINUTE), archive).health).toBe('ok');
    expect(copy(nights(1), kept(-MINUTE), archive).health).toBe('ok');
    expect(copy(nights(1), kept(-10 * MINUTE), archive).health).toBe('critical');
    expect(copy(nights(1), kept(10 * MINUTE)).health).toBe('critical');
  });

  test('one that is missing after its time is critical', () => {
    const verdict = copy([fresh(61 * MINUTE), ...nights(9)], nights(9).map(copied));

    expect(verdict).toMatchObject({
      health: 'critical',
      title: 'a backup of PostgreSQL is missing in "far"',
      text: 'postgres_20261121_105800.dump is not there after 1 h 01 min, limit 1 h',
      consequence: 'If the first place is lost, so is what is missing in "far" (us-west-2)',
      since: ago(MINUTE),
      facts: ['Newest there: postgres_20261121_020004.dump, 02:00 UTC'],
    });
    expect(copy([fresh(59 * MINUTE), ...nights(9)], nights(9)).health).toBe('ok');
    expect(
      copy([fresh(59 * MINUTE), ...nights(9)], nights(9), { alerts: { copyWithin: '30m' } }).health,
    ).toBe('critical');
  });

  test('an empty copy is critical, one of which nothing is old enough is not', () => {
    expect(copy(nights(3), []).facts).toEqual(['No backup is there']);
    expect(copy([fresh(MINUTE)], []).text).toBe('Nothing is old enough to be missed; 0 backups of 1');
  });

  test('fewer by more than what is on its way and one slot is a warning, but not in an archive', () => {
    const here = [fresh(MINUTE), ...nights(9)];
    const archive = { locations: [...backupOf().locations, { ...COPY, role: 'archive' }] };

    expect(copy(here, nights(8)).health).toBe('ok');
    expect(copy(here, nights(7))).toMatchObject({
      health: 'warning',
      title: '"far" holds fewer backups of PostgreSQL',
      text: '7 backups of 10 are there; limit 2 fewer',
    });
    expect(copy(here, nights(7), archive).health).toBe('ok');
  });

  test('where one of the two cannot be read nothing is known', () => {
    expect(copy([], [], {}, { copies: { far: lost('unreachable') } }).text).toBe(
      'not known: S3 in us-west-2 does not answer',
    );
    expect(copy([], [], {}, { listing: lost() }).health).toBe('unknown');
  });
});

describe('R11 replication by the store', () => {
  const replication = (artifacts: readonly Artifact[], backup = {}) =>
    judged('R11', 'replication', { subject: subjectOf(backup), inventory: inventoryOf({}, { artifacts }) });

  test('copies that failed are critical', () => {
    const verdict = replication([night(0, { replication: 'done' }), night(1, { replication: 'failed' })]);

    expect(verdict).toMatchObject({
      health: 'critical',
      title: 'replication of backups of PostgreSQL fails',
      text: '1 object failed to be copied: postgres_20261120_020004.dump; limit 0',
    });
  });

  test('a copy that waits for too long is critical', () => {
    const waiting = (minutes: number) =>
      replication([{ ...fresh(minutes * MINUTE), replication: 'pending' }, ...nights(3)]);

    expect(waiting(59)).toMatchObject({
      health: 'ok',
      text: '1 object waiting to be copied: postgres_20261121_110000.dump',
    });
    expect(waiting(61)).toMatchObject({
      health: 'critical',
      title: 'replication of backups of PostgreSQL is late',
      text: '1 object waiting to be copied: postgres_20261121_105800.dump, the oldest for 1 h 01 min; limit 1 h',
      since: ago(MINUTE),
    });
  });

  test('is healthy when all are done, and asked for where the plan has a second place', () => {
    expect(replication([night(0, { replication: 'done' })]).text).toBe('No copy waits or failed');
    expect(replication(nights(2), { locations: LOCATIONS }).health).toBe('ok');
  });

  test('is no matter of a backup with one place and no replication', () => {
    for (const inventory of [
      inventoryOf(),
      inventoryOf({ listing: lost() }),
      inventoryOf({}, { artifacts: [] }),
    ]) {
      expect(judge(subjectOf(), inventory, NOW).filter(({ rule }) => rule === 'R11')).toEqual([]);
    }
  });
});
