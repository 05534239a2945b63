import { durationText } from '../duration.ts';
import type { JobRun, Listing, Seen } from '../inventory.ts';
import { intervalMs } from '../schedule.ts';
import type { Verdict } from '../verdict.ts';
import { ageMs, type Check, type Rule } from './check.ts';
import { isDue, isNeverSeen, lossOf, neverSeen, oddFacts, whyEmpty } from './listed.ts';
import { placeOf, primaryOf, producerOf, standbyOf, toolOf } from './places.ts';
import { type About, type Place, speaker, unreadable } from './say.ts';
import { quantile } from './statistics.ts';
import { instantText } from './words.ts';

/** R4 and R5: does everything answer, and what do the runs say of themselves? */

const MINUTE = 60_000;
/** Fewer say nothing of what is usual. */
const ENOUGH_RUNS = 5;
/** A run is not stuck before this, however short its like usually are. */
const LEAST_STUCK_MS = 5 * MINUTE;

/** One place that is asked, and what it answered; several parts of the inventory may come from one. */
export interface Source {
  readonly object: string;
  readonly place: Place;
  readonly parts: readonly (Seen<unknown> | undefined)[];
}

/**
 * R4. What cannot be read is "not known" and never healthy, and so is a place in which no backup was ever found though one is
 * due, and a heartbeat that stopped. One verdict for each place that is asked.
 */
export const lostSignal: Rule = (check) => [
  ...sourcesOf(check).flatMap((source) => answers(check.about, source, [])),
  ...firstPlace(check),
  ...heartbeat(check),
];

/** One place's verdict; none where nothing of it applies. */
export function answers(
  about: About,
  { object, place, parts }: Source,
  facts: readonly string[],
): readonly Verdict[] {
  const { say } = speaker(about, 'R4', { [object]: `answer of ${place.name}` });
  const lost = parts.flatMap((part) => (part?.state === 'unreadable' ? part : []));
  // What nobody reads yet must not hide what could not be read.
  const worst = lost.find(({ cause }) => cause !== 'no-source') ?? lost[0];
  if (worst !== undefined) {
    return [
      say(object, {
        ...unreadable(worst, place),
        health: 'unknown',
        title: `${place.name} cannot be read`,
        consequence: 'Whether its backups are good is not known',
      }),
    ];
  }
  return parts.some((part) => part !== undefined)
    ? [say(object, { health: 'ok', text: `${place.name} answers`, facts })]
    : [];
}

function sourcesOf(check: Check): readonly Source[] {
  const { backup, inventory } = check;
  return [
    ...backup.locations.slice(1).map((location) => ({
      object: location.id,
      place: placeOf(location),
      parts: [inventory.copies?.[location.id]],
    })),
    { object: 'jobs', place: producerOf(backup), parts: [inventory.jobs] },
    { object: 'wal', place: toolOf(check, 'pg-archiver'), parts: [inventory.wal] },
    { object: 'rds', place: toolOf(check, 'rds'), parts: [inventory.rds] },
    { object: 'standby', place: standbyOf(check), parts: [inventory.standby] },
  ];
}

function firstPlace(check: Check): readonly Verdict[] {
  const { about, component, inventory } = check;
  const { listing, shape, protection } = inventory;
  const location = primaryOf(check);
  const source = { object: location.id, place: placeOf(location), parts: [listing, shape, protection] };
  if (listing?.state !== 'seen' || !isNeverSeen(check)) return answers(about, source, factsOf(listing));
  if (!isDue(check)) return answers(about, source, [whyEmpty(check), ...oddFacts(listing.value)]);
  const { say } = speaker(about, 'R4', { [location.id]: `backups of ${component.name}` });
  return [
    say(location.id, {
      ...neverSeen(check, listing.value),
      health: 'unknown',
      title: `no backup of ${component.name} was ever found`,
      consequence: lossOf(check),
      cause: `${source.place.name} has no backup of ${component.name}`,
    }),
  ];
}

function factsOf(listing: Seen<Listing> | undefined): readonly string[] {
  return listing?.state === 'seen' ? oddFacts(listing.value) : [];
}

