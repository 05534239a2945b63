import type { ObjectFacts } from '../clients/s3-protection.ts';
import type { Listing } from '../domain/inventory.ts';
import { createListing } from '../domain/listing.ts';
import type { Backup, LocationOf } from '../domain/plan-backup.ts';
import type { Look, Sources } from './look.ts';
import { takenAtOf } from './names.ts';

/** One pass over everything under the prefix, in memory that does not grow with the bucket. */
export async function listBucket(
  { clients }: Sources,
  backup: Backup,
  { connection, prefix }: LocationOf<'s3'>,
  { now, signal }: Look,
): Promise<Listing> {
  const listing = createListing(backup, now);
  const takenAtIn = takenAtOf(backup);
  // Who may list objects may not always list uploads, and not every store knows them.
  const uploads = clients.s3.uploads(connection, prefix, { signal }).catch(() => []);
  for await (const object of clients.s3.list(connection, prefix, { signal })) {
    const { key, bytes, etag, modifiedAt: storedAt, storageClass } = object;
    if (bytes === 0 && key.endsWith('/')) continue;
    const takenAt = takenAtIn(key.slice(prefix.length), storedAt);
    if (takenAt === undefined) listing.odd('unknown-name', key);
    else listing.add({ key, takenAt, storedAt, bytes, durationMs: null, storageClass, etag });
  }
  for (const key of await uploads) listing.odd('uploading', key);
  return listing.done();
}

/** Says of the newest what the store says of its copy elsewhere: only a look at the object itself tells. */
export function withReplication(listing: Listing, replication: ObjectFacts['replication']): Listing {
  const [newest, ...older] = listing.newest;
  if (newest === undefined || replication === null) return listing;
  const itself = { count: 1, examples: [newest.key] };
  return {
    ...listing,
    newest: [{ ...newest, replication }, ...older],
    ...(replication === 'failed' && { failedCopies: itself }),
    ...(replication === 'pending' && { pendingCopies: { ...itself, oldestStoredAt: newest.storedAt } }),
  };
}
