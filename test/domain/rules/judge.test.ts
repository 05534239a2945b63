import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Artifact,
  type Inventory,
  type Seen,
  seen,
  type Unreadable,
} from '../../../src/domain/inventory.ts';
import type { Backup } from '../../../src/domain/plan-backup.ts';
import { judge, type Subject } from '../../../src/domain/rules/index.ts';
import { slotAfter } from '../../../src/domain/schedule.ts';
import type { RuleId, Verdict } from '../../../src/domain/verdict.ts';
import { check } from '../seed.ts';
import {
  ago,
  artifact,
  backupOf,
  COPY,
  DAY,
  HOUR,
  listingOf,
  lost,
  MB,
  MINUTE,
  NOW,
  night,
  nights,
  result,
  run,
  subjectOf,
  testOf,
} from './world.ts';

/** Everything a plan can ask of one backup. */
const ALL: Parameters<typeof backupOf>[0] = {
  locations: [...backupOf().locations, COPY],
  retention: { daily: 7, maxAge: '90d' },
  classes: [{ class: 'STANDARD' }],
  protection: { versioning: true, encryption: 'AES256', publicAccess: 'blocked' },
  heartbeat: { token: 'beat', every: '1d' },
};

const SUBJECT: Subject = subjectOf(ALL, {
  tests: [testOf()],
  component: {
    id: 'postgres',
    name: 'PostgreSQL',
    objectives: { rto: HOUR, rpo: 2 * HOUR },
    standby: { connection: 'b', slot: 'b', maxLag: { bytes: MB, time: MINUTE } },
  },
});

/** All parts of an inventory at once, healthy. */
function wholeOf(artifacts: readonly Artifact[], now = NOW): Inventory {
  return {
    at: now,
    listing: seen(listingOf(artifacts, SUBJECT.backup, now)),
    copies: { far: seen(listingOf(artifacts, SUBJECT.backup, now)) },
    jobs: seen([run('done', night(0).takenAt), run('done', night(0).takenAt, { from: 'heartbeat' })]),
    shape: seen({
      key: night(0).key,
      readAt: NOW,
      format: 'custom',
      refused: null,
      encryption: { algorithm: 'AES256', key: null },
    }),
    wal: seen({
      lastArchivedAt: ago(MINUTE, now),
      lastFailedAt: null,
      failedCount: 0,
      ready: 1,
      gap: null,
      timeline: 1,
      archiveTimeline: 1,
      slotBytes: 1,
      slotActive: true,
    }),
    rds: seen({ latestRestorableAt: ago(MINUTE, now), retentionDays: 35, replicaLagMs: 1, snapshots: [] }),
    standby: seen({ receiving: true, bytes: 1, ms: 1, slotActive: true }),
    protection: seen({
      versioning: true,
      lock: null,
      encryption: { algorithm: 'AES256', key: null },
      keyTurnedAt: null,
      publicAccess: 'blocked',
      writerDelete: null,
    }),
    history: [],
    restoreTests: [result(ago(DAY))],
  };
}

const BERLIN = 'Europe/Berlin';

const healths = (verdicts: readonly Verdict[]) =>
  verdicts.map(({ rule, object, health }) => `${rule} ${object} ${health}`);

const anyNights = fc
  .subarray(Array.from({ length: 16 }, (_, index) => index))
  .map((indexes) => indexes.map((index) => night(index)));
/** Far enough from every limit of a daily backup that two minutes cross none. */
const anyNoon = fc
  .integer({ min: 4 * 60, max: 23 * 60 })
  .map((minute) => new Date(Date.UTC(2026, 10, 21, 0, minute)));

test('a healthy backup has a healthy verdict of every rule', () => {
  const verdicts = judge(SUBJECT, wholeOf(nights(16)), NOW);

  expect(verdicts.filter(({ health }) => health !== 'ok')).toEqual([]);
  expect(new Set(verdicts.map(({ rule }) => rule)).size).toBe(16);
});

