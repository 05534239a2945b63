import type { Protection, Rds, StandbyLag, Wal } from '../../src/domain/inventory.ts';
import { noise } from './noise.ts';
import type { Ails, Site } from './site.ts';

/** What servers and stores tell of themselves, healthy but for what ails them. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const SEGMENT_BYTES = 16 * 1024 ** 2;
const KEY_TURNED_EVERY_MS = 30 * DAY;

/** An archiver with archive_timeout of a minute; while it is stopped each try fails and one segment more waits each minute. */
export function walOf(system: string, { stoppedAt }: Ails, now: Date): Wal {
  const stoppedMs = stoppedAt === null ? 0 : +now - +stoppedAt;
  const lastAgoMs = Math.round(noise(system, 'wal', +now) * MINUTE);
  return {
    lastArchivedAt: stoppedAt ?? new Date(+now - lastAgoMs),
    lastFailedAt: stoppedAt === null ? null : new Date(+now - (stoppedMs % MINUTE)),
    failedCount: Math.floor(stoppedMs / MINUTE),
    ready: Math.floor(stoppedMs / MINUTE),
    gap: null,
    timeline: 1,
    archiveTimeline: 1,
    slotBytes: Math.round(noise(system, 'slot', +now) * SEGMENT_BYTES),
    slotActive: true,
  };
}

/** RDS moves its restorable time every five minutes. A replica tells its lag too. */
export function rdsOf({ backup, ails }: Site, system: string, now: Date): Rds {
  const agoMs = Math.round((1 + noise(system, backup.id, +now) * 4) * MINUTE);
  return {
    latestRestorableAt: ails.stoppedAt ?? new Date(+now - agoMs),
    retentionDays: 30,
    replicaLagMs: backup.kind === 'sync' ? Math.round(noise(system, 'replica', +now) * 2 * SECOND) : null,
    snapshots: [],
  };
}

/** A standby within a second of its primary; one that is paused falls behind by all the time and 10 kB a second. */
export function standbyOf(system: string, pausedAt: Date | null, now: Date): StandbyLag {
  const behindMs = pausedAt === null ? noise(system, 'lag', +now) * SECOND : +now - +pausedAt;
  return { receiving: true, bytes: Math.round(behindMs * 10), ms: Math.round(behindMs), slotActive: true };
}

/** A store that does what the plan asks, whose key is turned every 30 days. */
export function protectionOf({ backup, ails }: Site, now: Date): Protection {
  const { versioning, lock, encryption, key, keyRotation, publicAccess, writerDelete } = backup.protection;
  return {
    versioning: versioning ?? null,
    lock: lock === undefined ? null : { mode: lock.mode, ms: lock.for },
    encryption: encryption === undefined ? null : { algorithm: encryption, key: key ?? null },
    keyTurnedAt:
      keyRotation === undefined
        ? null
        : new Date(Math.floor(+now / KEY_TURNED_EVERY_MS) * KEY_TURNED_EVERY_MS),
    publicAccess: publicAccess ?? null,
    writerDelete: writerDelete ?? null,
    ...ails.protection,
  };
}
