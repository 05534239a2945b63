import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Artifact } from '../../src/domain/inventory.ts';
import { createListing, NEWEST, periodOf, periodStart, phaseOf } from '../../src/domain/listing.ts';
import { TIERS } from '../../src/domain/plan-backup.ts';
import { ago, artifact, backupOf, DAY, HOUR, listingOf, MINUTE, NOW, night, nights } from './rules/world.ts';
import { check } from './seed.ts';

const KEPT = backupOf({ retention: { hourly: 24, daily: 30, weekly: 12, monthly: 12, yearly: 7 } });

describe('a listing', () => {
  test('keeps the newest one by one and sums up the rest', () => {
    const listing = listingOf(nights(40).toReversed());

    expect(listing.newest).toEqual(nights(NEWEST));
    expect(listing.oldest).toEqual(night(39));
    expect(listing.count).toBe(40);
    expect(listing.bytes).toBe(40 * night(0).bytes);
  });

  test('is empty without artifacts', () => {
    expect(listingOf([])).toMatchObject({ newest: [], oldest: null, count: 0, bytes: 0 });
  });

  test('tells what is no backup apart, with a few names and the last of which a time is known', () => {
    const listing = createListing(backupOf(), NOW);
    for (const index of [1, 0, 4, 2, 3]) listing.add(night(index, { bytes: 20 }));
    listing.add(artifact(ago(-HOUR)));
    for (const name of ['b', 'a', 'b', 'd', 'c']) listing.odd('unknown-name', name);
    listing.odd('uploading', 'daily/x.part');

    const { odd, count } = listing.done();

    expect(count).toBe(0);
    expect(odd['too-small']).toEqual({
      count: 5,
      examples: [night(0).key, night(1).key, night(2).key],
      newest: night(0, { bytes: 20 }),
    });
    expect(odd['unknown-name']).toEqual({ count: 5, examples: ['d', 'c', 'b'] });
    expect(odd.future.count).toBe(1);
    expect(odd.uploading).toEqual({ count: 1, examples: ['daily/x.part'] });
  });

  test('a clock that is a few minutes ahead makes no backup one of the future', () => {
    const listing = listingOf([artifact(ago(-4 * MINUTE)), artifact(ago(-6 * MINUTE))]);

    expect([listing.count, listing.odd.future.count]).toEqual([1, 1]);
  });

  test('tells copies that failed and that wait', () => {
    const listing = listingOf([
      night(0, { replication: 'pending' }),
      night(1, { replication: 'failed' }),
      night(2, { replication: 'pending' }),
      night(3, { replication: 'pending' }),
      night(4, { replication: 'done' }),
    ]);

    expect(listing.failedCopies).toEqual({ count: 1, examples: [night(1).key] });
    expect(listing.pendingCopies).toMatchObject({ count: 3, oldestStoredAt: night(3).storedAt });
  });

  test.each([
    ['STANDARD', 10 * DAY, 0],
    ['STANDARD', 31 * DAY, 0],
    ['GLACIER', 31 * DAY, 0],
    ['STANDARD', 33 * DAY, 1],
    ['GLACIER', 10 * DAY, 1],
    ['GLACIER', 400 * DAY, 0],
    [null, 400 * DAY, 0],
  ])('storage class %s at an age of %d ms: %d misplaced', (storageClass, age, misplaced) => {
    const backup = backupOf({ classes: [{ until: '30d', class: 'STANDARD' }, { class: 'GLACIER' }] });

    const listing = listingOf([artifact(ago(age), { storedAt: ago(age), storageClass })], backup);

    expect(listing.misplaced.count).toBe(misplaced);
  });
});

describe('one key twice', () => {
  test('counts once, and the one stored later stays, or the larger', () => {
    const first = night(0);
    const later = night(0, { storedAt: ago(HOUR), bytes: 5_000 });
    const larger = night(0, { storedAt: ago(HOUR), bytes: 6_000 });

    for (const order of [
      [first, later, larger],
      [larger, first, later],
      [later, larger, first],
    ]) {
      expect(listingOf(order)).toMatchObject({ newest: [larger], count: 1, bytes: 6_000 });
    }
  });

  test('with a name that nothing can hold is no backup, and is told with what can be shown of it', () => {
    const listing = createListing(backupOf(), NOW);
    listing.add(night(0, { key: 'daily/a\u0000b_20261121_020004.dump' }));
    listing.add(night(1, { key: 'daily/\ud800_20261120_020004.dump' }));
    listing.add(night(2, { takenAt: new Date(Number.NaN) }));
    listing.odd('uploading', 'daily/\u0007');

    expect(listing.done()).toMatchObject({
      newest: [],
      count: 0,
      odd: {
        'unknown-name': {
          count: 3,
          examples: expect.arrayContaining([
            'daily/\ufffd_20261120_020004.dump',
            'daily/a?b_20261121_020004.dump',
          ]),
        },
        uploading: { count: 1, examples: ['daily/?'] },
      },
    });
  });

  test('two of one moment stay both, in one order', () => {
    const [a, b] = [
      night(0, { key: 'daily/a_20261121_020004.dump' }),
      night(0, { key: 'daily/b_20261121_020004.dump' }),
    ];

    expect(listingOf([a, b]).newest).toEqual([b, a]);
    expect(listingOf([b, a]).newest).toEqual([b, a]);
  });

  test('one that was evicted from the newest is only counted again', () => {
    const listing = listingOf([...nights(20), night(19)], KEPT);

    expect(listing).toEqual({ ...listingOf(nights(20), KEPT), count: 21, bytes: 21 * night(0).bytes });
  });
});

