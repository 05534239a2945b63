import type { Stanza } from '../clients/pgbackrest.ts';
import type { JobRun, Listing } from '../domain/inventory.ts';
import { createListing } from '../domain/listing.ts';
import type { Backup, LocationOf } from '../domain/plan-backup.ts';
import { Unread } from './attempt.ts';
import type { Look, Sources } from './look.ts';

/** Codes of pgBackRest's status: a stanza that is fine, one without backups yet, and those it does not find. */
const OK = 0;
const NO_BACKUPS = 2;
const MISSING = [1, 3];

export async function readStanza(
  { clients }: Sources,
  { stanza, config }: LocationOf<'pgbackrest'>,
  { signal }: Look,
): Promise<Stanza> {
  const found = await clients.pgbackrest.info({ stanza, config, signal });
  const { code, message } = found.status;
  if (code === OK || code === NO_BACKUPS) return found;
  throw new Unread(
    MISSING.includes(code) ? 'gone' : 'unreachable',
    `says of stanza ${stanza}: ${message.slice(0, 120)}`,
  );
}

/**
 * Backups with wrong page checksums are left out: they are no proof. The size is the whole database's, which full,
 * differential and incremental ones have in common.
 */
export function listStanza({ backup: made }: Stanza, backup: Backup, { now }: Look): Listing {
  const listing = createListing(backup, now);
  for (const { label, timestamp, info, error } of made) {
    if (error === true) continue;
    const { start: takenAt, stop: storedAt } = timestamp;
    const durationMs = storedAt.getTime() - takenAt.getTime();
    listing.add({ key: label, takenAt, storedAt, bytes: info.size, durationMs, storageClass: null });
  }
  return listing.done();
}

/** Its backups as runs, newest first, and the one that is being made. */
export function runsOfStanza({ backup, status }: Stanza, { now }: Look): readonly JobRun[] {
  const made = backup.map(
    ({ label, timestamp, info, error }): JobRun => ({
      id: label,
      from: 'tool',
      state: error === true ? 'failed' : 'done',
      startedAt: timestamp.start,
      endedAt: timestamp.stop,
      bytes: info.size,
      reason: error === true ? 'pgBackRest found pages with wrong checksums' : null,
    }),
  );
  const newestFirst = made.sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
  if (status.lock?.backup.held !== true) return newestFirst;
  const running = { id: 'running', from: 'tool', state: 'running' } as const;
  // pgBackRest tells that one is being made, and not since when: a moment ago, at the latest.
  return [{ ...running, startedAt: now, endedAt: null, bytes: null, reason: null }, ...newestFirst];
}

/** A segment that the newest backup needs and the archive does not have, as far as its ends tell; null when there is none. */
export function gapInArchive({ backup, archive }: Stanza): string | null {
  const { start, stop } = backup.at(-1)?.archive ?? {};
  const { min, max } = archive.findLast(({ max }) => max != null) ?? {};
  if (start != null && min != null && isBefore(start, min)) return start;
  return stop != null && max != null && isBefore(max, stop) ? stop : null;
}

/** Of one timeline; after a promotion the archive goes on in another, which says nothing of this one. */
function isBefore(segment: string, other: string): boolean {
  return segment.slice(0, 8) === other.slice(0, 8) && segment < other;
}
