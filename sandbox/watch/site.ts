import type { Artifact, Listing, Protection, Unreadable } from '../../src/domain/inventory.ts';
import { createListing, periodOf, phaseOf } from '../../src/domain/listing.ts';
import { type Backup, TIERS, type Tier } from '../../src/domain/plan-backup.ts';
import { slotAfter, slotsBefore } from '../../src/domain/schedule.ts';
import { takenAtOf } from '../../src/inventory/names.ts';
import { about, noise } from './noise.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
/** What is there when the watch begins: enough for every median and p95. */
const SLOTS_BEFORE = 40;
/** A copy is in its other places so long after. */
const COPIED_AFTER_MS = 8 * MINUTE;
/** Younger ones are not rotated away, whatever is kept of their day. */
const ROTATED_AFTER_MS = 2 * DAY;
/** Much less than what is told as a change of size, of monthly ones too. */
const GROWTH_A_DAY = 1.0005;

/** One backup as it was made. */
export interface Made extends Artifact {
  /** Its key without the place's prefix. */
  readonly name: string;
  readonly startedAt: Date;
  readonly tookMs: number;
  /** Why it cannot be restored; null when it is whole. */
  readonly refused: string | null;
  /** When it is in the other places; null while copying is stalled. */
  copiedAt: Date | null;
  /** Tiers of which it is the first of its period: what rotation keeps. */
  readonly firstOf: readonly Tier[];
  /** Storage class that somebody put it into by hand. */
  moved: string | null;
}

/** What can be wrong with one backup. A healthy one has none of it. */
export interface Ails {
  /** Nothing runs at its slots. */
  idle: boolean;
  /** What is made is larger, takes longer, or cannot be restored. */
  sizeFactor: number;
  durationFactor: number;
  refused: string | null;
  /** Nothing is copied to the other places. */
  notCopied: boolean;
  /** The name of one that is gone from the first place. */
  deleted: string | null;
  /** The first place does not answer. */
  unreadable: { readonly cause: Unreadable; readonly reason: string } | null;
  protection: Partial<Protection>;
  /** Since when what is written all the time (WAL, RDS) stands still. */
  stoppedAt: Date | null;
}

export type Site = ReturnType<typeof createSite>;

const USUAL: Readonly<Record<Backup['kind'], { readonly bytes: number; readonly ms: number }>> = {
  logical: { bytes: 380e6, ms: 6 * MINUTE },
  physical: { bytes: 2.1e9, ms: 11 * MINUTE },
  snapshot: { bytes: 950e6, ms: 5 * MINUTE },
  sync: { bytes: 120e6, ms: 2 * MINUTE },
  export: { bytes: 2.4e6, ms: MINUTE },
  wal: { bytes: 0, ms: 0 },
  git: { bytes: 0, ms: 0 },
};