const anyArtifact = fc
  .record({
    minutes: fc.integer({ min: -20, max: 3 * 366 * 24 * 60 }),
    bytes: fc.constantFrom(20, 5_000, 1_000_000),
    replication: fc.constantFrom('pending', 'failed', 'done', null),
    storageClass: fc.constantFrom('STANDARD', 'GLACIER', null),
  })
  .map(({ minutes, ...changes }): Artifact => artifact(ago(minutes * MINUTE), changes));
const anyArtifacts = fc.uniqueArray(anyArtifact, { selector: ({ key }) => key, maxLength: 60 });

test('the order of a listing changes nothing', () => {
  check(
    fc.property(
      anyArtifacts.chain((artifacts) =>
        fc.tuple(fc.constant(artifacts), fc.shuffledSubarray(artifacts, { minLength: artifacts.length })),
      ),
      ([artifacts, shuffled]) => {
        expect(listingOf(shuffled, KEPT)).toEqual(listingOf(artifacts, KEPT));
      },
    ),
    { seed: 2, runs: 200 },
  );
});

test('duplicates change neither the newest, nor the oldest, nor the periods', () => {
  check(
    fc.property(
      anyArtifacts.chain((artifacts) =>
        fc.tuple(
          fc.constant(artifacts),
          fc.shuffledSubarray([...artifacts, ...artifacts, ...artifacts.slice(0, 3)]),
        ),
      ),
      ([artifacts, some]) => {
        const once = listingOf(artifacts, KEPT);
        const { newest, oldest, periods } = listingOf([...artifacts, ...some], KEPT);

        expect({ newest, oldest, periods }).toEqual({
          newest: once.newest,
          oldest: once.oldest,
          periods: once.periods,
        });
      },
    ),
    { seed: 3, runs: 200 },
  );
});

describe('periods', () => {
  test('only those of the plan’s tiers are kept, and no further back than a tier reaches', () => {
    const { periods } = listingOf(nights(400), backupOf({ retention: { daily: 7, monthly: 3 } }));

    expect(periods.daily.length).toBe(9);
    expect(periods.monthly.length).toBe(5);
    expect([periods.hourly, periods.weekly, periods.yearly]).toEqual([[], [], []]);
  });

  test('each begins where the one before ends', () => {
    const phase = phaseOf(KEPT.schedule);
    for (const tier of TIERS) {
      const period = periodOf(tier, NOW.getTime(), phase);
      const [from, to] = [periodStart(tier, period, phase), periodStart(tier, period + 1, phase)];

      expect(from, tier).toBeLessThanOrEqual(NOW.getTime());
      expect(to, tier).toBeGreaterThan(NOW.getTime());
      expect([from, to - 1, to].map((ms) => periodOf(tier, ms, phase))).toEqual([period, period, period + 1]);
    }
  });

  test('weeks begin on Monday', () => {
    expect(new Date(periodStart('weekly', periodOf('weekly', NOW.getTime(), 0), 0)).toISOString()).toBe(
      '2026-11-16T00:00:00.000Z',
    );
  });

  test('a daily backup has a day of its own all the year, whatever happens to the clocks', () => {
    const schedule = { cron: '30 1 * * *', timeZone: 'Europe/Berlin' };
    const backup = backupOf({ schedule, retention: { daily: 365 } });
    const days = Array.from({ length: 300 }, (_, index) => {
      const summer = index < 210;
      return artifact(new Date(Date.UTC(2026, 2, 29 + index, summer ? 23 : 24, 30)));
    });

    const { periods } = listingOf(days, backup, new Date('2027-02-01T00:00:00Z'));

    expect(periods.daily.length).toBe(300);
    expect((periods.daily.at(-1) ?? 0) - (periods.daily[0] ?? 0)).toBe(299);
  });

  test('a run that starts late, or a little early, stays in its own day', () => {
    const backup = backupOf({ schedule: { cron: '58 23 * * *' }, retention: { daily: 7 } });
    const started = ['2026-11-18T23:58:05Z', '2026-11-20T00:20:00Z', '2026-11-20T23:54:00Z'];

    const { periods } = listingOf(
      started.map((text) => artifact(new Date(text))),
      backup,
    );

    expect(periods.daily.map((day, _, all) => day - (all[0] ?? 0))).toEqual([0, 1, 2]);
  });
});

/** What is left after a collection: without one, other tests' garbage counts. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

test('very many keys are folded without holding them', () => {
  const listing = createListing(KEPT, NOW);
  const heap = heldBytes();

  for (let index = 0; index < 100_000; index += 1) {
    const takenAt = ago((100_000 - index) * MINUTE);
    listing.add({ ...night(0), key: `daily/${index}.dump`, takenAt, storedAt: takenAt });
  }

  const { count, newest, periods } = listing.done();
  expect([count, newest.length]).toEqual([100_000, NEWEST]);
  expect(Object.values(periods).flat().length).toBeLessThan(100);
  // Held, they would be more than this.
  expect(heldBytes() - heap).toBeLessThan(20e6);
});
