import { durationText } from '../duration.ts';
import type { Listing } from '../inventory.ts';
import { slotAfter } from '../schedule.ts';
import type { Verdict } from '../verdict.ts';
import { ageMs, type Check } from './check.ts';
import { placeOf, primaryOf } from './places.ts';
import { type Speaker, type Unknown, whenSeen } from './say.ts';
import { dayText, instantText, lossText, nameOf, oddText, sizeText } from './words.ts';

/** What the rules that read the listing have in common: when it says nothing, and the facts they tell. */

const DAY = 24 * 3_600_000;

/** Judges the listing of the first location; "not known" too while there never was anything in it. */
export function whenListed(
  check: Check,
  speaker: Pick<Speaker<string>, 'unknown'>,
  judge: (listing: Listing) => readonly Verdict[],
): readonly Verdict[] {
  return whenSeen(check.inventory.listing, speaker, placeOf(primaryOf(check)), (listing) =>
    isNeverSeen(check) ? speaker.unknown(neverSeen(check, listing)) : judge(listing),
  );
}

export function isNeverSeen({ listed, inventory }: Check): boolean {
  return listed.length === 0 && inventory.history.length === 0;
}

/** An empty place may be the wrong one: nobody can say what is in the right one. */
export function neverSeen(check: Check, listing: Listing): Unknown {
  return { text: `not known: ${whyEmpty(check)}`, facts: oddFacts(listing) };
}

export function whyEmpty(check: Check): string {
  const expected = instantText(firstExpectedAt(check), check.now);
  return isDue(check)
    ? `no backup was ever found; the first was expected by ${expected}`
    : `no backup is expected before ${expected}`;
}

export function isDue(check: Check): boolean {
  return check.now > firstExpectedAt(check);
}

function firstExpectedAt({ backup, firstSeenAt, usualMs }: Check): Date {
  const { schedule, alerts } = backup;
  if (schedule === undefined) return new Date(firstSeenAt.getTime() + (alerts.age ?? DAY));
  return new Date(slotAfter(schedule, firstSeenAt).getTime() + usualMs + schedule.grace);
}

/** "If PostgreSQL fails now you lose 26 h 10 min of data"; null where no runbook restores from it. */
export function lossOf(check: Check): string | null {
  if (!check.restorable) return null;
  const { component, good } = check;
  return good === null
    ? `If ${component.name} fails now nothing of this backup can be restored`
    : lossText(component.name, ageMs(check, good.takenAt));
}

/** The newest good one, what is wrong with newer ones, what is promised, and whether it was ever restored. */
export function newestFacts(check: Check, listing: Listing): readonly string[] {
  return [
    ...goodFacts(check),
    ...refusedFacts(check),
    ...oddFacts(listing),
    ...objectiveFacts(check),
    ...(check.restorable ? [] : [NOT_RESTORED]),
  ];
}

export const NOT_RESTORED = 'No runbook restores from it, so it does not reduce the loss';

function goodFacts({ good, inventory, now }: Check): readonly string[] {
  const proved = inventory.restoreTests.find(({ outcome }) => outcome === 'done');
  const restored =
    proved === undefined ? 'never restored by a test' : `restore proved ${dayText(proved.endedAt)}`;
  return good === null
    ? ['No good backup is left']
    : [
        `Newest good: ${nameOf(good)}, ${instantText(good.takenAt, now)}, ${sizeText(good.bytes)}, ${restored}`,
      ];
}

function refusedFacts({ inventory: { shape } }: Check): readonly string[] {
  if (shape?.state !== 'seen' || shape.value === null || shape.value.refused === null) return [];
  return [`Refused: ${nameOf(shape.value)}: ${shape.value.refused}`];
}

/** Objects that lie there and are no backups. */
export function oddFacts({ odd }: Listing): readonly string[] {
  const said = [
    [odd['too-small'], 'too small'],
    [odd['unknown-name'], 'with a name the plan does not know'],
    [odd.future, 'dated in the future'],
    [odd.uploading, 'still being written'],
  ] as const;
  return said.flatMap(([keys, are]) => (keys.count === 0 ? [] : [oddText(keys, are)]));
}

export function objectiveFacts({ component: { objectives } }: Pick<Check, 'component'>): readonly string[] {
  return objectives === undefined ? [] : [`RPO ${durationText(objectives.rpo)}`];
}
