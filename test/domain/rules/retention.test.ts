import { describe, expect, test } from 'vitest';
import { type Artifact, type Inventory, seen } from '../../../src/domain/inventory.ts';
import {
  ago,
  artifact,
  backupOf,
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
  subjectOf,
} from './world.ts';

type Changes = Parameters<typeof backupOf>[0];
const OLD = { firstSeenAt: new Date('2010-01-01T00:00:00Z') };

function kept(
  object: string,
  backup: Changes,
  artifacts: readonly Artifact[],
  { now = NOW, subject = OLD as object, inventory = {} as Partial<Inventory> } = {},
) {
  const listing = seen(listingOf(artifacts, backupOf(backup), now));
  return judged('R12', object, {
    subject: subjectOf(backup, subject),
    inventory: inventoryOf({ listing, ...inventory }, { now }),
    now,
  });
}

/** Sundays at 02:00:04, the newest six days ago. */
const sundays = (count: number) => Array.from({ length: count }, (_, index) => night(6 + index * 7));

describe('R12 tiers', () => {
  test('enough of each, without a hole, is healthy', () => {
    const backup = { retention: { daily: 30, weekly: 12, monthly: 12 } };

    for (const object of ['daily', 'weekly', 'monthly']) {
      expect(kept(object, backup, nights(400)).health, object).toBe('ok');
    }
    expect(kept('daily', backup, nights(30)).text).toBe(
      'Every period of the last 30 daily ones that had a slot has its backup',
    );
  });

  test('a tool that deletes the eighth before or after it makes the next is healthy at any time', () => {
    const backup = { retention: { daily: 7 } };
    const tomorrow = (time: string) => ({ now: new Date(`2026-11-22T${time}Z`) });

    expect(kept('daily', backup, nights(7), tomorrow('01:54:00')).health).toBe('ok');
    expect(kept('daily', backup, nights(6), tomorrow('01:56:00')).health).toBe('ok');
    expect(kept('daily', backup, nights(6), tomorrow('02:38:00')).health).toBe('ok');
    expect(kept('daily', backup, nights(6), tomorrow('02:40:00')).health).toBe('warning');
  });

  test('a hole is a warning that names it', () => {
    const verdict = kept('daily', { retention: { daily: 7 } }, [...nights(3), ...nights(9, 4)]);

    expect(verdict).toMatchObject({
      health: 'warning',
      title: 'daily backups of PostgreSQL are missing',
      text: '1 of the last 7 daily backups missing: 18 Nov; limit 0',
      consequence: 'PostgreSQL cannot be restored as it was then',
      measure: { kind: 'count', value: 1, limit: 0, unit: 'count' },
    });
  });

  test.each([
    ['hourly', { hourly: 24 }, '0 * * * *', '20 Nov 18:00'],
    ['weekly', { weekly: 12 }, '0 2 * * 0', 'week of 8 Nov'],
    ['monthly', { monthly: 12 }, '0 2 1 * *', 'Sep 2026'],
    ['yearly', { yearly: 7 }, '0 2 1 1 *', '2024'],
  ] as const)('a hole in the %s ones is found', (tier, retention, cron, hole) => {
    const backup = { retention, schedule: { cron } };
    const all: Readonly<Record<string, readonly Artifact[]>> = {
      hourly: Array.from({ length: 30 }, (_, index) => artifact(ago(index * HOUR))),
      weekly: sundays(14),
      monthly: Array.from({ length: 13 }, (_, index) => artifact(new Date(Date.UTC(2026, 10 - index, 1, 2)))),
      yearly: Array.from({ length: 8 }, (_, index) => artifact(new Date(Date.UTC(2026 - index, 0, 1, 2)))),
    };
    const artifacts = all[tier] ?? [];
    const holed = { hourly: 18, weekly: 1, monthly: 2, yearly: 2 }[tier];

    expect(kept(tier, backup, artifacts).health).toBe('ok');
    expect(
      kept(
        tier,
        backup,
        artifacts.filter((_, index) => index !== holed),
      ).text,
    ).toContain(`missing: ${hole}; limit 0`);
  });

  test('too few of them do not reach back far enough', () => {
    const verdict = kept('daily', { retention: { daily: 30 } }, nights(3));

    expect(verdict.text).toBe(
      'at least 10 of the last 30 daily backups missing: 18 Nov, 17 Nov, 16 Nov and 7 more; limit 0',
    );
  });

  test('a young plan is not blamed for what was before it', () => {
    const backup = { retention: { daily: 30 } };
    const young = { subject: { firstSeenAt: new Date('2026-11-19T12:00:00Z') } };

    expect(kept('daily', backup, nights(2), young).health).toBe('ok');
    expect(kept('daily', backup, nights(1), young).text).toBe(
      '1 of the last 30 daily backups missing: 20 Nov; limit 0',
    );
  });

  test('days without a slot have no backup to miss', () => {
    const workdays = { retention: { daily: 7 }, schedule: { cron: '0 2 * * 1-5' } };
    const artifacts = nights(9).filter(({ takenAt }) => ![0, 6].includes(takenAt.getUTCDay()));

    expect(kept('daily', workdays, artifacts).health).toBe('ok');
  });

  test('twelve months counted as 360 days are twelve months', () => {
    const backup = { retention: { monthly: 12 }, schedule: { cron: '0 2 1 * *' } };
    const now = new Date('2026-11-29T12:00:00Z');
    const months = Array.from({ length: 11 }, (_, index) =>
      artifact(new Date(Date.UTC(2026, 10 - index, 1, 2))),
    );

    expect(kept('monthly', backup, months, { now }).health).toBe('ok');
    expect(kept('monthly', backup, months).health).toBe('warning');
  });

  test('without a schedule every period that is over counts', () => {
    const always = { retention: { daily: 3 }, schedule: undefined };
    const young = { subject: { firstSeenAt: new Date('2026-11-19T12:00:00Z') } };

    expect(kept('daily', always, nights(3, 1)).health).toBe('ok');
    expect(kept('daily', always, [night(2)]).text).toContain('missing: 20 Nov');
    expect(kept('daily', always, [night(1)], young).health).toBe('ok');
  });

  test('what lies in an archive is kept too', () => {
    const backup: Changes = {
      retention: { daily: 9 },
      locations: [...backupOf().locations, { ...COPY, role: 'archive' }],
    };
    const archived = { copies: { far: seen(listingOf(nights(6, 3), backupOf(backup))) } };

    expect(kept('daily', backup, nights(3), { inventory: archived }).health).toBe('ok');
    expect(kept('daily', backup, nights(3)).health).toBe('warning');
    expect(kept('daily', backup, nights(3), { inventory: { copies: { far: lost() } } })).toMatchObject({
      health: 'unknown',
      text: 'not known: the archive cannot be read; 6 of the last 9 daily backups missing: 18 Nov, 17 Nov, 16 Nov and 3 more; limit 0 elsewhere',
    });
  });
});

