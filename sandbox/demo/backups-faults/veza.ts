import { atOnce, DAY, type Fault, MINUTE } from './fault.ts';

/** Veza: a standby, and dumps that a script makes. */
export const vezaFaults: readonly Fault[] = [
  {
    rule: 'R15',
    system: 'veza',
    backup: null,
    object: 'postgres/lag',
    story: 'the standby replays nothing any more',
    breaks: ({ ails }, at) => {
      ails.standbyPausedAt = at;
      return new Date(+at + 15 * MINUTE);
    },
    mends: ({ ails }, at) => {
      ails.standbyPausedAt = null;
      return at;
    },
    severity: 'critical',
    severeAfter: atOnce,
    says: ['standby of PostgreSQL is too far behind', /Lag .*; limit 15 min/],
    also: [],
  },
  {
    rule: 'R18',
    system: 'veza',
    backup: null,
    object: 'volume/veza-production/invoices-data',
    story: 'somebody makes a volume that no plan knows',
    breaks: ({ ails }, at) => {
      ails.uncovered.push({ kind: 'volume', name: 'invoices-data', where: 'veza-production' });
      return at;
    },
    mends: ({ ails }, at) => {
      ails.uncovered = [];
      return at;
    },
    severity: 'warning',
    severeAfter: atOnce,
    says: ['volume "invoices-data" is in no plan', 'nobody has a backup of it'],
    also: [],
  },
  {
    rule: 'R7',
    system: 'veza',
    backup: 'pg-daily',
    object: 'contents',
    story: 'a dump made by hand has no end',
    breaks: (platform, at) => {
      platform.site('pg-daily').ails.refused = 'the table of contents is cut off';
      return platform.runNow('pg-daily', at).storedAt;
    },
    mends: (platform, at) => {
      platform.site('pg-daily').ails.refused = null;
      return platform.runNow('pg-daily', at).storedAt;
    },
    severity: 'critical',
    severeAfter: atOnce,
    says: ['newest backup of PostgreSQL cannot be restored', 'the table of contents is cut off'],
    also: [],
  },
  {
    rule: 'R1',
    system: 'veza',
    backup: 'pg-daily',
    object: 'slot',
    story: 'the nightly dump does not come, two nights in a row',
    breaks: (platform, at) => {
      const site = platform.site('pg-daily');
      site.ails.idle = true;
      return new Date(+site.nextSlot(at) + 30 * MINUTE);
    },
    mends: (platform, at) => {
      platform.site('pg-daily').ails.idle = false;
      return platform.runNow('pg-daily', at).storedAt;
    },
    severity: 'critical',
    severeAfter: () => DAY,
    says: ['backup of PostgreSQL is missing', /No backup for 2 slots in a row.*limit 1 slot/],
    also: ['R2'],
  },
];
