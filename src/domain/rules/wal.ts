import { durationText } from '../duration.ts';
import type { Wal } from '../inventory.ts';
import type { Verdict } from '../verdict.ts';
import { ageMs, type Check, type Rule } from './check.ts';
import { objectiveFacts } from './listed.ts';
import { toolOf } from './places.ts';
import { above, type Said, speaker, whenSeen } from './say.ts';
import { countText, instantText, lossText, sizeText } from './words.ts';

/** R9 and R10: what is written all the time, by the server itself and by RDS. */

const MINUTE = 60_000;
/** 64 segments are 1 GiB. */
const READY_SEGMENTS = 64;
const SLOT_BYTES = 1024 ** 3;

/** R9. Each part of the write-ahead log's way into the archive on its own; all of them are critical. */
export const wal: Rule = (check) => {
  const { name } = check.component;
  const voice = speaker(check.about, 'R9', {
    archive: `last archived WAL of ${name}`,
    archiver: `WAL archiver of ${name}`,
    backlog: `WAL of ${name} that waits to be archived`,
    gap: `WAL archive of ${name} without a hole`,
    timeline: `timeline of the WAL archive of ${name}`,
    slot: `replication slot of ${name}`,
  });
  return whenSeen(check.inventory.wal, voice, toolOf(check, 'pg-archiver'), (seen) => [
    ...archive(check, seen).map((said) => voice.say('archive', said)),
    voice.say('archiver', archiver(check, seen)),
    voice.say('backlog', backlog(check, seen)),
    voice.say('gap', {
      health: seen.gap === null ? 'ok' : 'critical',
      title: `WAL archive of ${name} has a hole`,
      text:
        seen.gap === null
          ? 'No segment is missing'
          : `Segment ${seen.gap} is missing in the archive; no hole is allowed`,
      consequence: `${name} cannot be restored to a point after the hole`,
    }),
    voice.say('timeline', timeline(check, seen)),
    voice.say('slot', slot(check, seen)),
  ]);
};

/** An idle server without an archive_timeout archives nothing, and what it wrote last may be lost. */
function archive(check: Check, { lastArchivedAt }: Wal): readonly Said[] {
  const { component, firstSeenAt, now } = check;
  const rpo = component.objectives?.rpo;
  if (rpo === undefined) return [];
  const limit = rpo / 2;
  const ms = ageMs(check, lastArchivedAt ?? firstSeenAt);
  const last =
    lastArchivedAt === null ? 'Nothing was ever archived' : `Last archived ${durationText(ms)} ago`;
  return [
    {
      health: above(ms, { critical: limit }),
      title: `WAL of ${component.name} is not archived`,
      text: `${last}; limit ${durationText(limit)}, half of the RPO`,
      consequence: lossText(component.name, ms),
      since: new Date(now.getTime() - ms + limit),
      measure: { kind: 'age', value: ms, limit, unit: 'ms' },
      facts: ['An idle server archives only if it has an archive_timeout', ...objectiveFacts(check)],
    },
  ];
}

function archiver({ component, now }: Check, { lastFailedAt, lastArchivedAt, failedCount }: Wal): Said {
  const fails =
    failedCount > 0 && lastFailedAt !== null && (lastArchivedAt === null || lastFailedAt > lastArchivedAt);
  return {
    health: fails ? 'critical' : 'ok',
    title: `WAL archiver of ${component.name} fails`,
    text: fails
      ? `archive_command failed last at ${instantText(lastFailedAt, now)}, ${countText(failedCount, 'time')} in all; no success since`
      : 'The last archive_command succeeded',
    consequence: `What ${component.name} writes now is in no backup, and its disk fills`,
    since: lastArchivedAt,
    facts: !fails && failedCount > 0 ? [`${countText(failedCount, 'failure')} in all`] : [],
  };
}

function backlog({ backup, component }: Check, { ready }: Wal): Said {
  if (ready === null) return notTold('how many segments wait');
  const limit = backup.alerts.readySegments ?? READY_SEGMENTS;
  return {
    health: above(ready, { critical: limit }),
    title: `WAL of ${component.name} waits to be archived`,
    text: `${countText(ready, 'segment')} ready to be archived; limit ${limit}`,
    consequence: `The disk of ${component.name} fills, and these changes are in no backup`,
    measure: { kind: 'count', value: ready, limit, unit: 'count' },
  };
}

