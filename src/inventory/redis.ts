import type { RedisPersistence } from '../clients/redis.ts';
import type { JobRun, Listing } from '../domain/inventory.ts';
import { createListing } from '../domain/listing.ts';
import type { Backup } from '../domain/plan-backup.ts';
import type { Look } from './look.ts';

/** The last snapshot. A server keeps one; it tells neither its name nor its size, so that the data's size stands for it. */
export function listSnapshot(state: RedisPersistence, backup: Backup, { now }: Look): Listing {
  const listing = createListing(backup, now);
  const { savedAt: storedAt, saveSeconds, dataBytes: bytes } = state;
  const durationMs = saveSeconds === null ? null : saveSeconds * 1000;
  const takenAt = secondsBefore(storedAt, saveSeconds);
  listing.add({
    key: `dump.rdb of ${storedAt.toISOString()}`,
    takenAt,
    storedAt,
    bytes,
    durationMs,
    storageClass: null,
  });
  return listing.done();
}

/** What it does now, or did last. Of a failure it does not tell the time: it came after the last good snapshot. */
export function runsOfRedis(state: RedisPersistence, { now }: Look): readonly JobRun[] {
  const { savedAt, saveSeconds, savingSeconds, lastSave, lastAppend } = state;
  const faults = [
    ...(lastSave === 'failed' ? ['the last snapshot (BGSAVE) failed'] : []),
    ...(lastAppend === 'failed' ? ['the append-only file cannot be written'] : []),
  ];
  const run = { from: 'tool', bytes: null, reason: null, startedAt: savedAt, endedAt: savedAt } as const;
  if (faults.length > 0) return [{ ...run, id: 'bgsave', state: 'failed', reason: faults.join('; ') }];
  const done: JobRun = {
    ...run,
    id: `bgsave of ${savedAt.toISOString()}`,
    state: 'done',
    startedAt: secondsBefore(savedAt, saveSeconds),
  };
  if (savingSeconds === null) return [done];
  const startedAt = secondsBefore(now, savingSeconds);
  return [{ ...run, id: 'running', state: 'running', startedAt, endedAt: null }, done];
}

function secondsBefore(at: Date, seconds: number | null): Date {
  return new Date(at.getTime() - (seconds ?? 0) * 1000);
}
