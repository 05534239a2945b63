import { durationText } from '../duration.ts';
import type { Artifact, Listing } from '../inventory.ts';
import { periodOf, periodStart, phaseOf } from '../listing.ts';
import { type Retention, TIERS, type Tier } from '../plan-backup.ts';
import { slotAfter } from '../schedule.ts';
import type { Verdict } from '../verdict.ts';
import { ageMs, type Check, type Rule } from './check.ts';
import { whenListed } from './listed.ts';
import { type Said, speaker } from './say.ts';
import { countText, dayText, instantText, monthText, nameOf, oddText, someOf } from './words.ts';

/** R12: are as many kept as the plan says, and none too long? */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** As tools count them that keep "12 months" as 360 days: an older one may be gone. */
const SHORTEST_MS: Readonly<Record<Tier, number>> = {
  hourly: HOUR,
  daily: DAY,
  weekly: 7 * DAY,
  monthly: 30 * DAY,
  yearly: 365 * DAY,
};
/** A store deletes what has expired once a day. */
const DELETED_WITHIN_MS = DAY;
/** More holes need not be found to say that there are too many. */
const HOLES = 10;

/**
 * R12. For each tier: of the last n periods none may be without a backup. That says at once that there are enough of them, that
 * the oldest reaches back far enough, that there is no hole, and that the newest is there when it is due. Not asked for are
 * periods without a slot, periods before the plan came into force (older backups may be there, and cannot be missed), and
 * what a tool that counts in days had to delete. Locations of the role "archive" count too. All of it is a warning.
 */
export const retention: Rule = (check) => {
  const { backup, component } = check;
  const { classes, retention: kept = {} } = backup;
  const asked = [
    ...TIERS.filter((tier) => kept[tier] !== undefined),
    ...(kept.maxAge === undefined ? [] : ['max-age']),
    ...(classes === undefined ? [] : ['storage-class']),
  ];
  const topics = asked.map((object) => [object, `${object} retention of ${component.name}`]);
  const voice = speaker<string>(check.about, 'R12', Object.fromEntries(topics));
  return whenListed(check, voice, (listing) => {
    const verdicts: Verdict[] = TIERS.flatMap((tier) => {
      const copies = kept[tier];
      return copies === undefined ? [] : voice.say(tier, tierSaid(check, listing, tier, copies));
    });
    if (kept.maxAge !== undefined)
      verdicts.push(voice.say('max-age', maxAgeSaid(check, listing, kept.maxAge)));
    if (classes !== undefined) verdicts.push(voice.say('storage-class', classSaid(check, listing)));
    return verdicts;
  });
};

function tierSaid(check: Check, listing: Listing, tier: Tier, copies: number): Said {
  const { backup, component } = check;
  const archives = backup.locations.slice(1).filter(({ role }) => role === 'archive');
  const seen = archives.map(({ id }) => check.inventory.copies?.[id]);
  const found = new Set(
    [listing, ...seen.flatMap((copy) => (copy?.state === 'seen' ? copy.value : []))].flatMap(
      (each) => each.periods[tier],
    ),
  );
  const holes = holesOf(check, tier, copies, found);
  if (holes.length === 0) {
    return {
      health: 'ok',
      text: `Every period of the last ${copies} ${tier} ones that had a slot has its backup`,
    };
  }
  // What may be in an archive that cannot be read is not missing for sure.
  if (seen.some((copy) => copy?.state === 'unreadable')) {
    return {
      health: 'unknown',
      text: `not known: the archive cannot be read; ${missingText(tier, holes, copies)} elsewhere`,
    };
  }
  return {
    health: 'warning',
    title: `${tier} backups of ${component.name} are missing`,
    text: missingText(tier, holes, copies),
    consequence: `${component.name} cannot be restored as it was then`,
    measure: { kind: 'count', value: holes.length, limit: 0, unit: 'count' },
  };
}

function missingText(tier: Tier, holes: readonly string[], copies: number): string {
  const many = holes.length === HOLES ? 'at least ' : '';
  return `${many}${holes.length} of the last ${copies} ${tier} backups missing: ${someOf(holes)}; limit 0`;
}

