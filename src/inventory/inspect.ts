import type { ObjectFacts } from '../clients/s3-protection.ts';
import type { Inventory, JobRun, Listing, Seen, Wal } from '../domain/inventory.ts';
import { seen } from '../domain/inventory.ts';
import type { Backup, LocationOf } from '../domain/plan-backup.ts';
import { attempt } from './attempt.ts';
import { readCronJobRuns } from './jobs.ts';
import { type Parts, readLocation, systemOf } from './location.ts';
import type { Look, Looked, Sources } from './look.ts';
import { readProtection, wantsProtection } from './protection.ts';
import { withReplication } from './s3.ts';
import { shapedLocation } from './shape.ts';

/**
 * What the sources of one backup tell. The rest of an inventory is the bot's own record (history, restore tests,
 * heartbeats), or of the system as a whole (`inspectSystem`).
 */
export type BackupSeen = Pick<
  Inventory,
  'at' | 'listing' | 'copies' | 'jobs' | 'wal' | 'protection' | 'shape'
>;

type Listed = Seen<Listing> | undefined;
type Facts = () => Promise<ObjectFacts>;

/**
 * Looks at every source of one backup at once. One that cannot be read is a part that says why; nothing is thrown but the
 * reason of a signal that is no deadline. Nothing is read whole here: of the shape only that it cannot be read is told, and `readShape` tells
 * the rest.
 */
export async function inspectBackup(deps: Sources, { backup }: Looked, look: Look): Promise<BackupSeen> {
  const [cronJob, ...reads] = await Promise.all([
    cronJobOf(deps, backup, look),
    ...backup.locations.map((location) => readLocation(deps, backup, location, look)),
  ]);
  const [first] = backup.locations;
  const bare = reads[0]?.listing;
  const facts = newestFacts(deps, backup, bare, look);
  const [listing, protection] = await Promise.all([
    backup.locations.length > 1 ? replicated(bare, facts) : bare,
    first?.source === 's3' && wantsProtection(backup)
      ? protectionOf(deps, backup, first, bare, facts, look)
      : undefined,
  ]);
  const copies = copiesOf(backup, reads);
  const jobs = together([cronJob, reads[0]?.runs]);
  const wal = walOf(reads);
  const shape = shapeOf(backup, listing);
  return {
    at: look.now,
    ...(listing && { listing }),
    ...(copies && { copies }),
    ...(jobs && { jobs }),
    ...(wal && { wal }),
    ...(protection && { protection }),
    ...(shape && { shape }),
  };
}

function cronJobOf(deps: Sources, { producer }: Backup, look: Look): Promise<BackupSeen['jobs']> {
  if (producer?.kind !== 'cronJob') return Promise.resolve(undefined);
  return attempt(`Cluster ${producer.cluster}`, look.signal, () => readCronJobRuns(deps, producer, look));
}

function copiesOf({ locations }: Backup, reads: readonly Parts[]): BackupSeen['copies'] {
  const copies = locations.flatMap(({ id }, index) => {
    const listing = index === 0 ? undefined : reads[index]?.listing;
    return listing === undefined ? [] : [[id, listing] as const];
  });
  return copies.length === 0 ? undefined : Object.fromEntries(copies);
}

/** One request for what two parts want to know of the newest object; undefined where there is none. */
function newestFacts(
  { clients }: Sources,
  { locations: [first] }: Backup,
  listing: Listed,
  { signal }: Look,
): Facts | undefined {
  const newest = newestOf(listing);
  if (first?.source !== 's3' || newest === undefined) return undefined;
  let asked: Promise<ObjectFacts> | undefined;
  return () => {
    asked ??= clients.s3.facts(first.connection, newest.key, { signal });
    return asked;
  };
}

function newestOf(listing: Listed) {
  return listing?.state === 'seen' ? listing.value.newest[0] : undefined;
}

/** Who may list need not be allowed to look at objects. Then the copies speak for themselves. */
async function replicated(listing: Listed, facts: Facts | undefined): Promise<Listed> {
  if (listing?.state !== 'seen' || facts === undefined) return listing;
  const replication = await facts().then(
    (found) => found.replication,
    () => null,
  );
  return seen(withReplication(listing.value, replication));
}

/** Judged by the newest object, so that without a listing nothing is known. */
function protectionOf(
  deps: Sources,
  backup: Backup,
  location: LocationOf<'s3'>,
  listing: Listed,
  facts: Facts | undefined,
  look: Look,
): Promise<NonNullable<BackupSeen['protection']>> {
  if (listing?.state === 'unreadable') return Promise.resolve(listing);
  const artifact = newestOf(listing);
  const newest = artifact && facts && { artifact, facts };
  return attempt(systemOf(location), look.signal, () => readProtection(deps, backup, location, newest, look));
}

/** What several tell of runs, newest first. One that is silent hides the others: a failure may be in what it did not say. */
function together(told: readonly BackupSeen['jobs'][]): BackupSeen['jobs'] {
  const runs: JobRun[] = [];
  let tellers = 0;
  for (const part of told) {
    if (part?.state === 'unreadable') return part;
    if (part === undefined) continue;
    tellers += 1;
    runs.push(...part.value);
  }
  if (tellers === 0) return undefined;
  return seen(runs.sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime()));
}

/** The server tells of its archiving, and the tool that keeps the archive of a hole in it. */
function walOf(reads: readonly Parts[]): Seen<Wal> | undefined {
  const wal = reads.flatMap((read) => read.wal ?? [])[0];
  const gap = reads.flatMap((read) => read.gap ?? [])[0];
  if (wal?.state !== 'seen' || gap?.state !== 'seen') return wal;
  return seen({ ...wal.value, gap: gap.value });
}

function shapeOf(backup: Backup, listing: Listed): BackupSeen['shape'] {
  if (listing === undefined || shapedLocation(backup) === undefined) return undefined;
  return listing.state === 'unreadable' ? listing : seen(null);
}