describe('whatever is seen', () => {
  test('the order of the listing changes no verdict', () => {
    check(
      fc.property(
        anyNights.chain((some) =>
          fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
        ),
        ([some, shuffled]) => {
          expect(judge(SUBJECT, wholeOf(shuffled), NOW)).toEqual(judge(SUBJECT, wholeOf(some), NOW));
        },
      ),
      { seed: 4, runs: 100 },
    );
  });

  test('an artifact listed twice changes no verdict', () => {
    check(
      fc.property(
        anyNights.chain((some) => fc.tuple(fc.constant(some), fc.subarray(some))),
        ([some, again]) => {
          const twice = { ...wholeOf([...again, ...some]), history: again };

          expect(judge(SUBJECT, twice, NOW)).toEqual(
            judge(SUBJECT, { ...wholeOf(some), history: again }, NOW),
          );
        },
      ),
      { seed: 5, runs: 100 },
    );
  });

  test('a clock that is off by two minutes changes no verdict', () => {
    check(
      fc.property(anyNights, anyNoon, fc.integer({ min: -2 * MINUTE, max: 2 * MINUTE }), (some, now, off) => {
        const moved = new Date(now.getTime() + off);
        // The ages of what is archived all the time are limited by minutes.
        const { wal: _, rds: __, ...inventory } = wholeOf(some, now);

        expect(healths(judge(SUBJECT, inventory, moved))).toEqual(healths(judge(SUBJECT, inventory, now)));
      }),
      { seed: 6, runs: 200 },
    );
  });

  test('a clock that was put back makes no number negative', () => {
    check(
      fc.property(anyNights, fc.integer({ min: 0, max: 3 * DAY }), (some, back) => {
        const verdicts = judge(SUBJECT, wholeOf(some), ago(back));

        expect(
          verdicts.filter(({ measure, text }) => (measure?.value ?? 0) < 0 || /-\d|NaN|Infinity/.test(text)),
        ).toEqual([]);
      }),
      { seed: 7, runs: 200 },
    );
  });

  test('what could not be read is never healthy', () => {
    const readers: Readonly<Record<string, readonly RuleId[]>> = {
      listing: ['R1', 'R2', 'R6', 'R8', 'R11', 'R12', 'R17'],
      copies: [],
      jobs: ['R5'],
      shape: ['R7'],
      wal: ['R3', 'R9'],
      rds: ['R10'],
      standby: ['R15'],
      protection: ['R13'],
    };
    const causes = [
      'denied',
      'gone',
      'wrong-region',
      'throttled',
      'unreachable',
      'timeout',
      'malformed',
      'no-source',
    ] as const;
    check(
      fc.property(
        fc.subarray(Object.keys(readers), { minLength: 1 }),
        fc.constantFrom(...causes),
        (parts, cause: Unreadable) => {
          const gone: Seen<never> = lost(cause);
          const unread = Object.fromEntries(
            parts.map((part) => [part, part === 'copies' ? { far: gone } : gone]),
          );

          const verdicts = judge(SUBJECT, { ...wholeOf(nights(16)), ...unread }, NOW);

          const rules = parts.flatMap((part) => readers[part] ?? []);
          const bad = verdicts.filter(({ rule, health }) => rules.includes(rule) && health !== 'unknown');
          expect(bad).toEqual([]);
          expect(verdicts.some(({ rule, health }) => rule === 'R4' && health === 'unknown')).toBe(true);
          expect(
            verdicts.every(
              ({ health, alarms }) => health !== 'unknown' || alarms === (cause !== 'no-source'),
            ),
          ).toBe(true);
        },
      ),
      { seed: 8, runs: 200 },
    );
  });

  test('each object of a rule has one verdict, in sentences that a card can show', () => {
    check(
      fc.property(anyNights, anyNoon, (some, now) => {
        const verdicts = judge(SUBJECT, wholeOf(some, now), now);

        expect(new Set(verdicts.map(({ rule, object }) => `${rule} ${object}`)).size).toBe(verdicts.length);
        for (const { title, text, consequence, facts, health } of verdicts) {
          expect([title, text, consequence ?? ''].filter((said) => said.endsWith('.'))).toEqual([]);
          expect(facts.length).toBeLessThanOrEqual(6);
          if (health === 'ok') expect(consequence).toBeNull();
          if (health === 'unknown') expect(text).toMatch(/^not known: /);
        }
      }),
      { seed: 9, runs: 100 },
    );
  });
});

