import { atOnce, type Fault, MINUTE } from './fault.ts';

/** Santokit: RDS and the archive of its audit log. */
export const santokitFaults: readonly Fault[] = [
  {
    rule: 'R4',
    system: 'santokit',
    backup: 'audit-daily',
    object: 'archive',
    story: 'the bucket of the audit log refuses access',
    breaks: (platform, at) => {
      platform.site('audit-daily').ails.unreadable = { cause: 'denied', reason: 'AccessDenied' };
      return at;
    },
    mends: (platform, at) => {
      platform.site('audit-daily').ails.unreadable = null;
      return at;
    },
    severity: 'critical',
    // At the check after the one that first could not look.
    severeAfter: (firedAfterMs) => firedAfterMs + MINUTE,
    says: ['S3 in us-east-1 refuses access', 'two checks in a row could not look', /not known/],
    also: [],
  },
  {
    rule: 'R10',
    system: 'santokit',
    backup: 'rds-automated',
    object: 'restorable',
    story: 'RDS no longer moves its latest restorable time',
    breaks: (platform, at) => {
      platform.site('rds-automated').ails.stoppedAt = at;
      return new Date(+at + 10 * MINUTE);
    },
    mends: (platform, at) => {
      platform.site('rds-automated').ails.stoppedAt = null;
      return at;
    },
    severity: 'critical',
    severeAfter: atOnce,
    says: ['cannot be restored to a recent time', /Latest restorable time is .* old, limit 10 min/],
    also: [],
  },
  {
    rule: 'R13',
    system: 'santokit',
    backup: 'audit-daily',
    object: 'lock',
    story: 'the object lock of the archive of the audit log is gone',
    breaks: (platform, at) => {
      platform.site('audit-daily').ails.protection = { lock: 'none' };
      return at;
    },
    mends: (platform, at) => {
      platform.site('audit-daily').ails.protection = {};
      return at;
    },
    severity: 'critical',
    severeAfter: atOnce,
    says: ['object lock of backups', /Object lock none, asked COMPLIANCE for/, 'can delete every backup'],
    also: [],
  },
];
