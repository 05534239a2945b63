import type { Artifact, Listing, Odd, OddKeys } from './inventory.ts';
import { type Backup, TIERS, type Tier } from './plan-backup.ts';
import { phaseMs } from './schedule.ts';

/** What a listing needs to know of its backup. */
export type ListingPolicy = Pick<Backup, 'minBytes' | 'classes' | 'retention' | 'schedule'>;

/** So many of the newest artifacts are kept one by one. */
export const NEWEST = 16;
/** Clocks of a producer and of the bot may differ by this. */
export const CLOCK_SLACK_MS = 5 * 60_000;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Monday is the fourth day after the Thursday with which 1970 began. */
const MONDAY = 3;
const EXAMPLES = 3;
/** A store moves objects to another storage class once a day, in its own time. */
const CLASS_SLACK_MS = 2 * DAY;

/** Whoever may write to a bucket names its objects, and some names, and dates in them, no database and no card can hold. */
const isText = (key: string) => key.isWellFormed() && !/\p{Cc}/u.test(key);
const shown = (key: string) => key.toWellFormed().replaceAll(/\p{Cc}/gu, '?');

/**
 * Folds artifacts into a listing, in any order and in constant memory. Two of one key count once; of keys older than the
 * `NEWEST` window only the sums `count` and `bytes` would count a repeated one again.
 */
export function createListing(
  policy: ListingPolicy,
  now: Date,
): { add(artifact: Artifact): void; odd(kind: Odd, key: string): void; done(): Listing } {
  const nowMs = now.getTime();
  const newest: Artifact[] = [];
  const odd = {
    'unknown-name': createKeys(),
    'too-small': createKeys(),
    future: createKeys(),
    uploading: createKeys(),
  } satisfies Record<Odd, ReturnType<typeof createKeys>>;
  const [failed, pending, misplaced] = [createKeys(), createKeys(), createKeys()];
  const periods = createPeriods(policy, nowMs);
  let oldest: Artifact | null = null;
  let oldestPending: Date | null = null;
  let [count, bytes] = [0, 0];

  const faultOf = ({ takenAt, bytes }: Artifact): Odd | null => {
    if (takenAt.getTime() > nowMs + CLOCK_SLACK_MS) return 'future';
    return bytes < policy.minBytes ? 'too-small' : null;
  };

  function add(artifact: Artifact): void {
    if (!isText(artifact.key) || Number.isNaN(artifact.takenAt.getTime())) {
      odd['unknown-name'].add(shown(artifact.key));
      return;
    }
    const fault = faultOf(artifact);
    if (fault !== null) {
      odd[fault].add(artifact.key, artifact);
      return;
    }
    const known = insert(newest, artifact);
    if (known !== undefined) {
      if (isLater(artifact, known)) bytes += artifact.bytes - known.bytes;
      return;
    }
    count += 1;
    bytes += artifact.bytes;
    if (oldest === null || byTime(artifact, oldest) > 0) oldest = artifact;
    periods.add(artifact.takenAt.getTime());
    if (artifact.replication === 'failed') failed.add(artifact.key);
    if (artifact.replication === 'pending') {
      pending.add(artifact.key);
      if (oldestPending === null || artifact.storedAt < oldestPending) oldestPending = artifact.storedAt;
    }
    if (isMisplaced(artifact, policy.classes, nowMs)) misplaced.add(artifact.key);
  }

  return {
    add,
    odd: (kind, key) => odd[kind].add(shown(key)),
    done: () => ({
      newest: [...newest],
      oldest,
      count,
      bytes,
      periods: periods.done(),
      odd: {
        'unknown-name': odd['unknown-name'].done(),
        'too-small': odd['too-small'].done(),
        future: odd.future.done(),
        uploading: odd.uploading.done(),
      },
      failedCopies: failed.done(),
      pendingCopies: { ...pending.done(), oldestStoredAt: oldestPending },
      misplaced: misplaced.done(),
    }),
  };
}

/**
 * Keeps the newest, newest first. Returns the one of the same key that was there already: of two the one stored later
 * stays, or the larger, so that their order does not matter.
 */
function insert(newest: Artifact[], artifact: Artifact): Artifact | undefined {
  const last = newest.at(-1);
  if (newest.length === NEWEST && last !== undefined && byTime(artifact, last) > 0) return undefined;
  const known = newest.find(({ key }) => key === artifact.key);
  if (known !== undefined && !isLater(artifact, known)) return known;
  if (known !== undefined) newest.splice(newest.indexOf(known), 1);
  const place = newest.findIndex((other) => byTime(artifact, other) < 0);
  newest.splice(place < 0 ? newest.length : place, 0, artifact);
  if (newest.length > NEWEST) newest.pop();
  return known;
}

