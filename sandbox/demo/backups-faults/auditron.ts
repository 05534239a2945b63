import type { Platform } from '../../watch/platform.ts';
import { atOnce, DAY, type Fault, MINUTE } from './fault.ts';

/** Auditron: dumps, pgBackRest and a write-ahead log of its own. */
export const auditronFaults: readonly Fault[] = [
  {
    rule: 'R9',
    system: 'auditron',
    backup: 'pg-wal',
    object: 'archiver',
    story: 'archive_command fails',
    breaks: (platform, at) => {
      platform.site('pg-wal').ails.stoppedAt = at;
      return new Date(+at + MINUTE);
    },
    mends: (platform, at) => {
      platform.site('pg-wal').ails.stoppedAt = null;
      return at;
    },
    severity: 'critical',
    severeAfter: atOnce,
    says: ['WAL archiver of PostgreSQL fails', /rchive_command failed last at .* no success since/],
    also: [],
  },
  {
    rule: 'R12',
    system: 'auditron',
    backup: 'pg-daily',
    object: 'daily',
    story: 'the dump of two nights before the last is deleted by hand',
    breaks: (platform, at) => {
      const site = platform.site('pg-daily');
      site.ails.deleted = site.done(at)[2]?.name ?? null;
      return at;
    },
    mends: (platform, at) => {
      platform.site('pg-daily').ails.deleted = null;
      return at;
    },
    severity: 'warning',
    severeAfter: atOnce,
    says: [
      'daily backups of PostgreSQL are missing',
      /1 of the last 30 daily backups missing: \d+ \w+; limit 0/,
    ],
    also: [],
  },
  {
    rule: 'R14',
    system: 'auditron',
    backup: 'pg-daily',
    object: 'pg-weekly',
    story: 'a restore test takes longer than the 30 minutes of the RTO',
    breaks: (platform, at) => restoreOnce(platform, at, 3),
    mends: (platform, at) => restoreOnce(platform, at, 1),
    severity: 'critical',
    severeAfter: atOnce,
    says: ['restore test of PostgreSQL took too long', /Restored in 3\d min.*, limit 30 min/],
    also: [],
  },
  {
    rule: 'R8',
    system: 'auditron',
    backup: 'pg-hourly',
    object: 'duration',
    story: 'the next incremental copy takes twice as long as they do',
    breaks: (platform, at) => {
      const site = platform.site('pg-hourly');
      site.ails.durationFactor = 2;
      return site.next(at).storedAt;
    },
    mends: (platform, at) => {
      const site = platform.site('pg-hourly');
      site.ails.durationFactor = 1;
      return site.next(at).storedAt;
    },
    severity: 'warning',
    severeAfter: atOnce,
    says: ['backup of PostgreSQL takes too long', /Took \d+ min.*, limit \d+ min/, /Usually up to 1\d min/],
    also: [],
  },
  {
    rule: 'R6',
    system: 'auditron',
    backup: 'files-daily',
    object: 'size',
    story: "tonight's snapshot of files holds a third of what it should",
    breaks: (platform, at) => {
      const site = platform.site('files-daily');
      site.ails.sizeFactor = 0.33;
      return site.next(at).storedAt;
    },
    mends: (platform, at) => {
      platform.site('files-daily').ails.sizeFactor = 1;
      return platform.runNow('files-daily', at).storedAt;
    },
    severity: 'critical',
    severeAfter: atOnce,
    says: [
      'is smaller than usual',
      /6\d ?% below the middle of the last 7 .*; limit 50 ?%/,
      'only a part of the data',
    ],
    also: [],
  },
  {
    rule: 'R2',
    system: 'auditron',
    backup: 'pg-daily',
    object: 'age',
    story: 'the dump of tonight is not made',
    breaks: (platform, at) => {
      const site = platform.site('pg-daily');
      const [newest] = site.done(at);
      site.ails.idle = true;
      return new Date(+(newest?.takenAt ?? at) + DAY + 30 * MINUTE);
    },
    mends: (platform, at) => {
      platform.site('pg-daily').ails.idle = false;
      return platform.runNow('pg-daily', at).storedAt;
    },
    severity: 'critical',
    // Late after 24 h 30 min, too old after 25 h.
    severeAfter: () => 30 * MINUTE,
    says: ['newest good backup of PostgreSQL is too old', /Age 2\d h( \d+ min)?, limit 25 h/],
    also: ['R1', 'R12'],
  },
];

function restoreOnce(platform: Platform, at: Date, factor: number): Date {
  const [test] = platform.plan.restoreTests;
  if (test === undefined) throw new Error(`${platform.plan.system} has no restore test`);
  return platform.restore(test, at, factor);
}