describe('thirty healthy days raise no alarm', () => {
  /** What the plan says, and after how many days the store deletes. */
  const PLANS: readonly (readonly [string, Parameters<typeof backupOf>[0], number])[] = [
    ['a daily dump under an RPO of 5 minutes', { retention: { daily: 30, weekly: 12, monthly: 12 } }, 99],
    ['an hourly export', { schedule: { cron: '0 * * * *' }, alerts: {}, retention: { hourly: 48 } }, 2],
    [
      'every six hours',
      { schedule: { cron: '0 */6 * * *' }, alerts: { age: '7h' }, retention: { daily: 7 } },
      7,
    ],
    [
      'a night in Berlin',
      { schedule: { cron: '30 1 * * *', timeZone: BERLIN }, retention: { daily: 14 } },
      14,
    ],
    [
      'a clock change at the run',
      { schedule: { cron: '30 2 * * *', timeZone: BERLIN }, alerts: { age: '26h' } },
      9,
    ],
    [
      'working days',
      { schedule: { cron: '0 22 * * 1-5' }, alerts: {}, retention: { daily: 7, weekly: 4 } },
      29,
    ],
    ['weekly', { schedule: { cron: '0 3 * * 0' }, alerts: {}, retention: { weekly: 4 } }, 28],
  ];

  test.each(PLANS)('%s', (_, changes, keptDays) => {
    const subject = subjectOf(changes, {
      component: { id: 'postgres', name: 'PostgreSQL', objectives: { rto: HOUR, rpo: 5 * MINUTE } },
      firstSeenAt: new Date('2026-10-01T09:30:00Z'),
    });
    const all = runsOf(subject.backup, new Date('2026-08-14T00:00:00Z'), new Date('2026-11-03T00:00:00Z'));

    const alarms: string[] = [];
    for (let ms = Date.UTC(2026, 9, 3); ms < Date.UTC(2026, 10, 2); ms += 35 * MINUTE) {
      const now = new Date(ms);
      const there = all.filter(
        ({ takenAt, storedAt }) => storedAt <= now && takenAt > ago(keptDays * DAY, now),
      );
      const listing = seen(listingOf(there, subject.backup, now));
      for (const verdict of judge(subject, { at: now, listing, history: [], restoreTests: [] }, now)) {
        if (verdict.health !== 'ok') alarms.push(`${now.toISOString()} ${verdict.rule}: ${verdict.text}`);
      }
    }

    expect(alarms).toEqual([]);
  });
});

/** A run at each slot, late by some seconds and longer or shorter by some minutes, growing slowly. */
function runsOf({ schedule }: Backup, from: Date, until: Date): readonly Artifact[] {
  if (schedule === undefined) throw new Error('it needs a schedule');
  const runs: Artifact[] = [];
  for (let slot = slotAfter(schedule, from); slot < until; slot = slotAfter(schedule, slot)) {
    const number = runs.length;
    const takenAt = new Date(slot.getTime() + (number % 7) * 3_000);
    const durationMs = (6 + (number % 5)) * MINUTE;
    const storedAt = new Date(takenAt.getTime() + durationMs);
    runs.push(artifact(takenAt, { storedAt, durationMs, bytes: (38 + number * 0.01) * MB }));
  }
  return runs;
}
