import type { Tier } from './plan-backup.ts';
import type { StoredDump } from './whole-dump.ts';

/**
 * What was seen of one backup at one moment: input of the rules (ACTIONS.md §3). A part that is left out does not apply;
 * a part that could not be read says why, and its rules answer "not known", never "ok".
 */
export interface Inventory {
  readonly at: Date;
  /** The first location, from which runbooks restore. */
  readonly listing?: Seen<Listing>;
  /** The other locations, by their id. */
  readonly copies?: Readonly<Record<string, Seen<Listing>>>;
  /** Newest first: the producer's own runs and heartbeats. Signals, never proof. */
  readonly jobs?: Seen<readonly JobRun[]>;
  /** The newest artifact as it reads from inside; null while none has been read. */
  readonly shape?: Seen<Shape | null>;
  /** Keys of artifacts that earlier checks read and refused, besides that of `shape`. */
  readonly refused?: readonly string[];
  readonly wal?: Seen<Wal>;
  readonly rds?: Seen<Rds>;
  readonly standby?: Seen<StandbyLag>;
  readonly protection?: Seen<Protection>;
  readonly region?: Seen<RegionReadiness>;
  /** What earlier checks saw, newest first, the newest artifact of now included. */
  readonly history: readonly Sample[];
  /** Newest first. */
  readonly restoreTests: readonly RestoreTestResult[];
}

export type Seen<Value> =
  | { readonly state: 'seen'; readonly value: Value }
  | { readonly state: 'unreadable'; readonly reason: string; readonly cause: Unreadable };

/** Why a source could not be read. `no-source`: nothing reads this kind yet, which is told and alarms nobody. */
export type Unreadable =
  | 'denied'
  | 'gone'
  | 'wrong-region'
  | 'throttled'
  | 'unreachable'
  | 'timeout'
  | 'malformed'
  | 'no-source';

export const seen = <Value>(value: Value): Seen<Value> => ({ state: 'seen', value });

/** One backup as its place or its tool lists it. */
export interface Artifact {
  readonly key: string;
  /** When the snapshot began: from its name or the tool's record, never from when the file was written. */
  readonly takenAt: Date;
  readonly storedAt: Date;
  readonly bytes: number;
  /** Milliseconds, where the tool tells; null where it does not. */
  readonly durationMs: number | null;
  readonly storageClass: string | null;
  /** The store's name for exactly this content, where it has one. */
  readonly etag?: string;
  /** Of a copy by the store's own replication. */
  readonly replication?: 'pending' | 'failed' | 'done' | null;
}

/**
 * A listing in constant memory, whatever the number of keys: folded by `foldListing` from artifacts in any order. Two
 * artifacts of one key count once.
 */
export interface Listing {
  /** Usable by their place and size, newest first, at most `NEWEST`. */
  readonly newest: readonly Artifact[];
  readonly oldest: Artifact | null;
  readonly count: number;
  readonly bytes: number;
  /** Periods (their number since 1970, UTC) of which one usable artifact is there, ascending, by tier. */
  readonly periods: Readonly<Record<Tier, readonly number[]>>;
  /** Not backups, each with examples: names the pattern does not know, empty ones, dates in the future, half uploads. */
  readonly odd: Readonly<Record<Odd, OddKeys>>;
  /** Copies that the store could not or did not yet make elsewhere. */
  readonly failedCopies: OddKeys;
  readonly pendingCopies: OddKeys & { readonly oldestStoredAt: Date | null };
  /** Artifacts whose storage class is another than the plan's for their age. */
  readonly misplaced: OddKeys;
}

export type Odd = 'unknown-name' | 'too-small' | 'future' | 'uploading';
export interface OddKeys {
  readonly count: number;
  /** At most three. */
  readonly examples: readonly string[];
  /** The last of them that a time is known of; left out where none is. */
  readonly newest?: Artifact;
}

export interface JobRun {
  readonly id: string;
  readonly from: 'cronJob' | 'heartbeat' | 'sns' | 'tool';
  readonly state: 'running' | 'done' | 'failed';
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly bytes: number | null;
  /** Why it failed, in the producer's words, at most 200 characters. */
  readonly reason: string | null;
}

export interface Shape {
  readonly key: string;
  readonly readAt: Date;
  /** `plain`, `custom`, `tar`, or what the tool says. */
  readonly format: string | null;
  /** Null when it is whole. */
  readonly refused: string | null;
  readonly encryption: { readonly algorithm: string; readonly key: string | null } | null;
  /** Of a whole dump in a store: the version that was read, and what is in it. */
  readonly whole?: StoredDump;
}

export interface Wal {
  /** Up to when everything that was written is in the archive; null where nothing ever was. */
  readonly lastArchivedAt: Date | null;
  readonly lastFailedAt: Date | null;
  readonly failedCount: number;
  /** Segments that wait to be archived; null where the server does not tell. */
  readonly ready: number | null;
  /** A segment that is missing in the archive; null when there is no hole. */
  readonly gap: string | null;
  readonly timeline: number | null;
  readonly archiveTimeline: number | null;
  readonly slotBytes: number | null;
  readonly slotActive: boolean | null;
}

export interface Rds {
  readonly latestRestorableAt: Date | null;
  readonly retentionDays: number;
  readonly replicaLagMs: number | null;
  readonly snapshots: readonly Artifact[];
}

export interface StandbyLag {
  readonly receiving: boolean;
  readonly bytes: number | null;
  readonly ms: number | null;
  readonly slotActive: boolean | null;
}

/** As the store answers; null: it was not asked, because the plan does not say. */
export interface Protection {
  readonly versioning: boolean | null;
  readonly lock: { readonly mode: string; readonly ms: number } | 'none' | null;
  readonly encryption: { readonly algorithm: string; readonly key: string | null } | 'none' | null;
  readonly keyTurnedAt: Date | null;
  readonly publicAccess: 'blocked' | 'open' | null;
  readonly writerDelete: 'denied' | 'allowed' | null;
}

export interface RegionReadiness {
  readonly health: 'ok' | 'failing' | null;
  readonly healthReason: string | null;
  /** Null: not read, and so not known. */
  readonly missingImages: readonly string[] | null;
  readonly missingSecrets: readonly string[] | null;
  readonly dnsWritable: boolean | null;
  readonly capacity: 'enough' | 'short' | null;
}

export interface Sample {
  readonly key: string;
  readonly takenAt: Date;
  readonly bytes: number;
  readonly durationMs: number | null;
  /** What was found when it was read whole: whether it is no good. Null while nobody has read it. */
  readonly refused?: boolean | null;
}

export interface RestoreTestResult {
  readonly id: string;
  readonly test: string;
  readonly key: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly outcome: 'done' | 'failed';
  readonly durationMs: number;
  readonly rows: number | null;
  /** How much older than the test the restored data was, in milliseconds. */
  readonly lossMs: number | null;
  readonly reason: string | null;
  readonly left: number;
}

/** What lies about that no plan of this system knows (R18). */
export interface Coverage {
  readonly uncovered: readonly {
    readonly kind: 'database' | 'bucket' | 'volume';
    readonly name: string;
    readonly where: string;
  }[];
}
