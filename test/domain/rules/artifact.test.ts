import { describe, expect, test } from 'vitest';
import { type Inventory, type Shape, seen } from '../../../src/domain/inventory.ts';
import { judge } from '../../../src/domain/rules/index.ts';
import {
  ago,
  artifact,
  backupOf,
  HOUR,
  inventoryOf,
  judged,
  listingOf,
  MB,
  MINUTE,
  NOW,
  night,
  nights,
  rulesOf,
  run,
  subjectOf,
} from './world.ts';

describe('R6 size', () => {
  const size = (sizes: readonly number[], backup = {}, inventory: Partial<Inventory> = {}) => {
    const artifacts = sizes.map((bytes, index) => night(index, { bytes }));
    const listing = seen(listingOf(artifacts, backupOf(backup)));
    return judged('R6', 'size', {
      subject: subjectOf(backup),
      inventory: inventoryOf({ listing, ...inventory }),
    });
  };
  const usual = Array.from({ length: 9 }, () => 100 * MB);

  test.each([
    [100, 'ok'],
    [119, 'ok'],
    [81, 'ok'],
    [121, 'warning'],
    [79, 'warning'],
    [51, 'warning'],
    [49, 'critical'],
    [900, 'warning'],
  ])('%d MB where 100 MB is usual: %s', (newest, health) => {
    expect(size([newest * MB, ...usual]).health).toBe(health);
  });

  test('the deviation is told with its limit, and a loss of data as such', () => {
    expect(size([30 * MB, ...usual])).toMatchObject({
      title: 'newest backup of PostgreSQL is smaller than usual',
      text: 'Size 30 MB, 70% below the middle of the last 7 (100 MB); limit 50%',
      consequence: 'A restore of PostgreSQL may bring back only a part of the data',
      measure: { kind: 'size', value: 30 * MB, limit: 50 * MB, unit: 'bytes' },
    });
    expect(size([130 * MB, ...usual])).toMatchObject({
      title: 'newest backup of PostgreSQL is larger than usual',
      text: 'Size 130 MB, 30% above the middle of the last 7 (100 MB); limit 20%',
      consequence: null,
    });
  });

  test('a step that lasts is the new usual', () => {
    const after = (nightsSince: number) =>
      size([...Array.from({ length: nightsSince }, () => 60 * MB), ...usual]).health;

    expect([1, 2, 3, 4, 5, 6, 7].map(after)).toEqual([
      'warning',
      'warning',
      'warning',
      'warning',
      'ok',
      'ok',
      'ok',
    ]);
  });

  test('the plan may set its own limits', () => {
    const alerts = { size: { warning: 0.05, critical: 0.1 } };

    expect(size([92 * MB, ...usual], { alerts }).health).toBe('warning');
    expect(size([89 * MB, ...usual], { alerts }).health).toBe('critical');
  });

  test('with fewer than three to compare with nothing is odd', () => {
    const two = size([1 * MB, 100 * MB, 100 * MB]);

    expect(two).toMatchObject({
      health: 'ok',
      text: 'Size 1 MB, too few earlier ones to compare with (2 of 3)',
    });
    expect(size([1 * MB, 100 * MB], {}, { history: [night(2, { bytes: 90 * MB }), night(3)] }).health).toBe(
      'critical',
    );
  });

  test('an even number of earlier ones has its middle between two', () => {
    expect(size([100, 100, 100, 140, 140].map((mb) => mb * MB)).text).toContain('last 4 (120 MB)');
  });

  test('an empty one is critical although it is not listed, until a good one comes', () => {
    const empty = size([20, ...usual]);

    expect(empty).toMatchObject({
      health: 'critical',
      title: 'newest backup of PostgreSQL is empty',
      text: 'Size 20 bytes, no more than a gzip of nothing; at least 1.02 kB is a backup',
      consequence: 'If PostgreSQL fails now you lose 33 h 59 min of data',
      since: night(0).storedAt,
    });
    expect(empty.facts[0]).toBe('Too small: postgres_20261121_020004.dump');
    expect(size([900, ...usual]).text).toBe('Size 900 bytes; at least 1.02 kB is a backup');
    expect(size([100 * MB, 20, ...usual]).health).toBe('ok');
    expect(size([20]).health).toBe('critical');
  });

  test('a gzip of nothing is none where the plan has no floor', () => {
    expect(size([20, ...usual], { minBytes: 0 })).toMatchObject({
      health: 'critical',
      text: 'Size 20 bytes, no more than a gzip of nothing; at least 21 bytes is a backup',
    });
    expect(size([100 * MB, 0, 20, 0, ...usual], { minBytes: 0 }).health).toBe('ok');
  });

  test('marks of a whole sync are empty by design', () => {
    expect(size([0, 0, 0, 0], { minBytes: 0 })).toMatchObject({
      health: 'ok',
      text: 'Size 0 bytes, too few earlier ones to compare with (0 of 3)',
    });
    expect(size([20, 20, 20, 20], { minBytes: 20 }).health).toBe('critical');
  });

  test('where nothing is left, and where never was anything, nothing is known', () => {
    expect(size([], {}, { history: nights(2) }).text).toBe('not known: no backup is left');
    expect(size([]).text).toContain('not known: no backup was ever found');
  });
});