describe('R12 what must be gone', () => {
  const BACKUP: Changes = { retention: { maxAge: '30d' }, locations: [...backupOf().locations, COPY] };

  test('the oldest may be as old as allowed, and a day for its deletion', () => {
    expect(kept('max-age', BACKUP, [artifact(ago(30.9 * DAY))]).health).toBe('ok');
    expect(kept('max-age', BACKUP, [artifact(ago(31 * DAY + MINUTE)), ...nights(3)])).toMatchObject({
      health: 'warning',
      title: 'backups of PostgreSQL are kept too long',
      text: 'Oldest is 31 d old, limit 30 d and a day for its deletion',
      facts: ['postgres_20261021_115900.dump, taken 21 Oct 11:59 UTC'],
    });
  });

  test('in every place', () => {
    const copies = { far: seen(listingOf([artifact(ago(40 * DAY))])), other: lost() };

    expect(kept('max-age', BACKUP, nights(3), { inventory: { copies } }).health).toBe('warning');
  });

  test('nothing kept is nothing too old', () => {
    expect(kept('max-age', BACKUP, [], { inventory: { history: nights(1) } }).text).toBe('Nothing is kept');
  });
});

describe('R12 storage classes', () => {
  const BACKUP: Changes = { classes: [{ until: '30d', class: 'STANDARD' }, { class: 'GLACIER' }] };

  test('each in that of its age is healthy', () => {
    expect(kept('storage-class', BACKUP, nights(9))).toMatchObject({
      health: 'ok',
      text: 'All are in the storage class of their age',
    });
  });

  test('others are a warning', () => {
    const verdict = kept('storage-class', BACKUP, [
      night(0, { storageClass: 'STANDARD_IA' }),
      ...nights(3, 1),
    ]);

    expect(verdict).toMatchObject({
      health: 'warning',
      text: '1 object in the wrong storage class for their age: postgres_20261121_020004.dump; limit 0',
    });
  });
});
