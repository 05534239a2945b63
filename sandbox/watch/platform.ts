import type { Heartbeat } from '../../src/domain/heartbeat.ts';
import {
  type Inventory,
  type JobRun,
  type RegionReadiness,
  type RestoreTestResult,
  type Seen,
  type Shape,
  seen,
} from '../../src/domain/inventory.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Backup, Location, RestoreTest } from '../../src/domain/plan-backup.ts';
import type { SystemLook } from '../../src/domain/rules/index.ts';
import { slotAfter } from '../../src/domain/schedule.ts';
import { wantsProtection } from '../../src/inventory/protection.ts';
import { shapedLocation } from '../../src/inventory/shape.ts';
import type { Looked } from '../../src/jobs/watch.ts';
import { about, noise } from './noise.ts';
import { createSite, type Made, type Site } from './site.ts';
import { protectionOf, rdsOf, standbyOf, walOf } from './tools.ts';

const MINUTE = 60_000;
/** What Kubernetes keeps of a CronJob's runs, and a little more. */
const RUNS_KEPT = 12;

/** What can be wrong with a system as a whole. */
interface SystemAils {
  region: Partial<RegionReadiness>;
  uncovered: { kind: 'database' | 'volume'; name: string; where: string }[];
  /** Since when the standby replays nothing. */
  standbyPausedAt: Date | null;
}

/** What a platform tells the bot by itself. */
export interface Told {
  readonly heartbeats: readonly Heartbeat[];
  readonly tests: readonly (RestoreTestResult & { readonly backup: string })[];
}

export type Platform = ReturnType<typeof createPlatform>;

/**
 * One simulated platform: for each backup of its plan what the sources would answer at a moment, and faults that are switched
 * on and off. It has no clock and no chance of its own. RDS, AWS Backup and Elasticsearch, which the bot does not read yet,
 * answer as recorded inventories do; the other places that nothing reads answer as they do in earnest.
 */
