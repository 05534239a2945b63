import { atOnce, DAY, type Fault, HOUR, MINUTE } from './fault.ts';

/** Janua: what a restore would take from the one bucket and its copy. */
export const januaFaults: readonly Fault[] = [
  {
    rule: 'R16',
    system: 'janua',
    backup: null,
    object: 'health',
    story: 'the health check of us-west-2 answers 503',
    breaks: ({ ails }, at) => {
      ails.region = { health: 'failing', healthReason: 'GET /health answered 503' };
      return at;
    },
    mends: ({ ails }, at) => {
      ails.region = {};
      return at;
    },
    severity: 'critical',
    severeAfter: atOnce,
    says: ['recovery region us-west-2 is not ready: health', 'Health failing, asked ok', 'cannot be moved'],
    also: [],
  },
  {
    rule: 'R11',
    system: 'janua',
    backup: 'pg-daily',
    object: 'west',
    story: 'a dump is made by hand, and the copy to us-west-2 stalls',
    breaks: (platform, at) => {
      platform.site('pg-daily').ails.notCopied = true;
      return new Date(+platform.runNow('pg-daily', at).storedAt + HOUR);
    },
    mends: (platform, at) => {
      const { ails, copyAll } = platform.site('pg-daily');
      ails.notCopied = false;
      copyAll(at);
      return new Date(+at + 8 * MINUTE);
    },
    severity: 'critical',
    severeAfter: atOnce,
    says: ['is missing in "west"', /is not there after .* limit 1 h/, 'If the first place is lost'],
    also: [],
  },
  {
    rule: 'R17',
    system: 'janua',
    backup: 'pg-daily',
    object: 'thaw',
    story: 'the newest dump is moved to DEEP_ARCHIVE',
    breaks: (platform, at) => {
      const [newest] = platform.site('pg-daily').done(at);
      if (newest !== undefined) newest.moved = 'DEEP_ARCHIVE';
      return at;
    },
    mends: (platform, at) => {
      for (const made of platform.site('pg-daily').done(at)) made.moved = null;
      return at;
    },
    severity: 'warning',
    severeAfter: atOnce,
    says: ['cannot be read within the RTO', /in DEEP_ARCHIVE: 12 h( \d+ min)? to thaw and fetch, RTO 1 h/],
    also: ['R12'],
  },
  {
    rule: 'R5',
    system: 'janua',
    backup: 'pg-daily',
    object: 'job',
    story: 'a run of the CronJob, started by hand, fails',
    breaks: (platform, at) =>
      platform.failRun('pg-daily', at, 'pg_dump: error: connection to server was lost'),
    mends: (platform, at) => platform.runNow('pg-daily', at).storedAt,
    severity: 'critical',
    severeAfter: atOnce,
    says: ['backup job of PostgreSQL failed', 'connection to server was lost', 'Told by the CronJob'],
    also: [],
  },
  {
    rule: 'R3',
    system: 'janua',
    backup: 'pg-daily',
    object: 'loss',
    story: "tonight's dump is cut off, so that the newest that can be restored is last night's",
    breaks: (platform, at) => {
      const site = platform.site('pg-daily');
      const [newest] = site.done(at);
      site.ails.refused = 'the gzip ends too early';
      // 24 h 30 min after the last whole one, because the schedule cannot do better: its interval and its grace.
      return new Date(+(newest?.takenAt ?? at) + DAY + 30 * MINUTE);
    },
    mends: (platform, at) => {
      platform.site('pg-daily').ails.refused = null;
      return platform.runNow('pg-daily', at).storedAt;
    },
    severity: 'critical',
    severeAfter: atOnce,
    says: ['would lose more than its RPO allows', /you lose 2\d h( \d+ min)? of data/, 'RPO 5 min'],
    also: ['R2', 'R7'],
  },
];
