const hour = 3_600_000;

/** How much of every table there is: a tenth does where a restore is wanted and not its weight. */
export type Share = 1 | 0.1;

export type Rows = ReturnType<typeof rowsOf>;

/** The rows of the world. The whole are 214,718 in six tables, sessions and audit log of the newest backup included. */
export function rowsOf(share: Share) {
  const of = (whole: number) => Math.round(whole * share);
  return {
    /** From the first day on. */
    organizations: of(2_140),
    accounts: of(61_204),
    oauthClients: of(4_310),
    jwkKeys: 6,
    /**
     * The accident takes the accounts above these, what hangs on them and all signing keys: of the whole 118,506 rows in four
     * tables. The newest sessions all belong to kept accounts, so that it never takes them.
     */
    keptAccounts: of(22_870),
    lostClients: of(714),
    /** By the time of each backup. */
    byBackup: backups.map(({ sessions, auditRows }) => ({
      sessions: of(sessions),
      auditRows: of(auditRows),
    })),
    /** Written after the newest good backup, by the application and its worker: what a restore loses. */
    newest: { appSessions: of(1_000), workerSessions: of(750), auditRows: of(250) },
    /** How many fewer sessions there were each night before. */
    sessionsFewer: of(1_700),
  };
}

/** When backups were taken, before the world's `now`, and how many sessions and audit rows there were by then in the whole. */
export const backups = [
  { agoMs: 24 * hour + 211_000, format: 'plain', sessions: 121_000, auditRows: 17_400 },
  { agoMs: 12 * hour + 204_000, format: 'custom', sessions: 124_000, auditRows: 17_800 },
  { agoMs: 6 * hour + 207_000, format: 'custom', sessions: 125_500, auditRows: 18_000 },
  { agoMs: 1_496_000, format: 'custom', sessions: 126_854, auditRows: 18_204 },
] as const;

/** The second place of the backups, in the other region. */
export const copyBucket = 'janua-backups-west';

/** The key of this environment's backups. */
export const backupKey = 'alias/janua-production-backups';

/** The nightly job at 02:00 UTC: how long after its slot a dump begins, and how long it takes. */
export const nightly = { hour: 2, everyHours: 24, beginsMs: 4_000, lastsMs: 41_000 } as const;

/** Where backups are as the plan asks: so many nights before those above. */
export const olderNights = 10;

/** Snapshots of the sessions in Redis, and how many of them the bucket keeps. */
export const sixHourly = { hour: 0, everyHours: 6, beginsMs: 2_000, kept: 28 } as const;

/** Then the backup job broke twice, and both times said it had succeeded. */
export const brokenBackups = { emptyAgoMs: 597_000, truncatedAgoMs: 176_000 } as const;

/** When Janua went live, before `now`. */
export const historyMs = 800 * 24 * hour;

/** Everybody's password. */
export const password = 'correct horse battery staple';

/** The releases of janua-api so far, by their age. */
export const releases = [
  { version: '2.3.0', agoMs: 34 * 24 * hour },
  { version: '2.3.1', agoMs: 12 * 24 * hour },
  { version: '2.4.0', agoMs: 2 * 24 * hour },
] as const;