describe('R7 contents', () => {
  const shape = (changes: Partial<Shape> = {}) =>
    seen({
      key: night(0).key,
      readAt: ago(9 * HOUR),
      format: 'custom',
      refused: null,
      encryption: null,
      ...changes,
    });
  const contents = (part: Inventory['shape'], object = 'contents', backup = {}) =>
    judged('R7', object, {
      subject: subjectOf(backup),
      inventory: inventoryOf(part === undefined ? {} : { shape: part }),
    });

  test('one that reads whole is healthy', () => {
    expect(contents(shape())).toMatchObject({ health: 'ok', text: 'Read whole 03:00 UTC, format custom' });
    expect(contents(shape({ format: null })).text).toBe('Read whole 03:00 UTC');
  });

  test('one that is refused is critical, and what is lost counts from the one before', () => {
    expect(contents(shape({ refused: 'the completion trailer is missing' }))).toMatchObject({
      health: 'critical',
      title: 'newest backup of PostgreSQL cannot be restored',
      text: 'postgres_20261121_020004.dump is refused: the completion trailer is missing',
      consequence: 'If PostgreSQL fails now you lose 33 h 59 min of data',
      since: ago(9 * HOUR),
    });
  });

  test('a fault stays until a newer one has been read', () => {
    const verdict = contents(shape({ key: night(1).key, refused: 'it is cut off' }));

    expect(verdict.health).toBe('critical');
    expect(verdict.facts).toContain('Not read yet: postgres_20261121_020004.dump');
  });

  test('before one was read nothing is known, and nobody is woken', () => {
    expect(contents(seen(null))).toMatchObject({
      health: 'unknown',
      text: 'not known: none has been read yet',
      alarms: false,
    });
    expect(() => contents(undefined)).toThrow('no verdict');
  });

  test.each([
    [null, 'AES256', 'critical', 'not encrypted'],
    ['AES256', 'AES256', 'ok', 'AES256'],
    ['aws:kms', 'AES256', 'ok', 'aws:kms'],
    ['AES256', 'aws:kms', 'critical', 'AES256'],
  ] as const)('encryption %s where %s is asked: %s', (algorithm, asked, health, found) => {
    const encryption = algorithm === null ? null : { algorithm, key: null };

    const verdict = contents(shape({ encryption }), 'encryption', { protection: { encryption: asked } });

    expect(verdict.health).toBe(health);
    expect(verdict.text).toBe(`Encryption of postgres_20261121_020004.dump: ${found}; asked ${asked}`);
  });

  test('a place that lists nothing can still tell what was read', () => {
    const { listing: _, ...unlisted } = inventoryOf({ shape: shape() });

    expect(judged('R7', 'contents', { inventory: unlisted }).health).toBe('ok');
  });
});

describe('R8 duration', () => {
  const took = (minutes: readonly (number | null)[], backup = {}, inventory: Partial<Inventory> = {}) => {
    const artifacts = minutes.map((each, index) =>
      night(index, { durationMs: each === null ? null : each * MINUTE }),
    );
    return judged('R8', 'duration', {
      subject: subjectOf(backup),
      inventory: inventoryOf({ listing: seen(listingOf(artifacts)), ...inventory }),
    });
  };

  test('is a warning beyond the plan’s share of the p95', () => {
    expect(took([15, 10, 10, 10, 10, 10])).toMatchObject({ health: 'ok', text: 'Took 15 min, limit 15 min' });
    expect(took([16, 10, 10, 10, 10, 10])).toMatchObject({
      health: 'warning',
      title: 'backup of PostgreSQL takes too long',
      text: 'Took 16 min, limit 15 min',
      consequence: null,
      facts: ['Usually up to 10 min (p95 of 5)'],
    });
    expect(took([16, 10, 10, 10, 10, 10], { alerts: { duration: 2 } }).health).toBe('ok');
  });

  test('with too few to compare only the next slot is a limit', () => {
    const hourly = { schedule: { cron: '0 * * * *' } };

    expect(took([59, 1, 1, 1, 1], hourly).health).toBe('ok');
    expect(took([61, 1, 1, 1, 1], hourly)).toMatchObject({
      health: 'warning',
      consequence: 'The next run begins before this one is done',
    });
    expect(took([999], { schedule: undefined })).toMatchObject({
      health: 'ok',
      text: 'Took 16 h 39 min, too few earlier ones to compare with',
      measure: null,
    });
  });

  test('runs of seconds may take some seconds more', () => {
    expect(took([0.5, 0.1, 0.1, 0.1, 0.1, 0.1]).health).toBe('ok');
  });

  test('a duration that was measured earlier is known although the listing tells none', () => {
    const inventory = { history: nights(6) };

    expect(took([null, null, null, null, null, null], {}, inventory).text).toBe(
      'Took 9 min, limit 13 min 30 s',
    );
  });

  test('the runs tell it where nothing else does', () => {
    const runs = [
      run('running', ago(MINUTE)),
      run('done', ago(2 * HOUR), { endedAt: ago(HOUR) }),
      run('done', ago(3 * HOUR), { endedAt: null }),
      ...[1, 2, 3, 4, 5].map((day) => run('done', night(day).takenAt)),
    ];

    expect(took([null], {}, { jobs: seen(runs) }).text).toBe('Took 1 h, limit 15 min');
  });

  test('without any duration there is nothing to say', () => {
    const inventory = inventoryOf({}, { artifacts: [artifact(ago(HOUR), { durationMs: null })] });

    expect(rulesOf(judge(subjectOf(), inventory, NOW))).not.toContain('R8');
  });
});