export function createPlatform(plan: Plan, beginsAt: Date) {
  const { system } = plan;
  const sites = new Map(plan.backups.map((backup) => [backup.id, createSite(system, backup, beginsAt)]));
  const ails: SystemAils = { region: {}, uncovered: [], standbyPausedAt: null };
  const failedRuns = new Map<string, JobRun[]>();
  let heartbeats: Heartbeat[] = [];
  let tests: (RestoreTestResult & { backup: string })[] = [];
  let ranUntil = beginsAt;

  function site(backup: string): Site {
    const found = sites.get(backup);
    if (found === undefined) throw new Error(`${system} has no backup "${backup}"`);
    return found;
  }

  /** Lets time pass: producers and restore tests run at their slots. */
  function runUntil(now: Date): void {
    for (const each of sites.values()) for (const made of each.runUntil(now)) tell(each.backup, made);
    for (const test of plan.restoreTests) {
      const slot = test.schedule && slotAfter(test.schedule, ranUntil);
      if (slot !== undefined && slot <= now) restore(test, slot);
    }
    ranUntil = now;
  }

  /** A run by hand, beside the schedule; what it makes is whole at `storedAt`. */
  function runNow(backup: string, at: Date): Made {
    const made = site(backup).make(at);
    tell(site(backup).backup, made);
    return made;
  }

  /** The words of a producer on one run; each is heard once its time has come (`takeTold`). */
  function tell({ id: backup, heartbeat }: Backup, { startedAt, storedAt, tookMs, bytes, name }: Made): void {
    const word = { system, backup, run: name, reason: null };
    if (heartbeat?.token !== undefined)
      heartbeats.push(
        { ...word, from: 'heartbeat', state: 'start', at: startedAt, bytes: null, durationMs: null },
        { ...word, from: 'heartbeat', state: 'success', at: storedAt, bytes, durationMs: tookMs },
      );
    if (heartbeat?.sns !== undefined)
      heartbeats.push({
        ...word,
        from: 'sns',
        state: 'success',
        at: storedAt,
        bytes: null,
        durationMs: null,
      });
  }

  /** A restore test that begins at a moment and takes a factor of what it usually does. */
  function restore(test: RestoreTest, startedAt: Date, factor = 1): Date {
    const backup = site(test.backup);
    const [newest] = backup.done(startedAt);
    const usual = (test.within ?? plan.objectives.rto) * 0.4;
    const durationMs = Math.round(usual * factor * about(0.1, system, test.id, +startedAt));
    const endedAt = new Date(+startedAt + durationMs);
    tests.push({
      id: `${system}/${test.id}/${startedAt.toISOString()}`,
      test: test.id,
      backup: test.backup,
      key: newest?.key ?? null,
      startedAt,
      endedAt,
      outcome: 'done',
      durationMs,
      rows: 200_000 + Math.round(noise(system, +startedAt) * 20_000),
      lossMs: newest === undefined ? null : +startedAt - +newest.takenAt,
      reason: null,
      left: 0,
    });
    return endedAt;
  }

  function backup({ id }: Backup, now: Date): Looked {
    const each = site(id);
    const { locations, producer } = each.backup;
    const [first, ...others] = locations;
    if (first === undefined) throw new Error(`${id} has no location`);
    if (first.source === 'pg-archiver') return { at: now, wal: seen(walOf(system, each.ails, now)) };
    if (first.source === 'rds' && each.backup.schedule === undefined)
      return { at: now, rds: seen(rdsOf(each, system, now)) };
    const { unreadable } = each.ails;
    const lost = unreadable && ({ state: 'unreadable', ...unreadable } as const);
    const copies = others.map((location) => [location.id, listed(each, location, now)] as const);
    return {
      at: now,
      listing: lost ?? listed(each, first, now),
      ...(copies.length > 0 && { copies: Object.fromEntries(copies) }),
      ...(tellsRuns(each.backup) && { jobs: seen(runsOf(each, now, producer?.kind)) }),
      ...(shapedLocation(each.backup) && { shape: lost ?? shapeOf(each, now) }),
      ...(wantsProtection(each.backup) && { protection: lost ?? seen(protectionOf(each, now)) }),
    };
  }

  /** The runs its platform or its tool knows of, newest first. */
  function runsOf(each: Site, now: Date, kind: string | undefined): readonly JobRun[] {
    const from = kind === 'cronJob' ? 'cronJob' : 'tool';
    const done = each.done(now).slice(0, RUNS_KEPT);
    const runs = done.map(
      ({ name, startedAt, storedAt, bytes }): JobRun => ({
        id: name,
        from,
        state: 'done',
        startedAt,
        endedAt: storedAt,
        bytes: from === 'tool' ? bytes : null,
        reason: null,
      }),
    );
    return [...runs, ...(failedRuns.get(each.backup.id) ?? [])].sort((a, b) => +b.startedAt - +a.startedAt);
  }

  /** A run that fails after a minute and leaves nothing. */
  function failRun(id: string, at: Date, reason: string): Date {
    const endedAt = new Date(+at + MINUTE);
    const run = { id: `failed ${at.toISOString()}`, state: 'failed', bytes: null, reason } as const;
    failedRuns.set(id, [{ ...run, from: 'cronJob', startedAt: at, endedAt }]);
    return endedAt;
  }

  function around(now: Date): SystemLook {
    const { postgres, volumes } = plan.watch.coverage;
    const standbys = plan.components.flatMap(({ id, standby }) =>
      standby === undefined ? [] : [[id, seen(standbyOf(system, ails.standbyPausedAt, now))] as const],
    );
    return {
      standbys: Object.fromEntries(standbys),
      ...(plan.drRegion && { region: seen({ ...readyRegion(plan), ...ails.region }) }),
      ...(postgres.length + volumes.length > 0 && { coverage: seen({ uncovered: ails.uncovered }) }),
    };
  }

  return {
    plan,
    ails,
    site,
    runUntil,
    runNow,
    restore,
    failRun,
    backup,
    around,
    /** What it told since it was last asked, as far as that has come. */
    takeTold: (now: Date): Told => {
      const told = {
        heartbeats: heartbeats.filter(({ at }) => at <= now),
        tests: tests.filter(({ endedAt }) => endedAt <= now),
      };
      heartbeats = heartbeats.filter(({ at }) => at > now);
      tests = tests.filter(({ endedAt }) => endedAt > now);
      return told;
    },
  };
}

/** Places that are listed, in earnest or as recorded. */
const LISTED: readonly Location['source'][] = [
  's3',
  'directory',
  'pgbackrest',
  'redis',
  'rds',
  'aws-backup',
  'elasticsearch',
];

function listed(each: Site, location: Location, now: Date): NonNullable<Inventory['listing']> {
  if (each.backup.schedule === undefined || !LISTED.includes(location.source))
    return { state: 'unreadable', cause: 'no-source', reason: `no source yet: ${location.source}` };
  return seen(each.list(now, location === each.backup.locations[0] ? undefined : location));
}

function tellsRuns({ producer, locations: [first] }: Backup): boolean {
  return producer?.kind === 'cronJob' || first?.source === 'pgbackrest' || first?.source === 'redis';
}

/** The newest, as it reads from inside. */
function shapeOf(each: Site, now: Date): Seen<Shape | null> {
  const [newest] = each.done(now);
  if (newest === undefined) return seen(null);
  const { encryption, key = null } = each.backup.protection;
  return seen({
    key: newest.key,
    readAt: newest.storedAt,
    format: newest.refused === null ? 'plain' : null,
    refused: newest.refused,
    encryption: encryption === undefined ? null : { algorithm: encryption, key },
  });
}

function readyRegion({ drRegion }: Plan): RegionReadiness {
  return {
    health: drRegion?.health === undefined ? null : 'ok',
    healthReason: null,
    missingImages: [],
    missingSecrets: [],
    dnsWritable: drRegion?.dnsZone === undefined ? null : true,
    capacity: null,
  };
}