/** One backup of one platform: its producer runs at each slot, copies go their way, and rotation deletes what is too old. */
export function createSite(system: string, backup: Backup, beginsAt: Date) {
  const { schedule } = backup;
  const ails: Ails = {
    idle: false,
    sizeFactor: 1,
    durationFactor: 1,
    refused: null,
    notCopied: false,
    deleted: null,
    unreadable: null,
    protection: {},
    stoppedAt: null,
  };
  const id = `${system}/${backup.id}`;
  const takenAt = takenAtOf(backup);
  const phase = phaseOf(schedule);
  let made: Made[] = [];
  let ranUntil = beginsAt;

  for (const slot of schedule === undefined ? [] : slotsBefore(schedule, beginsAt, SLOTS_BEFORE).toReversed())
    make(slot);
  rotate(beginsAt);

  /** What a run that begins now would make. It is in its place, and can be seen there, from `storedAt` on. */
  function planned(slot: Date): Made {
    const startedAt = seconds(slot.getTime() + (1 + noise(id, 'start', +slot) * 20) * SECOND);
    const usual = USUAL[backup.kind];
    const tookMs = Math.round(
      usual.ms * ails.durationFactor * about(0.08, id, 'took', +slot) + noise(id, +slot) * SECOND,
    );
    const storedAt = seconds(startedAt.getTime() + tookMs);
    const name = nameOf(backup, startedAt);
    const grown = GROWTH_A_DAY ** ((+slot - +beginsAt) / DAY);
    const bytes = Math.round(usual.bytes * grown * ails.sizeFactor * about(0.02, id, 'size', +slot));
    const at = backup.namePattern === undefined ? startedAt : (takenAt(name, storedAt) ?? startedAt);
    const last = made.at(-1);
    return {
      key: keyIn(backup.locations[0], name),
      name,
      takenAt: at,
      storedAt,
      // A marker tells that a sync is whole and has nothing in it.
      bytes: backup.minBytes === 0 ? 0 : bytes,
      durationMs: tellsDuration(backup) ? tookMs : null,
      storageClass: null,
      startedAt,
      tookMs,
      refused: ails.refused,
      copiedAt: ails.notCopied ? null : new Date(storedAt.getTime() + COPIED_AFTER_MS),
      firstOf: TIERS.filter(
        (tier) => last === undefined || periodOf(tier, +at, phase) !== periodOf(tier, +last.takenAt, phase),
      ),
      moved: null,
    };
  }

  function make(slot: Date): Made {
    const one = planned(slot);
    made.push(one);
    return one;
  }

  /** Lets time pass; returns what was begun at its slots. */
  function runUntil(now: Date): readonly Made[] {
    const begun: Made[] = [];
    while (schedule !== undefined) {
      const slot = slotAfter(schedule, ranUntil);
      if (slot > now) break;
      ranUntil = slot;
      if (!ails.idle) begun.push(make(slot));
    }
    ranUntil = now;
    // Who makes a new one deletes what is too old.
    if (begun.length > 0) rotate(now);
    return begun;
  }

  function rotate(now: Date): void {
    made = made.filter((one) => isKept(one, now));
  }

  function isKept({ takenAt: at, firstOf }: Made, now: Date): boolean {
    const { maxAge = Infinity, ...tiers } = backup.retention ?? {};
    if (+now - +at > maxAge) return false;
    if (+now - +at < ROTATED_AFTER_MS) return true;
    const kept = TIERS.filter((tier) => tiers[tier] !== undefined);
    return (
      kept.length === 0 ||
      kept.some((tier) => {
        const back = periodOf(tier, +now, phase) - periodOf(tier, +at, phase);
        return firstOf.includes(tier) && back <= (tiers[tier] ?? 0);
      })
    );
  }

  /** The first place, or with `copy` another one, as it is listed at a moment. */
  function list(now: Date, copy?: Backup['locations'][number]): Listing {
    const listing = createListing(backup, now);
    const isFirst = copy === undefined;
    const storedIn = (one: Made) => (isFirst ? one.storedAt : one.copiedAt);
    const there = made.flatMap((one) => {
      const storedAt = storedIn(one);
      const gone = isFirst && one.name === ails.deleted;
      return storedAt === null || storedAt > now || gone ? [] : [{ one, storedAt }];
    });
    // A Redis server has its last snapshot only.
    const only = isFirst && backup.locations[0]?.source === 'redis' ? there.slice(-1) : there;
    for (const { one, storedAt } of only) {
      const { name, takenAt: at, bytes, durationMs, moved } = one;
      const key = isFirst ? one.key : keyIn(copy, name);
      const storageClass = moved ?? classOf(backup, +now - +one.storedAt);
      listing.add({ key, takenAt: at, storedAt, bytes, durationMs, storageClass });
    }
    return listing.done();
  }

  function nextSlot(at: Date): Date {
    if (schedule === undefined) throw new Error(`${id} has no schedule`);
    return slotAfter(schedule, at);
  }

  return {
    backup,
    ails,
    runUntil,
    list,
    make,
    /** Those whose run has ended, newest first. */
    done: (now: Date): readonly Made[] => made.filter(({ storedAt }) => storedAt <= now).toReversed(),
    /** Copies that were stalled go on. */
    copyAll: (at: Date): void => {
      for (const one of made) one.copiedAt ??= new Date(at.getTime() + COPIED_AFTER_MS);
    },
    /** When the next scheduled run should begin. */
    nextSlot,
    /** What it will make, with what ails it now. */
    next: (at: Date): Made => planned(nextSlot(at)),
  };
}

/** As the plan names them. */
function nameOf({ namePattern, id }: Backup, at: Date): string {
  const iso = at.toISOString();
  const pattern = namePattern ?? `${id}-{YYYYmmdd_HHMMSS}`;
  const parts: Readonly<Record<string, string>> = {
    YYYY: iso.slice(0, 4),
    mm: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
    MM: iso.slice(14, 16),
    SS: iso.slice(17, 19),
  };
  return pattern.replace(/\{([^}]*)\}/g, (_, token: string) =>
    token === '*' ? 'gz' : token.replace(/YYYY|mm|dd|HH|MM|SS/g, (part) => parts[part] ?? part),
  );
}

function keyIn(location: Backup['locations'][number] | undefined, name: string): string {
  return location?.source === 's3' ? `${location.prefix}${name}` : name;
}

/** A listing of objects does not tell how long they took. */
function tellsDuration({ locations: [first] }: Backup): boolean {
  return first?.source !== 's3' && first?.source !== 'directory';
}

/** A store moves what has become old enough within a day. */
function classOf({ locations: [first], classes }: Backup, ageMs: number): string | null {
  if (first?.source !== 's3') return null;
  const old = ageMs - DAY / 2;
  return classes?.find(({ until }) => until === undefined || old < until)?.class ?? 'STANDARD';
}

function seconds(ms: number): Date {
  return new Date(Math.floor(ms / SECOND) * SECOND);
}
