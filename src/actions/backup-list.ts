import { setImmediate as breathe } from 'node:timers/promises';
import { isArchiveClass, type StoredObject } from '../clients/s3.ts';
import type { ActionContext } from './action.ts';
import { type BackupSource, instant } from './backup-source.ts';
import { count } from './pg-words.ts';

export interface Candidate extends StoredObject {
  readonly takenAt: Date;
}

export interface Refused {
  readonly key: string;
  readonly reason: string;
}

export interface Listing {
  /** Worth reading, newest first, at most as many as asked for. */
  readonly candidates: readonly Candidate[];
  /** Plausible, but beyond that number. */
  readonly unread: number;
  /** Refused by name, date or size, newest first; `moreRefused` counts those left out. */
  readonly refused: readonly (Refused & { readonly takenAt: Date })[];
  readonly moreRefused: number;
  /** Keys the pattern does not know, and backups younger than the restore point. */
  readonly ignored: number;
  readonly younger: number;
}

/** Clocks of two machines, and the time between naming a file and storing it. */
const CLOCK_SLACK_MS = 5 * 60_000;
const MOST_REFUSED = 50;
/** A page arrives at once, and reading the dates of 1,000 names takes longer than the event loop may be held. */
const SLICE_MS = 10;

/** One pass over the bucket. It remembers only the newest, so that 100,000 keys cost no more memory than ten. */
export async function listCandidates(
  context: ActionContext,
  source: BackupSource,
  { before, most }: { before: Date | undefined; most: number },
): Promise<Listing> {
  const candidates = newest<Candidate>(most);
  const refused = newest<Refused & { takenAt: Date }>(MOST_REFUSED);
  let ignored = 0;
  let younger = 0;
  let sliceBegan = performance.now();
  for await (const object of context.clients.s3.list(source.connection, source.prefix, context)) {
    if (performance.now() - sliceBegan > SLICE_MS) {
      await breathe();
      sliceBegan = performance.now();
    }
    const takenAt = source.takenAt(object.key);
    if (takenAt === undefined) {
      ignored += 1;
    } else if (before !== undefined && takenAt > before) {
      younger += 1;
    } else {
      const reason = faultOf(object, takenAt, source.backup.minBytes, context.now);
      if (reason === undefined) candidates.add({ ...object, takenAt });
      else refused.add({ key: object.key, reason, takenAt });
    }
  }
  return {
    candidates: candidates.items(),
    unread: candidates.dropped(),
    refused: refused.items(),
    moreRefused: refused.dropped(),
    ignored,
    younger,
  };
}

function faultOf(object: StoredObject, takenAt: Date, minBytes: number, now: Date): string | undefined {
  if (takenAt.getTime() > now.getTime() + CLOCK_SLACK_MS)
    return `is dated ${instant(takenAt)}, in the future`;
  if (takenAt.getTime() > object.modifiedAt.getTime() + CLOCK_SLACK_MS)
    return `is dated ${instant(takenAt)} but was stored ${instant(object.modifiedAt)}, before that`;
  if (object.bytes < minBytes) return `holds ${count(object.bytes)} bytes, fewer than ${count(minBytes)}`;
  return undefined;
}

/** True for what may have to be brought back from an archive before it can be read. */
export const isFrozen = (candidate: Candidate) => isArchiveClass(candidate.storageClass);

/** Keeps the `most` newest of what is added. */
function newest<Item extends { readonly key: string; readonly takenAt: Date }>(most: number) {
  let kept: Item[] = [];
  let added = 0;
  const trim = () => {
    kept = kept
      .sort((a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.key < b.key ? 1 : -1))
      .slice(0, most);
  };
  return {
    add(item: Item) {
      added += 1;
      kept.push(item);
      if (kept.length >= most * 4) trim();
    },
    items(): readonly Item[] {
      trim();
      return kept;
    },
    dropped: () => Math.max(0, added - most),
  };
}
