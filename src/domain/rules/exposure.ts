import { durationText } from '../duration.ts';
import type { Artifact } from '../inventory.ts';
import { longestIntervalMs } from '../schedule.ts';
import { ageMs, type Check, type Rule, reachOf, type Subject } from './check.ts';
import { lossOf, NOT_RESTORED, whenListed } from './listed.ts';
import { toolOf } from './places.ts';
import { above, type Said, speaker, whenSeen } from './say.ts';
import { instantText, lossText, nameOf, sizeText } from './words.ts';

/** R3 and R17: what would be lost if it failed now, and how long a restore would wait for the store. */

const HOUR = 3_600_000;
/** Of the RPO, from which on it is a warning. */
const WARNING_SHARE = 0.8;
/** How long a store takes to make an object readable again (its standard retrieval). */
const THAW_MS: Readonly<Record<string, number>> = { GLACIER: 5 * HOUR, DEEP_ARCHIVE: 12 * HOUR };
const BYTES_PER_MS = 50e3;

/**
 * R3. What is lost is what came after the newest point that can be restored. Critical beyond the RPO, a warning from 80% of
 * it on, and neither while the plan's own schedule cannot do better: a daily dump under an RPO of 5 minutes is one lasting
 * fault of the plan (`planGaps`), told as a fact of every verdict, and not an alert of each night.
 */
export const exposure: Rule = (check) => {
  const rpo = check.component.objectives?.rpo;
  if (rpo === undefined) return [];
  const voice = speaker(check.about, 'R3', { loss: `possible loss of ${check.component.name}` });
  const judge = (point: Date | null) => [voice.say('loss', lossSaid(check, rpo, point))];
  const { wal, rds } = check.inventory;
  if (wal !== undefined) {
    return whenSeen(wal, voice, toolOf(check, 'pg-archiver'), (seen) => judge(seen.lastArchivedAt));
  }
  if (rds !== undefined) {
    return whenSeen(rds, voice, toolOf(check, 'rds'), (seen) => judge(seen.latestRestorableAt));
  }
  return whenListed(check, voice, () => judge(check.good?.takenAt ?? null));
};

function lossSaid(check: Check, rpo: number, point: Date | null): Said {
  const { component, now } = check;
  const facts = planGaps(check).flatMap(({ kind, text }) => (kind === 'thaw' ? [] : text));
  if (!check.restorable) return { health: 'ok', text: NOT_RESTORED, facts };
  if (point === null) {
    return {
      health: 'critical',
      title: `nothing of ${component.name} can be restored`,
      text: `No restore point is left; RPO ${durationText(rpo)}`,
      consequence: lossOf(check),
      facts,
    };
  }
  const reach = reachOf(check, point)?.lateMs ?? 0;
  const limits = { warning: Math.max(rpo * WARNING_SHARE, reach), critical: Math.max(rpo, reach) };
  const ms = ageMs(check, point);
  const health = above(ms, limits);
  const near = health === 'warning';
  const allowed = reach > rpo ? `by its schedule at most ${durationText(reach)}` : `RPO ${durationText(rpo)}`;
  return {
    health,
    title: `${component.name} would lose ${near ? 'nearly all that' : 'more than'} its RPO allows`,
    text: `Newest restore point is ${durationText(ms)} old; ${allowed}`,
    consequence: lossText(component.name, ms),
    since: new Date(point.getTime() + (near ? limits.warning : limits.critical)),
    measure: { kind: 'loss', value: ms, limit: limits.critical, unit: 'ms' },
    facts: [`Newest restore point: ${instantText(point, now)}`, ...facts],
  };
}

/** Where a plan promises what it cannot keep, however well everything runs. */
export interface PlanGap {
  readonly kind: 'rpo' | 'age' | 'thaw';
  readonly text: string;
}

/** The lasting faults of a backup's plan entry. They need no look at anything and are alerts of no night. */
export function planGaps(subject: Pick<Subject, 'backup' | 'component' | 'restorable'>): readonly PlanGap[] {
  const { backup, component, restorable } = subject;
  const { schedule, alerts, classes = [] } = backup;
  const { rpo = Infinity, rto = Infinity } = (restorable && component.objectives) || {};
  const gaps: PlanGap[] = [];
  if (schedule !== undefined) {
    const interval = longestIntervalMs(schedule);
    const most = interval + schedule.grace;
    const every = `A backup every ${durationText(interval)}`;
    if (most > rpo) {
      const text = `${every} leaves up to ${durationText(most)} without one; RPO ${durationText(rpo)}`;
      gaps.push({ kind: 'rpo', text });
    }
    if (alerts.age !== undefined && alerts.age < interval) {
      gaps.push({ kind: 'age', text: `${every} cannot keep the age limit of ${durationText(alerts.age)}` });
    }
  }
  const cold = classes.find((entry) => thawOf(entry.class) > rto);
  if (cold !== undefined) {
    const text = `Storage class ${cold.class} takes ${durationText(thawOf(cold.class))} to thaw; RTO ${durationText(rto)}`;
    gaps.push({ kind: 'thaw', text });
  }
  return gaps;
}

/**
 * R17. The newest good backup, and the ones a runbook would take instead, must be readable within the RTO. Those that the plan
 * itself puts into a cold class at their age are a fault of the plan and only told.
 */
export const thaw: Rule = (check) => {
  const { backup, component, listed, restorable, now } = check;
  const rto = component.objectives?.rto;
  if (!restorable || rto === undefined) return [];
  const voice = speaker(check.about, 'R17', { thaw: `time to fetch a backup of ${component.name}` });
  return whenListed(check, voice, () => {
    const intended = ({ storedAt, storageClass }: Artifact) =>
      backup.classes?.some(({ class: name, until = Infinity }, index, all) => {
        const from = all[index - 1]?.until ?? 0;
        const old = ageMs({ now }, storedAt);
        return name === storageClass && old >= from && old < until;
      }) === true;
    const slow = listed.filter((artifact) => readableIn(artifact) > rto);
    const [worst] = slow
      .filter((artifact) => artifact === check.good || !intended(artifact))
      .sort((a, b) => readableIn(b) - readableIn(a));
    if (worst === undefined) {
      const facts = planGaps(check).flatMap(({ kind, text }) => (kind === 'thaw' ? text : []));
      return [
        voice.say('thaw', { health: 'ok', text: `Readable within the RTO of ${durationText(rto)}`, facts }),
      ];
    }
    const ms = readableIn(worst);
    return [
      voice.say('thaw', {
        health: 'warning',
        title: `a backup of ${component.name} cannot be read within the RTO`,
        text: `${nameOf(worst)} is in ${worst.storageClass}: ${durationText(ms)} to thaw and fetch, RTO ${durationText(rto)}`,
        consequence: `A restore of ${component.name} begins after ${durationText(ms)} at the earliest`,
        measure: { kind: 'duration', value: ms, limit: rto, unit: 'ms' },
        facts: [`Size ${sizeText(worst.bytes)}`],
      }),
    ];
  });
};

function thawOf(storageClass: string | null): number {
  return THAW_MS[storageClass ?? ''] ?? 0;
}

function readableIn({ storageClass, bytes }: Artifact): number {
  const thawMs = thawOf(storageClass);
  return thawMs === 0 ? 0 : thawMs + bytes / BYTES_PER_MS;
}