/** Who speaks for a backup speaks by heartbeats or notices. Silence counts from the last word, or from when the plan came. */
function heartbeat(check: Check): readonly Verdict[] {
  const { backup, component, firstSeenAt, inventory, now } = check;
  const every = backup.heartbeat?.every;
  const { jobs } = inventory;
  if (every === undefined || jobs?.state !== 'seen') return [];
  const { say } = speaker(check.about, 'R4', { heartbeat: `heartbeat of the backup of ${component.name}` });
  const beats = jobs.value
    .filter(({ from }) => from === 'heartbeat' || from === 'sns')
    .map((run) => run.endedAt ?? run.startedAt);
  const last = new Date(Math.max(firstSeenAt.getTime(), ...beats.map(Number)));
  const limit = every + (backup.schedule?.grace ?? every / 10);
  const ms = ageMs(check, last);
  const lost = ms > limit;
  const due = new Date(last.getTime() + limit);
  const ago = `${instantText(last, now)}, ${durationText(ms)} ago; limit ${durationText(limit)}`;
  const never = beats.length === 0;
  const heard = never ? `No heartbeat yet, expected by ${instantText(due, now)}` : `Last heartbeat at ${ago}`;
  return [
    say('heartbeat', {
      health: lost ? 'unknown' : 'ok',
      title: never
        ? `no heartbeat of the backup of ${component.name} comes`
        : `heartbeat of the backup of ${component.name} stopped`,
      text: lost ? `not known: no heartbeat since ${ago}` : heard,
      since: due,
      measure: { kind: 'age', value: ms, limit, unit: 'ms' },
      cause: lost ? `no heartbeat of ${component.name}` : null,
    }),
  ];
}

/**
 * R5. Critical at once when a run failed, or runs far longer than such runs do (twice their p99; without
 * enough of them the distance of two slots). A good backup taken since mends it: signals are no proof, it is. Only where no
 * listing tells of backups another run of the same teller has to do.
 */
export const failedJob: Rule = (check) => {
  const { component, inventory, backup, good, now } = check;
  const voice = speaker(check.about, 'R5', { job: `runs of the backup of ${component.name}` });
  const { jobs } = inventory;
  if (jobs === undefined) return [];
  if (jobs.state === 'unreadable') return voice.unknown(unreadable(jobs, producerOf(backup)));
  const newest = newestOfEach(jobs.value);
  const asked = inventory.listing?.state === 'seen' ? newestFirst(jobs.value) : newest;
  const failed = asked.find((run) => run.state === 'failed' && !isMended(run, check));
  if (failed !== undefined) {
    const at = failed.endedAt ?? failed.startedAt;
    return [
      voice.say('job', {
        health: 'critical',
        title: `backup job of ${component.name} failed`,
        text: `Run of ${instantText(failed.startedAt, now)} failed: ${failed.reason ?? 'no reason was given'}`,
        consequence: lossOf(check),
        since: at,
        facts: [`Told by ${TELLERS[failed.from]}`, ...(good === null ? ['No good backup is left'] : [])],
      }),
    ];
  }
  const limit = stuckAfter(check, jobs.value);
  const running = newest.find((run) => run.state === 'running' && !isMended(run, check));
  const ms = running === undefined ? 0 : ageMs(check, running.startedAt);
  if (running !== undefined && ms > limit) {
    return [
      voice.say('job', {
        health: 'critical',
        title: `backup job of ${component.name} does not end`,
        text: `Runs for ${durationText(ms)}, limit ${durationText(limit)}`,
        consequence: lossOf(check),
        since: new Date(running.startedAt.getTime() + limit),
        measure: { kind: 'duration', value: ms, limit, unit: 'ms' },
        facts: [`Began ${instantText(running.startedAt, now)}`, `Told by ${TELLERS[running.from]}`],
      }),
    ];
  }
  return [voice.say('job', { health: 'ok', text: okText(newest, check) })];
};

const TELLERS: Readonly<Record<JobRun['from'], string>> = {
  cronJob: 'the CronJob',
  heartbeat: 'a heartbeat',
  sns: 'an SNS message',
  tool: 'the backup tool',
};

function newestFirst(runs: readonly JobRun[]): readonly JobRun[] {
  return runs.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
}

/** One run may be told of by several, in different words and at slightly different times. */
function newestOfEach(runs: readonly JobRun[]): readonly JobRun[] {
  const newest = new Map<JobRun['from'], JobRun>();
  for (const run of runs.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime()))
    newest.set(run.from, run);
  return [...newest.values()].reverse();
}

function isMended({ startedAt, endedAt }: JobRun, { good }: Check): boolean {
  return good !== null && good.takenAt > (endedAt ?? startedAt);
}

function stuckAfter({ backup: { schedule }, samples, now }: Check, runs: readonly JobRun[]): number {
  const told = runs.flatMap((run) =>
    run.state === 'done' && run.endedAt !== null ? run.endedAt.getTime() - run.startedAt.getTime() : [],
  );
  const measured = samples.flatMap(({ durationMs }) => durationMs ?? []);
  const durations = told.length < ENOUGH_RUNS ? measured : told;
  if (durations.length >= ENOUGH_RUNS) return Math.max(quantile(durations, 0.99) * 2, LEAST_STUCK_MS);
  return schedule === undefined ? Infinity : intervalMs(schedule, now);
}

function okText([newest]: readonly JobRun[], { now }: Check): string {
  if (newest === undefined) return 'No run has been told of, and none that failed';
  const state = {
    running: 'is running',
    done: 'is done',
    failed: 'failed, and a good backup was taken since',
  };
  return `Run of ${instantText(newest.startedAt, now)} ${state[newest.state]}`;
}
