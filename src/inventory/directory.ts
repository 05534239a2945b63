import { lstat, opendir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Listing } from '../domain/inventory.ts';
import { createListing } from '../domain/listing.ts';
import type { Backup, LocationOf } from '../domain/plan-backup.ts';
import type { Look } from './look.ts';
import { takenAtOf } from './names.ts';

/** A file that was written to within this time may still be growing. */
const GROWS_MS = 60_000;

/** The files of a folder on this worker; those of folders in it where the pattern speaks of folders. */
export async function listDirectory(
  backup: Backup,
  { path }: LocationOf<'directory'>,
  { now, signal }: Look,
): Promise<Listing> {
  const listing = createListing(backup, now);
  const takenAtIn = takenAtOf(backup);
  const recursive = backup.namePattern?.includes('/') ?? true;
  for await (const entry of await opendir(path, { recursive })) {
    signal.throwIfAborted();
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const key = relative(path, file);
    const found = await lstat(file).catch(goneMeanwhile);
    if (found === undefined) continue;
    const { mtime: storedAt, size: bytes } = found;
    const takenAt = takenAtIn(key, storedAt);
    if (takenAt === undefined) listing.odd('unknown-name', key);
    else if (Math.abs(now.getTime() - storedAt.getTime()) < GROWS_MS) listing.odd('uploading', key);
    else listing.add({ key, takenAt, storedAt, bytes, durationMs: null, storageClass: null });
  }
  return listing.done();
}

/** Old backups are removed while somebody lists them. */
function goneMeanwhile(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
