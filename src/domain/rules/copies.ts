import { durationText } from '../duration.ts';
import type { Artifact, Listing } from '../inventory.ts';
import { CLOCK_SLACK_MS } from '../listing.ts';
import type { Location } from '../plan-backup.ts';
import type { Verdict } from '../verdict.ts';
import { ageMs, type Check, type Rule } from './check.ts';
import { whenListed } from './listed.ts';
import { placeOf, primaryOf } from './places.ts';
import { type Said, speaker, whenSeen } from './say.ts';
import { countText, instantText, nameOf, oddText } from './words.ts';

/** R11: is every backup in its other places too? */

const HOUR = 3_600_000;

/**
 * R11. Critical when the newest backup that had its time (`alerts.copyWithin`, an hour by default) is missing in a copy, or when
 * the store says of its own replication that it failed or still waits; a warning when a copy holds fewer, by more than what is
 * on its way and one slot. An archive may hold other ones than the first place does: of it only the newest is asked.
 */
export const copies: Rule = (check) => [...inOtherPlaces(check), ...byTheStore(check)];

function inOtherPlaces(check: Check): readonly Verdict[] {
  const { backup, component, inventory } = check;
  return backup.locations.slice(1).flatMap((location) => {
    const { id } = location;
    const voice = speaker<string>(check.about, 'R11', { [id]: `copy of ${component.name} in "${id}"` });
    return whenSeen(inventory.copies?.[id], voice, placeOf(location), (copy) =>
      whenListed(check, voice, (listing) => [voice.say(id, copySaid(check, listing, copy, location))]),
    );
  });
}

function byTheStore(check: Check): readonly Verdict[] {
  const { backup, component, inventory } = check;
  // Whether there is any replication at all only the listing tells, or that the plan has a second place.
  if (inventory.listing?.state !== 'seen' && backup.locations.length < 2) return [];
  const voice = speaker(check.about, 'R11', { replication: `replication of backups of ${component.name}` });
  return whenSeen(inventory.listing, voice, placeOf(primaryOf(check)), (listing) =>
    replicated(check, listing).map((said) => voice.say('replication', said)),
  );
}

function withinMs({ backup }: Check): number {
  return backup.alerts.copyWithin ?? HOUR;
}

function copySaid(
  check: Check,
  listing: Listing,
  copy: Listing,
  { id, role, failureDomain }: Location,
): Said {
  const { component, listed, now } = check;
  const within = withinMs(check);
  const settled = listed.find(({ storedAt }) => ageMs(check, storedAt) > within);
  const consequence = `If the first place is lost, so is what is missing in "${id}" (${failureDomain})`;
  const isThere = role === 'copy' ? isCopy : isAsNew;
  if (settled !== undefined && !copy.newest.some((artifact) => isThere(artifact, settled))) {
    const [newest] = copy.newest;
    return {
      health: 'critical',
      title: `a backup of ${component.name} is missing in "${id}"`,
      text: `${nameOf(settled)} is not there after ${durationText(ageMs(check, settled.storedAt))}, limit ${durationText(within)}`,
      consequence,
      since: new Date(settled.storedAt.getTime() + within),
      measure: { kind: 'lag', value: ageMs(check, settled.storedAt), limit: within, unit: 'ms' },
      facts: [
        newest === undefined
          ? 'No backup is there'
          : `Newest there: ${nameOf(newest)}, ${instantText(newest.takenAt, now)}`,
      ],
    };
  }
  const underway = listed.filter(({ storedAt }) => ageMs(check, storedAt) <= within).length;
  const fewer = listing.count - copy.count;
  const counts = `${countText(copy.count, 'backup')} of ${listing.count}`;
  if (role === 'copy' && fewer > underway + 1) {
    return {
      health: 'warning',
      title: `"${id}" holds fewer backups of ${component.name}`,
      text: `${counts} are there; limit ${underway + 1} fewer`,
      consequence,
      measure: { kind: 'count', value: fewer, limit: underway + 1, unit: 'count' },
    };
  }
  const newest = settled === undefined ? 'Nothing is old enough to be missed' : `${nameOf(settled)} is there`;
  return { health: 'ok', text: `${newest}; ${counts}` };
}

/** A copy has the name or the time of its original; prefixes and stores' own times differ. */
function isCopy(a: Artifact, b: Artifact): boolean {
  return nameOf(a) === nameOf(b) || a.takenAt.getTime() === b.takenAt.getTime();
}

/** An archive gets them by a way of its own, under names of its own. */
function isAsNew(a: Artifact, b: Artifact): boolean {
  return nameOf(a) === nameOf(b) || a.takenAt.getTime() >= b.takenAt.getTime() - CLOCK_SLACK_MS;
}

/** What the store itself says of its replication, where it does or should. */
function replicated(check: Check, { failedCopies, pendingCopies, newest }: Listing): readonly Said[] {
  const { backup, component } = check;
  const told = newest.some(({ replication = null }) => replication !== null);
  if (!told && backup.locations.length < 2 && failedCopies.count + pendingCopies.count === 0) return [];
  const within = withinMs(check);
  const since = pendingCopies.oldestStoredAt;
  const waits = since === null ? 0 : ageMs(check, since);
  const consequence = 'If the first place is lost, so are these backups';
  if (failedCopies.count > 0) {
    return [
      {
        health: 'critical',
        title: `replication of backups of ${component.name} fails`,
        text: `${oddText(failedCopies, 'failed to be copied')}; limit 0`,
        consequence,
        measure: { kind: 'count', value: failedCopies.count, limit: 0, unit: 'count' },
      },
    ];
  }
  if (since !== null && waits > within) {
    return [
      {
        health: 'critical',
        title: `replication of backups of ${component.name} is late`,
        text: `${oddText(pendingCopies, 'waiting to be copied')}, the oldest for ${durationText(waits)}; limit ${durationText(within)}`,
        consequence,
        since: new Date(since.getTime() + within),
        measure: { kind: 'lag', value: waits, limit: within, unit: 'ms' },
      },
    ];
  }
  const waiting =
    pendingCopies.count === 0 ? 'No copy waits or failed' : oddText(pendingCopies, 'waiting to be copied');
  return [{ health: 'ok', text: waiting }];
}