/** Newest first; of one time the greater key, so that every order of adding ends the same. */
function byTime(a: Artifact, b: Artifact): number {
  return b.takenAt.getTime() - a.takenAt.getTime() || (a.key < b.key ? 1 : -1);
}

function isLater(a: Artifact, b: Artifact): boolean {
  return (a.storedAt.getTime() - b.storedAt.getTime() || a.bytes - b.bytes) > 0;
}

function isMisplaced(artifact: Artifact, classes: ListingPolicy['classes'], nowMs: number): boolean {
  if (classes === undefined || artifact.storageClass === null) return false;
  const age = nowMs - artifact.storedAt.getTime();
  const at = (ms: number) => classes.find(({ until }) => until === undefined || ms < until)?.class;
  return ![at(age), at(age - CLASS_SLACK_MS)].includes(artifact.storageClass);
}

/** Counts keys and keeps the greatest few, which are the newest where names begin with a date. */
function createKeys() {
  let count = 0;
  let newest: Artifact | undefined;
  const examples: string[] = [];

  function keep(key: string): void {
    const last = examples.at(-1);
    if (examples.length === EXAMPLES && last !== undefined && key <= last) return;
    if (examples.includes(key)) return;
    const place = examples.findIndex((other) => other < key);
    examples.splice(place < 0 ? examples.length : place, 0, key);
    if (examples.length > EXAMPLES) examples.pop();
  }

  return {
    add: (key: string, artifact?: Artifact): void => {
      count += 1;
      keep(key);
      if (artifact === undefined) return;
      if (newest === undefined || byTime(artifact, newest) < 0) newest = artifact;
    },
    done: (): OddKeys => ({ count, examples: [...examples], ...(newest === undefined ? {} : { newest }) }),
  };
}

/** The periods of the plan's tiers in which there is an artifact. Longer ago than a tier reaches none is kept. */
function createPeriods({ retention, schedule }: ListingPolicy, nowMs: number) {
  const phase = phaseOf(schedule);
  const tiers = TIERS.map((tier) => {
    const copies = retention?.[tier] ?? 0;
    const first = periodOf(tier, nowMs, phase) - copies - 1;
    return {
      tier,
      found: new Set<number>(),
      sinceMs: copies === 0 ? Infinity : periodStart(tier, first, phase),
    };
  });
  const sorted = (wanted: Tier): readonly number[] =>
    tiers.filter(({ tier }) => tier === wanted).flatMap(({ found }) => [...found].sort((a, b) => a - b));

  return {
    add: (ms: number): void => {
      for (const { tier, found, sinceMs } of tiers) if (ms >= sinceMs) found.add(periodOf(tier, ms, phase));
    },
    done: (): Listing['periods'] => ({
      hourly: sorted('hourly'),
      daily: sorted('daily'),
      weekly: sorted('weekly'),
      monthly: sorted('monthly'),
      yearly: sorted('yearly'),
    }),
  };
}

/**
 * Where a day is counted from, in milliseconds after midnight UTC: shortly before its first slot. So a run that starts late
 * still belongs to its own day, and one before midnight to no other than yesterday's.
 */
export function phaseOf(schedule: ListingPolicy['schedule']): number {
  return schedule === undefined ? 0 : phaseMs(schedule) - CLOCK_SLACK_MS;
}

/** The number since 1970 of the hour, day, week, month or year in which an instant lies. */
export function periodOf(tier: Tier, ms: number, phase: number): number {
  const at = ms - phase;
  if (tier === 'hourly') return Math.floor(at / HOUR);
  if (tier === 'daily') return Math.floor(at / DAY);
  if (tier === 'weekly') return Math.floor((at / DAY + MONDAY) / 7);
  const date = new Date(at);
  const years = date.getUTCFullYear() - 1970;
  return tier === 'monthly' ? years * 12 + date.getUTCMonth() : years;
}

/** When a period begins, in milliseconds since 1970. */
export function periodStart(tier: Tier, period: number, phase: number): number {
  if (tier === 'hourly') return period * HOUR + phase;
  if (tier === 'daily') return period * DAY + phase;
  if (tier === 'weekly') return (period * 7 - MONDAY) * DAY + phase;
  return (tier === 'monthly' ? Date.UTC(1970, period) : Date.UTC(1970 + period, 0)) + phase;
}
