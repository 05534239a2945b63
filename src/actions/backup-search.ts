import type { Reading, WholeDump } from '../domain/whole-dump.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { discard, download, type Wanted } from './backup-download.ts';
import { type DumpFormat, inspectDump, programsOf, sniff, wholeDump } from './backup-dump.ts';
import { type Candidate, isFrozen, type Listing, listCandidates, type Refused } from './backup-list.ts';
import { type BackupSource, instant, placeOf } from './backup-source.ts';
import { count } from './pg-words.ts';

export interface Found {
  readonly candidate: Candidate;
  readonly versionId: string | null;
  readonly format: DumpFormat;
  /** Newer than the choice and of no use, newest first. */
  readonly refused: readonly Refused[];
  readonly looked: number;
  /** Null when only its first bytes were read. */
  readonly whole: WholeDump | null;
  /** When the watch read it, where that was relied on. */
  readonly readAt: Date | null;
}

export interface SearchOptions {
  /** The youngest time a backup may have; undefined for any. */
  readonly before: Date | undefined;
  /** How many plausible backups are read before giving up. */
  readonly most: number;
  /** Larger ones are believed by their first bytes. */
  readonly readUpTo: number;
}

/** The newest backup that is good, or `backup-not-found` with the reason against each. What was refused leaves no file. */
export async function searchBackup(
  context: ActionContext,
  source: BackupSource,
  { before, most, readUpTo }: SearchOptions,
): Promise<Found> {
  const listing = await listCandidates(context, source, { before, most });
  const refused = [...listing.refused];
  // Whoever searches again does not trust what was read before.
  const reading = context.step.attempt > 1 ? undefined : await context.lastReading(source.backup.id);
  for (const candidate of listing.candidates) {
    const judged = await judge(context, source, candidate, { readUpTo, reading });
    if (!('reason' in judged)) {
      const newer = newestFirst(refused).filter(({ takenAt }) => takenAt >= candidate.takenAt);
      return { ...judged, candidate, refused: newer, looked: newer.length + 1 };
    }
    refused.push({ key: candidate.key, takenAt: candidate.takenAt, reason: judged.reason });
  }
  throw nothingFound(context, source, listing, newestFirst(refused), before);
}

type Judged = Pick<Found, 'versionId' | 'format' | 'whole' | 'readAt'> | { readonly reason: string };

/**
 * Reads a candidate until it is known to be good, or why it is not. What the watch read whole is not read again: fetching it
 * tells by its SHA-256 whether it is the same. What is no fault of its own is thrown.
 */
async function judge(
  context: ActionContext,
  { connection }: BackupSource,
  candidate: Candidate,
  { readUpTo, reading }: { readUpTo: number; reading: Reading | undefined },
): Promise<Judged> {
  try {
    const { versionId, archived, bytes } = await context.clients.s3.head(connection, candidate, context);
    if (archived) return ARCHIVED;
    if (reading !== undefined && reading.key === candidate.key && reading.whole.etag === candidate.etag)
      return { versionId, format: reading.whole.format, whole: reading.whole, readAt: reading.at };
    const wanted = { connection, key: candidate.key, etag: candidate.etag, versionId, bytes };
    if (bytes > readUpTo) {
      const start = await sniff(await firstBytes(context, wanted));
      return 'refused' in start
        ? { reason: start.refused }
        : { versionId, format: start.format, whole: null, readAt: null };
    }
    const { path, sha256 } = await download(context, wanted);
    const inspected = await inspectDump(path, programsOf(context), context.signal);
    if (!('refused' in inspected))
      return { versionId, format: inspected.format, whole: wholeDump(inspected, sha256), readAt: null };
    await discard(context, wanted);
    return { reason: inspected.refused };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'backup-changed') return { reason: 'is still changing' };
    if (error.code === 'backup-refused' && isFrozen(candidate)) return ARCHIVED;
    throw error;
  }
}

const ARCHIVED = { reason: 'is in archive storage, which takes hours to bring back' };

async function firstBytes(context: ActionContext, wanted: Wanted): Promise<Buffer> {
  const body = await context.clients.s3.open(wanted.connection, wanted, context);
  for await (const chunk of body) return chunk;
  return Buffer.alloc(0);
}

function newestFirst<Item extends { readonly takenAt: Date }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime());
}

function nothingFound(
  context: ActionContext,
  source: BackupSource,
  listing: Listing,
  refused: readonly Refused[],
  before: Date | undefined,
): AppError {
  const looked = refused.length + listing.moreRefused;
  const seen =
    looked === 0
      ? `\`${placeOf(context, source)}\` holds no key like \`${source.namePattern}\`${before === undefined ? '' : ` from ${instant(before)} or before`}`
      : `${count(looked)} ${looked === 1 ? 'was' : 'were'} looked at, reasons in the thread`;
  const details = [
    ...refused.map(({ key, reason }) => `\`${key}\` ${reason}`),
    ...note(listing.moreRefused, 'more, older, refused by name, date or size'),
    ...note(listing.unread, 'older not read (maxCandidates)'),
    ...note(listing.younger, 'younger than the restore point'),
    ...note(listing.ignored, 'with names the plan does not know'),
  ];
  return new AppError(
    'backup-not-found',
    `No usable backup was found for ${context.plan.name}. Nothing was touched. ${seen}; choose another restore point, or another runbook.`,
    { details },
  );
}

function note(amount: number, what: string): readonly string[] {
  return amount === 0 ? [] : [`${count(amount)} ${what}`];
}
