import type { BackupLine, BackupsModel, Digest, RestoreTestShown } from '../../src/domain/views.ts';
import { HOUR, MINUTE, night } from './sample-alerts.ts';
import type { Texts } from './sample-story.ts';

/** The backups of CARDS §10 at 04:10 of 23 Nov. */
export function backupLine(changes: Partial<BackupLine> = {}): BackupLine {
  return {
    system: 'janua',
    systemName: 'Janua',
    backup: 'pg-daily',
    title: 'daily dump',
    health: 'ok',
    ageMs: 4 * HOUR,
    ageLimitMs: 24 * HOUR,
    lossMs: null,
    text: null,
    sizeTrend: 0.01,
    restored: { at: new Date('2026-11-14T03:00:00Z'), durationMs: 3 * MINUTE },
    lastGoodAt: night('00:10:00'),
    acknowledged: false,
    ...changes,
  };
}

export function sampleLines({ fact }: Partial<Texts> = {}): readonly BackupLine[] {
  return [
    backupLine({ backup: 'config-git' }),
    backupLine({
      backup: 'pg-wal',
      health: 'warning',
      ageMs: 2 * MINUTE,
      ageLimitMs: null,
      text: fact ?? 'no runbook restores from it, so it does not reduce the loss',
      sizeTrend: null,
      restored: null,
    }),
    backupLine({
      health: 'critical',
      ageMs: 26 * HOUR + 10 * MINUTE,
      ageLimitMs: 25 * HOUR,
      lossMs: 26 * HOUR + 10 * MINUTE,
      text: fact ?? 'Age 26 h 10 min, limit 25 h',
      sizeTrend: null,
    }),
    backupLine({
      backup: 'redis-rdb',
      health: 'unknown',
      ageMs: null,
      text: fact ?? 'no answer since 02:40',
      sizeTrend: null,
      restored: null,
      lastGoodAt: new Date('2026-11-22T20:00:00Z'),
    }),
    backupLine({
      system: 'santokit',
      systemName: 'Santokit',
      backup: 'rds-automated',
      health: 'warning',
      ageMs: 6 * MINUTE,
      ageLimitMs: 10 * MINUTE,
      text: fact ?? 'the newest one is 24% larger',
      sizeTrend: 0.24,
      restored: { at: new Date('2026-11-19T03:00:00Z'), durationMs: 34 * MINUTE },
      acknowledged: true,
    }),
  ];
}

export function backupsModel(changes: Partial<BackupsModel> = {}, texts: Partial<Texts> = {}): BackupsModel {
  return {
    now: night('04:10:02'),
    lastRanAt: night('04:10:00'),
    lines: sampleLines(texts),
    healthyShown: false,
    system: null,
    systems: [
      { id: 'janua', name: 'Janua' },
      { id: 'santokit', name: 'Santokit' },
    ],
    ...changes,
  };
}

/** `count` backups, of which every fifth has a problem. */
export function manyLines(count: number, texts: Partial<Texts> = {}): readonly BackupLine[] {
  const [, , broken] = sampleLines(texts);
  return Array.from({ length: count }, (_, index) => {
    const backup = `set-${index + 1}`;
    return index % 5 === 0 && broken !== undefined ? { ...broken, backup } : backupLine({ backup });
  });
}

export function restoreTest(
  changes: Partial<RestoreTestShown['result']> = {},
  withinMs: number | null = HOUR,
): RestoreTestShown {
  return {
    systemName: 'Janua',
    backup: 'pg-daily',
    withinMs,
    result: {
      id: 'RT-1',
      test: 'monthly',
      key: 'postgres_janua_20261122_020003.sql.gz',
      startedAt: night('03:00:00'),
      endedAt: night('03:21:04'),
      outcome: 'done',
      durationMs: 21 * MINUTE + 4_000,
      rows: 214_600,
      lossMs: 4 * MINUTE + 52_000,
      reason: null,
      left: 0,
      ...changes,
    },
  };
}

export function digest(changes: Partial<Digest> = {}, texts: Partial<Texts> = {}): Digest {
  const { fact } = texts;
  return {
    system: 'janua',
    systemName: 'Janua',
    from: new Date('2026-11-16T06:00:00Z'),
    now: night('06:00:00'),
    lastRanAt: night('05:55:00'),
    lines: sampleLines(texts).filter(({ system }) => system === 'janua'),
    alerts: [
      {
        id: 'ALT-12',
        rule: 'R2',
        health: 'critical',
        backup: 'pg-daily',
        title: fact ?? 'newest good backup of PostgreSQL is too old',
        firedAt: night('03:00:00'),
        closedAt: night('04:31:11'),
      },
      {
        id: 'ALT-9',
        rule: 'R13',
        health: 'warning',
        backup: null,
        title: fact ?? 'the bucket is open to the public',
        firedAt: new Date('2026-11-14T06:00:00Z'),
        closedAt: null,
      },
    ],
    tests: [
      restoreTest(),
      restoreTest({ outcome: 'failed', reason: fact ?? 'step 6: audit chain broken at row 18,113' }),
    ],
    sizes: [{ backup: 'pg-daily', bytes: 38_400_000, share: -0.6 }],
    ...changes,
  };
}