/** The names of the periods that should have a backup and have none, newest first, at most `HOLES`. */
function holesOf(check: Check, tier: Tier, copies: number, found: ReadonlySet<number>): readonly string[] {
  const { backup, now } = check;
  const phase = phaseOf(backup.schedule);
  const newest = periodOf(tier, now.getTime(), phase);
  const holes: string[] = [];
  for (let period = newest; period > newest - copies && holes.length < HOLES; period -= 1) {
    if (found.has(period)) continue;
    if (periodStart(tier, period + 1, phase) <= check.firstSeenAt.getTime()) break;
    const span = { from: periodStart(tier, period, phase), to: periodStart(tier, period + 1, phase) };
    if (now.getTime() >= span.from + copies * SHORTEST_MS[tier]) continue;
    const due = firstDue(check, span);
    if (due !== null) holes.push(periodName(tier, due));
  }
  return holes;
}

/** The first slot of a period since the plan came into force, once it had its time; null before, or when there is none. */
function firstDue(check: Check, { from, to }: { readonly from: number; readonly to: number }): Date | null {
  const { backup, firstSeenAt, now, usualMs } = check;
  const { schedule } = backup;
  if (schedule === undefined)
    return from >= firstSeenAt.getTime() && to <= now.getTime() ? new Date(from) : null;
  const slot = slotAfter(schedule, new Date(Math.max(from, firstSeenAt.getTime()) - 1));
  const dueMs = slot.getTime() + usualMs + schedule.grace;
  return slot.getTime() < to && now.getTime() > dueMs ? slot : null;
}

/** A period is called by when its first backup should have begun. */
function periodName(tier: Tier, slot: Date): string {
  if (tier === 'hourly') return `${dayText(slot)} ${slot.toISOString().slice(11, 16)}`;
  if (tier === 'daily') return dayText(slot);
  if (tier === 'weekly') return `week of ${dayText(slot)}`;
  return tier === 'monthly' ? monthText(slot) : String(slot.getUTCFullYear());
}

/** The oldest of all places: what must be gone must be gone everywhere (J-148). */
function maxAgeSaid(check: Check, listing: Listing, maxAge: NonNullable<Retention['maxAge']>): Said {
  const { component, inventory, now } = check;
  const copies = Object.values(inventory.copies ?? {}).flatMap((copy) =>
    copy.state === 'seen' ? copy.value : [],
  );
  const [oldest] = [listing, ...copies]
    .flatMap((each): readonly Artifact[] => (each.oldest === null ? [] : [each.oldest]))
    .sort((a, b) => a.takenAt.getTime() - b.takenAt.getTime());
  if (oldest === undefined) return { health: 'ok', text: 'Nothing is kept' };
  const ms = ageMs(check, oldest.takenAt);
  return {
    health: ms > maxAge + DELETED_WITHIN_MS ? 'warning' : 'ok',
    title: `backups of ${component.name} are kept too long`,
    text: `Oldest is ${durationText(ms)} old, limit ${durationText(maxAge)} and a day for its deletion`,
    consequence: 'Data that should be gone can still be restored',
    since: new Date(oldest.takenAt.getTime() + maxAge),
    measure: { kind: 'age', value: ms, limit: maxAge, unit: 'ms' },
    facts: [`${nameOf(oldest)}, taken ${instantText(oldest.takenAt, now)}`],
  };
}

function classSaid({ component }: Check, { misplaced }: Listing): Said {
  const { count } = misplaced;
  return {
    health: count > 0 ? 'warning' : 'ok',
    title: `backups of ${component.name} are in another storage class than planned`,
    text:
      count > 0
        ? `${oddText(misplaced, 'in the wrong storage class for their age')}; limit 0`
        : 'All are in the storage class of their age',
    measure: { kind: 'count', value: count, limit: 0, unit: 'count' },
    facts:
      count > 0 ? [`${countText(count, 'object')} cost more, or take longer to fetch, than planned`] : [],
  };
}
