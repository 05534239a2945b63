import { durationText } from '../duration.ts';
import type { Artifact } from '../inventory.ts';
import type { Schedule } from '../plan-backup.ts';
import { slotAfter, slotsBefore } from '../schedule.ts';
import { ageMs, type Check, type Rule, reachOf, slackMs } from './check.ts';
import { lossOf, newestFacts, whenListed } from './listed.ts';
import { above, type Speaker, speaker } from './say.ts';
import { countText, instantText, nameOf } from './words.ts';

/** R1 and R2: is there a backup for each slot, and is the newest one young enough? */

/** As far back as slots in a row are counted. */
const SLOTS = 8;

interface Slot {
  readonly at: Date;
  /** When it counts as missed: it had its usual time and its grace. */
  readonly dueAt: Date;
  readonly taken: readonly Artifact[];
}

/**
 * R1. A slot is missed when nothing was taken from shortly before it until the next one, and its usual time and its grace are
 * over. One is a warning, two in a row are critical. A backup that was taken since, late or by hand, mends it.
 */
export const missingSlot: Rule = (check) => {
  const { backup, component, firstSeenAt, now } = check;
  const { schedule } = backup;
  if (schedule === undefined) return [];
  const voice = speaker(check.about, 'R1', { slot: `backup of ${component.name} by its schedule` });
  return whenListed(check, voice, (listing) => {
    const slots = slotsOf(check, schedule).filter(({ at }) => at >= firstSeenAt);
    const since = slots.findIndex(({ taken }) => taken.length > 0);
    const missed = (since < 0 ? slots : slots.slice(0, since)).filter(({ dueAt }) => now > dueAt);
    const [last] = missed;
    const first = missed.at(-1);
    if (last === undefined || first === undefined) return [onTime(voice, slots, schedule, check)];
    return [
      voice.say('slot', {
        health: missed.length > 1 ? 'critical' : 'warning',
        title: `backup of ${component.name} is missing`,
        text:
          missed.length > 1
            ? `No backup for ${countText(missed.length, 'slot')} in a row, the first of ${instantText(first.at, now)}; limit 1 slot`
            : `No backup for the slot of ${instantText(last.at, now)}, expected by ${instantText(last.dueAt, now)}`,
        consequence: lossOf(check),
        since: first.dueAt,
        measure: { kind: 'count', value: missed.length, limit: 1, unit: 'count' },
        facts: newestFacts(check, listing),
      }),
    ];
  });
};

/** Newest first. */
function slotsOf(check: Check, schedule: Schedule): readonly Slot[] {
  const { listed, now, usualMs } = check;
  const slack = slackMs(schedule, now);
  let end = slotAfter(schedule, now);
  return slotsBefore(schedule, now, SLOTS).map((at) => {
    const [from, to] = [at.getTime() - slack, end.getTime()];
    end = at;
    return {
      at,
      dueAt: new Date(at.getTime() + usualMs + schedule.grace),
      taken: listed.filter(({ takenAt }) => takenAt.getTime() >= from && takenAt.getTime() < to),
    };
  });
}

function onTime(voice: Speaker<'slot'>, slots: readonly Slot[], schedule: Schedule, { now }: Check) {
  const newest = slots.find(({ taken }) => taken.length > 0);
  const [artifact] = newest?.taken ?? [];
  if (newest === undefined || artifact === undefined) {
    return voice.say('slot', {
      health: 'ok',
      text: `No slot is missed; the next is ${instantText(slotAfter(schedule, now), now)}`,
    });
  }
  const more = newest.taken.length > 1;
  return voice.say('slot', {
    health: 'ok',
    text: `The slot of ${instantText(newest.at, now)} has its backup, taken ${instantText(artifact.takenAt, now)}`,
    facts: more
      ? [`${countText(newest.taken.length, 'backup')} in one slot: ${newest.taken.map(nameOf).join(', ')}`]
      : [],
  });
}

/**
 * R2. The age counts from when the newest good backup began. It is a warning from the time its successor is late (C-03) and
 * critical at the plan's limit (J-44, A-80), or after two slots. A limit that a punctual schedule cannot keep is moved to
 * what it can: that is a fault of the plan (`planGaps`) and not of each night.
 */
export const age: Rule = (check) => {
  const { backup, component, good } = check;
  if (backup.alerts.age === undefined && backup.schedule === undefined) return [];
  const voice = speaker(check.about, 'R2', { age: `age of the newest good backup of ${component.name}` });
  return whenListed(check, voice, (listing) => {
    const facts = newestFacts(check, listing);
    if (good === null) {
      return [
        voice.say('age', {
          health: 'critical',
          title: `no good backup of ${component.name} is left`,
          text: 'No good backup is left, at least 1 is needed',
          consequence: lossOf(check),
          facts,
        }),
      ];
    }
    const { warning, critical } = ageLimits(check, good.takenAt);
    const ms = ageMs(check, good.takenAt);
    const health = above(ms, { warning, critical });
    const late = health === 'warning';
    return [
      voice.say('age', {
        health,
        title: `newest good backup of ${component.name} is ${late ? 'older than its schedule' : 'too old'}`,
        text: `Age ${durationText(ms)}${late ? `, expected within ${durationText(warning)}` : ''}, limit ${durationText(critical)}`,
        consequence: lossOf(check),
        since: new Date(good.takenAt.getTime() + (late ? warning : critical)),
        measure: { kind: 'age', value: ms, limit: critical, unit: 'ms' },
        facts,
      }),
    ];
  });
};

function ageLimits(check: Check, takenAt: Date): { readonly warning: number; readonly critical: number } {
  const { age: declared = Infinity } = check.backup.alerts;
  const reach = reachOf(check, takenAt);
  if (reach === null) return { warning: declared, critical: declared };
  const twoSlots = reach.lateMs + reach.interval;
  const critical = declared === Infinity ? twoSlots : Math.max(declared, reach.punctualMs);
  return { warning: Math.min(reach.lateMs, critical), critical };
}
