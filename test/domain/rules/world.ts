import type { z } from 'zod';
import type {
  Artifact,
  Inventory,
  JobRun,
  Listing,
  RestoreTestResult,
  Seen,
} from '../../../src/domain/inventory.ts';
import { seen } from '../../../src/domain/inventory.ts';
import { createListing } from '../../../src/domain/listing.ts';
import { Backup, RestoreTest } from '../../../src/domain/plan-backup.ts';
import { judge, type Subject } from '../../../src/domain/rules/index.ts';
import type { RuleId, Verdict } from '../../../src/domain/verdict.ts';

/** A healthy backup of a database that is dumped each night at 02:00 UTC, seen at noon; tests break one thing of it. */

export const NOW = new Date('2026-11-21T12:00:00Z');
export const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
export const MB = 1_000_000;

export function ago(ms: number, from = NOW): Date {
  return new Date(from.getTime() - ms);
}

type BackupChanges = Partial<z.input<typeof Backup>>;

export function backupOf(changes: BackupChanges = {}): Backup {
  return Backup.parse({
    id: 'pg-daily',
    component: 'postgres',
    kind: 'logical',
    schedule: { cron: '0 2 * * *' },
    locations: [
      {
        id: 'bucket',
        role: 'primary',
        failureDomain: 'eu-west-1',
        source: 's3',
        connection: 'backups',
        prefix: 'daily/',
      },
    ],
    namePattern: 'postgres_{YYYYmmdd_HHMMSS}.dump',
    alerts: { age: '25h' },
    ...changes,
  });
}

/** A second place in another region. */
export const COPY = {
  id: 'far',
  role: 'copy',
  failureDomain: 'us-west-2',
  source: 's3',
  connection: 'copies',
  prefix: 'daily/',
} as const;

export function testOf(changes: Partial<z.input<typeof RestoreTest>> = {}): RestoreTest {
  return RestoreTest.parse({
    id: 'weekly',
    title: 'Restore the newest dump',
    backup: 'pg-daily',
    schedule: { cron: '0 3 * * 0' },
    ...changes,
  });
}

export function subjectOf(backup: BackupChanges = {}, changes: Partial<Subject> = {}): Subject {
  return {
    system: 'janua',
    systemName: 'Janua',
    backup: backupOf(backup),
    component: { id: 'postgres', name: 'PostgreSQL', objectives: { rto: HOUR, rpo: 24 * HOUR } },
    restorable: true,
    firstSeenAt: ago(90 * DAY),
    tests: [],
    ...changes,
  };
}

export function artifact(takenAt: Date, changes: Partial<Artifact> = {}): Artifact {
  const digits = takenAt.toISOString().replace(/\D/g, '');
  return {
    key: `daily/postgres_${digits.slice(0, 8)}_${digits.slice(8, 14)}.dump`,
    takenAt,
    storedAt: new Date(takenAt.getTime() + 10 * MINUTE),
    bytes: 38.2 * MB,
    durationMs: 9 * MINUTE,
    storageClass: 'STANDARD',
    ...changes,
  };
}

/** One each night at 02:00:04, newest first; `night(0)` is today's. */
export function night(index: number, changes: Partial<Artifact> = {}): Artifact {
  return artifact(new Date(Date.UTC(2026, 10, 21 - index, 2, 0, 4)), changes);
}

export function nights(count: number, from = 0): readonly Artifact[] {
  return Array.from({ length: count }, (_, index) => night(from + index));
}

/** In which `now` a listing is folded matters: what is dated after it is no backup. */
export function listingOf(artifacts: readonly Artifact[], backup = backupOf(), now = NOW): Listing {
  const listing = createListing(backup, now);
  for (const each of artifacts) listing.add(each);
  return listing.done();
}

export function inventoryOf(
  changes: Partial<Inventory> = {},
  { artifacts = nights(40), backup = backupOf(), now = NOW } = {},
): Inventory {
  return {
    at: now,
    listing: seen(listingOf(artifacts, backup, now)),
    history: [],
    restoreTests: [],
    ...changes,
  };
}

export function run(state: JobRun['state'], startedAt: Date, changes: Partial<JobRun> = {}): JobRun {
  return {
    id: `${state}-${startedAt.toISOString()}`,
    from: 'cronJob',
    state,
    startedAt,
    endedAt: state === 'running' ? null : new Date(startedAt.getTime() + 10 * MINUTE),
    bytes: null,
    reason: state === 'failed' ? 'exit code 1' : null,
    ...changes,
  };
}

export function result(endedAt: Date, changes: Partial<RestoreTestResult> = {}): RestoreTestResult {
  return {
    id: `RT-${endedAt.toISOString()}`,
    test: 'weekly',
    key: night(0).key,
    startedAt: new Date(endedAt.getTime() - 20 * MINUTE),
    endedAt,
    outcome: 'done',
    durationMs: 20 * MINUTE,
    rows: 214_600,
    lossMs: 2 * HOUR,
    reason: null,
    left: 0,
    ...changes,
  };
}

export function lost(
  cause: Extract<Seen<never>, { state: 'unreadable' }>['cause'] = 'denied',
): Extract<Seen<never>, { state: 'unreadable' }> {
  return { state: 'unreadable', cause, reason: 'AccessDenied: s3:ListBucket' };
}

/** The one verdict of a rule on an object; fails the test when there is none. */
export function verdictOf(verdicts: readonly Verdict[], rule: RuleId, object?: string): Verdict {
  const found = verdicts.find(
    (verdict) => verdict.rule === rule && (object ?? verdict.object) === verdict.object,
  );
  if (found === undefined) throw new Error(`no verdict of ${rule} on ${object ?? 'anything'}`);
  return found;
}

/** Judges and takes one verdict. */
export function judged(
  rule: RuleId,
  object: string,
  {
    subject = subjectOf(),
    inventory = inventoryOf(),
    now = NOW,
  }: { subject?: Subject; inventory?: Inventory; now?: Date },
): Verdict {
  return verdictOf(judge(subject, inventory, now), rule, object);
}

export function rulesOf(verdicts: readonly Verdict[]): readonly string[] {
  return [...new Set(verdicts.map(({ rule }) => rule))];
}
