import { type Alert, isAnswered } from '../domain/alert.ts';
import { durationText } from '../domain/duration.ts';
import type { RestoreTestResult, Sample } from '../domain/inventory.ts';
import type { Backup, Plan } from '../domain/plan.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Health, Verdict } from '../domain/verdict.ts';
import type { BackupLine, BackupsModel, TestChoice } from '../domain/views.ts';
import { isStale } from '../domain/watch-slot.ts';
import { databaseNow } from '../store/aggregates.ts';
import { alertsSince } from '../store/alerts.ts';
import { plansInForce } from '../store/documents.ts';
import { restoreTestsOf } from '../store/restore-tests.ts';
import { roundsOf, type StandingRow, samplesOf, standingsOf } from '../store/watch.ts';
import type { Deps } from './deps.ts';

export type Backups = ReturnType<typeof createBackups>;

const RANK: Record<Health, number> = { ok: 0, warning: 1, unknown: 2, critical: 3 };
/** The newest and the seven it is measured by (R6). */
const MEASURED = 8;

/** How all backups stand, as the last round of the watch left them. */
export function createBackups({ db }: Pick<Deps, 'db'>) {
  async function screen(system: string | null, healthyShown: boolean): Promise<BackupsModel | Refusal> {
    const plans = (await plansInForce(db)).map(({ plan }) => plan);
    const named = system === null ? plans : plans.filter((plan) => plan.system === system);
    if (system !== null && named.length === 0)
      return refuse('unknown-system', { system, systems: plans.map((plan) => plan.system).join(', ') });
    const now = await databaseNow(db);
    const open = (await alertsSince(db, now, system)).filter(({ state }) => state === 'open');
    const rounds = await roundsOf(db);
    const lines: BackupLine[] = [];
    for (const plan of named) lines.push(...(await linesOf(plan, open, now)));
    const ran = named.flatMap((plan) => rounds.get(plan.system)?.finishedAt ?? []);
    return {
      now,
      lastRanAt: ran.toSorted((a, b) => a.getTime() - b.getTime()).at(0) ?? null,
      lines,
      healthyShown,
      system,
      systems: plans.map(({ system: id, name }) => ({ id, name })),
    };
  }

  async function linesOf(plan: Plan, open: readonly Alert[], now: Date): Promise<readonly BackupLine[]> {
    const standings = new Map((await standingsOf(db, plan.system)).map((row) => [row.backup, row]));
    const samples = await samplesOf(db, plan.system, MEASURED);
    const tests = await restoreTestsOf(db, plan.system);
    return plan.backups.map((backup) =>
      lineOf(plan, backup, {
        standing: standings.get(backup.id),
        samples: samples.get(backup.id) ?? [],
        tests: tests.get(backup.id) ?? [],
        alerts: open.filter((alert) => alert.system === plan.system && alert.backup === backup.id),
        now,
      }),
    );
  }

  /** Restore tests that can be asked for, with when each was last made. */
  async function tests(system: string | null): Promise<readonly TestChoice[]> {
    const choices: TestChoice[] = [];
    for (const { plan } of await plansInForce(db)) {
      if (system !== null && plan.system !== system) continue;
      const made = await restoreTestsOf(db, plan.system);
      for (const { id, title, backup } of plan.restoreTests) {
        const last = made.get(backup)?.find(({ test }) => test === id);
        choices.push({
          system: plan.system,
          systemName: plan.name,
          test: id,
          title,
          backup,
          lastAt: last?.endedAt ?? null,
        });
      }
    }
    return choices;
  }

  return { screen, tests };
}

interface Known {
  readonly standing: StandingRow | undefined;
  readonly samples: readonly Sample[];
  readonly tests: readonly RestoreTestResult[];
  readonly alerts: readonly Alert[];
  readonly now: Date;
}

/** A backup nobody has looked at yet is not known, never ok. */
function lineOf(plan: Plan, backup: Backup, { standing, samples, tests, alerts, now }: Known): BackupLine {
  const verdicts = standing?.verdicts ?? [];
  const isOld = standing !== undefined && isStale(standing.at, plan.watch.every, now);
  const worst = tellingOf(verdicts).reduce<Verdict | undefined>(
    (worse, verdict) => (worse === undefined || RANK[verdict.health] > RANK[worse.health] ? verdict : worse),
    undefined,
  );
  const takenAt = samples.find(({ refused }) => refused !== true)?.takenAt ?? null;
  const loss = verdicts.find(({ rule, measure }) => rule === 'R3' && measure?.kind === 'loss')?.measure;
  const restored = tests.find(({ outcome }) => outcome === 'done');
  return {
    system: plan.system,
    systemName: plan.name,
    backup: backup.id,
    title: backup.title ?? backup.id,
    health: isOld ? 'unknown' : (worst?.health ?? 'unknown'),
    ageMs: takenAt === null ? null : Math.max(0, now.getTime() - takenAt.getTime()),
    ageLimitMs: backup.alerts.age ?? null,
    lossMs:
      loss == null || standing === undefined ? null : loss.value + now.getTime() - standing.at.getTime(),
    text: isOld
      ? `not looked at for ${durationText(now.getTime() - standing.at.getTime())}`
      : worst === undefined
        ? 'not looked at yet'
        : textOf(worst),
    sizeTrend: trendOf(samples),
    restored: restored === undefined ? null : { at: restored.endedAt, durationMs: restored.durationMs },
    lastGoodAt: takenAt,
    // While one alert still calls people, nobody may think that all is in somebody's hands.
    acknowledged: alerts.length > 0 && alerts.every(isAnswered),
  };
}

/** What nothing reads yet, and wakes nobody, hides nothing else that is known of a backup. */
function tellingOf(verdicts: readonly Verdict[]): readonly Verdict[] {
  const telling = verdicts.filter(({ health, alarms }) => health !== 'unknown' || alarms);
  return telling.length === 0 ? verdicts : telling;
}

/** Of what is not known the reason alone: that it is not known stands before it. */
function textOf({ health, title, text }: Verdict): string | null {
  if (health === 'ok') return null;
  return health === 'unknown' ? text.replace(/^not known: /, '') : `${title}: ${text}`;
}

function trendOf([newest, ...earlier]: readonly Sample[]): number | null {
  const sizes = earlier.map(({ bytes }) => bytes).sort((a, b) => a - b);
  const middle = sizes[Math.floor(sizes.length / 2)];
  return newest === undefined || middle === undefined || middle === 0 ? null : newest.bytes / middle - 1;
}