function timeline({ component }: Check, { timeline: own, archiveTimeline: archived }: Wal): Said {
  if (own === null || archived === null) return notTold('of which timeline the archive is');
  return {
    health: own === archived ? 'ok' : 'critical',
    title: `WAL archive of ${component.name} is of another timeline`,
    text: `Timeline ${own} on the server, ${archived} in the archive; they must be the same`,
    consequence: `What ${component.name} wrote since it was promoted cannot be restored`,
  };
}

function slot({ backup, component }: Check, { slotBytes, slotActive }: Wal): Said {
  if (slotBytes === null && slotActive === null)
    return { health: 'ok', text: 'No replication slot holds WAL back' };
  const limit = backup.alerts.slotBytes ?? SLOT_BYTES;
  const held =
    slotBytes === null ? 'bytes not known' : `holds ${sizeText(slotBytes)}, limit ${sizeText(limit)}`;
  return {
    health: slotActive === false || (slotBytes ?? 0) > limit ? 'critical' : 'ok',
    title: `replication slot of ${component.name} ${slotActive === false ? 'has no reader' : 'falls behind'}`,
    text: `The slot ${slotActive === false ? 'is inactive, it must be active' : 'is in use'}; ${held}`,
    consequence: `The disk of ${component.name} fills with WAL that nobody fetches`,
    measure: slotBytes === null ? null : { kind: 'lag', value: slotBytes, limit, unit: 'bytes' },
  };
}

/** Alarms nobody, and ends no alert either: what was found before may well be so still. */
function notTold(what: string): Said {
  return { health: 'unknown', text: `not known: the server does not tell ${what}`, alarms: false };
}

/** RDS moves its restorable time every 5 minutes. */
const RDS_RESTORABLE_MS = 10 * MINUTE;
/** RDS keeps its automated backups no longer than this, whatever a plan wishes (C-20). */
const RDS_DAYS = 35;

/** R10. Point-in-time recovery of RDS, its retention and its read replica. */
export const rds: Rule = (check) => {
  const { backup, component, inventory } = check;
  const { name } = component;
  const voice = speaker(check.about, 'R10', {
    restorable: `restorable time of ${name}`,
    retention: `automated backups of ${name}`,
    replica: `read replica of ${name}`,
  });
  return whenSeen(inventory.rds, voice, toolOf(check, 'rds'), (seen) => {
    const verdicts: Verdict[] = [voice.say('restorable', restorable(check, seen.latestRestorableAt))];
    const declared = Math.min(backup.retention?.daily ?? 0, RDS_DAYS);
    if (declared > 0) {
      verdicts.push(
        voice.say('retention', {
          health: seen.retentionDays < declared ? 'critical' : 'ok',
          title: `automated backups of ${name} are kept too short`,
          text: `Kept ${countText(seen.retentionDays, 'day')}, declared ${countText(declared, 'day')}`,
          consequence: `${name} cannot be restored to a time longer ago`,
          measure: { kind: 'count', value: seen.retentionDays, limit: declared, unit: 'count' },
        }),
      );
    }
    const rpo = component.objectives?.rpo;
    if (seen.replicaLagMs !== null && rpo !== undefined) {
      verdicts.push(
        voice.say('replica', {
          health: above(seen.replicaLagMs, { critical: rpo }),
          title: `read replica of ${name} is too far behind`,
          text: `Lag ${durationText(seen.replicaLagMs)}, limit ${durationText(rpo)} (RPO)`,
          consequence: `A failover loses ${durationText(seen.replicaLagMs)} of data`,
          measure: { kind: 'lag', value: seen.replicaLagMs, limit: rpo, unit: 'ms' },
        }),
      );
    }
    return verdicts;
  });
};

function restorable(check: Check, at: Date | null): Said {
  const { name } = check.component;
  const limit = durationText(RDS_RESTORABLE_MS);
  const title = `${name} cannot be restored to a recent time`;
  if (at === null) {
    const text = `RDS tells no restorable time; limit ${limit}`;
    return {
      health: 'critical',
      title,
      text,
      consequence: `If ${name} fails now no point in time can be restored`,
    };
  }
  const ms = ageMs(check, at);
  return {
    health: above(ms, { critical: RDS_RESTORABLE_MS }),
    title,
    text: `Latest restorable time is ${durationText(ms)} old, limit ${limit}`,
    consequence: lossText(name, ms),
    since: new Date(at.getTime() + RDS_RESTORABLE_MS),
    measure: { kind: 'age', value: ms, limit: RDS_RESTORABLE_MS, unit: 'ms' },
  };
}
