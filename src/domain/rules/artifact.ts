import { durationText } from '../duration.ts';
import type { Artifact, Listing, Sample, Shape } from '../inventory.ts';
import { intervalMs } from '../schedule.ts';
import type { Check, Rule } from './check.ts';
import { isNeverSeen, lossOf, neverSeen, newestFacts } from './listed.ts';
import { placeOf, primaryOf } from './places.ts';
import { type Said, speaker, unreadable, whenSeen } from './say.ts';
import { median, quantile } from './statistics.ts';
import { instantText, nameOf, percentText, sizeText } from './words.ts';

/** R6, R7 and R8: what the newest backup looks like from outside and from inside, and how long it took. */

const MINUTE = 60_000;
/** gzip of no input at all: what `failing | gzip` leaves behind (X3). */
const EMPTY_GZIP_BYTES = 20;
const COMPARED = 7;
const ENOUGH_SIZES = 3;
const ENOUGH_DURATIONS = 5;
/** Short runs vary by more than a share of themselves. */
const LEAST_LONGER_MS = MINUTE;

/**
 * R6. The newest against the middle of the last seven before it (at least three): off by more than the warning share in either
 * direction is a warning; short by more than the critical share, smaller than the plan's floor, or a gzip of nothing is
 * critical. A step that lasts is the new middle after four backups.
 */
export const size: Rule = (check) => {
  const { component, inventory } = check;
  const voice = speaker(check.about, 'R6', { size: `size of the newest backup of ${component.name}` });
  return whenSeen(inventory.listing, voice, placeOf(primaryOf(check)), (listing) => {
    const tiny = tinyOf(check, listing);
    const [newest] = check.listed;
    const said =
      tiny !== null ? tinySaid(check, tiny) : newest !== undefined ? sizeSaid(check, newest) : null;
    if (said !== null)
      return [voice.say('size', { ...said, facts: [...(said.facts ?? []), ...newestFacts(check, listing)] })];
    return voice.unknown(
      isNeverSeen(check) ? neverSeen(check, listing) : { text: 'not known: no backup is left' },
    );
  });
};

/**
 * One that is too small to be listed as a backup, when it is the last that was made; or a listed gzip of nothing. Where the
 * plan has no floor and nothing larger was ever there, they are marks of a sync that is whole, and empty by design.
 */
function tinyOf({ backup, listed: [newest], samples }: Check, { odd }: Listing): Artifact | null {
  const small = odd['too-small'].newest;
  if (small !== undefined && (newest === undefined || small.takenAt > newest.takenAt)) return small;
  if (newest === undefined || newest.bytes > EMPTY_GZIP_BYTES) return null;
  return backup.minBytes > 0 || samples.some(({ bytes }) => bytes > EMPTY_GZIP_BYTES) ? newest : null;
}

function tinySaid(check: Check, tiny: Artifact): Said {
  const { minBytes } = check.backup;
  const like = tiny.bytes <= EMPTY_GZIP_BYTES ? ', no more than a gzip of nothing' : '';
  const floor = Math.max(minBytes, EMPTY_GZIP_BYTES + 1);
  return {
    health: 'critical',
    title: `newest backup of ${check.component.name} is empty`,
    text: `Size ${sizeText(tiny.bytes)}${like}; at least ${sizeText(floor)} is a backup`,
    consequence: lossOf(check),
    since: tiny.storedAt,
    measure: { kind: 'size', value: tiny.bytes, limit: floor, unit: 'bytes' },
    facts: [`Too small: ${nameOf(tiny)}`],
  };
}

function sizeSaid({ backup, component, samples, now }: Check, newest: Artifact): Said {
  const compared = samples
    .filter(
      ({ key, takenAt, bytes }) =>
        key !== newest.key && takenAt <= newest.takenAt && bytes > EMPTY_GZIP_BYTES,
    )
    .slice(0, COMPARED);
  if (compared.length < ENOUGH_SIZES) {
    const text = `Size ${sizeText(newest.bytes)}, too few earlier ones to compare with (${compared.length} of ${ENOUGH_SIZES})`;
    return { health: 'ok', text };
  }
  const middle = median(compared.map(({ bytes }) => bytes));
  const off = newest.bytes / middle - 1;
  const { warning, critical } = backup.alerts.size;
  const health = off < -critical ? 'critical' : Math.abs(off) > warning ? 'warning' : 'ok';
  const limit = health === 'critical' ? critical : warning;
  const side = off < 0 ? 'below' : 'above';
  return {
    health,
    title: `newest backup of ${component.name} is ${off < 0 ? 'smaller' : 'larger'} than usual`,
    text: `Size ${sizeText(newest.bytes)}, ${percentText(Math.abs(off))} ${side} the middle of the last ${compared.length} (${sizeText(middle)}); limit ${percentText(limit)}`,
    consequence: off < 0 ? `A restore of ${component.name} may bring back only a part of the data` : null,
    since: newest.storedAt,
    measure: {
      kind: 'size',
      value: newest.bytes,
      limit: middle * (1 + Math.sign(off) * limit),
      unit: 'bytes',
    },
    facts: [`Taken ${instantText(newest.takenAt, now)}`],
  };
}

/**
 * R7. What reading the newest from inside showed. A fault stays until a newer one has been read and is whole; before any was
 * read nothing is known, which wakes nobody.
 */
export const contents: Rule = (check) => {
  const { backup, component, inventory } = check;
  const { encryption } = backup.protection;
  const objects = encryption === undefined ? ['contents'] : ['contents', 'encryption'];
  const topics = objects.map((object) => [object, `${object} of the newest backup of ${component.name}`]);
  const voice = speaker<string>(check.about, 'R7', Object.fromEntries(topics));
  return whenSeen(inventory.shape, voice, placeOf(primaryOf(check)), (shape) => {
    if (shape === null) return voice.unknown({ text: 'not known: none has been read yet', alarms: false });
    const whole = voice.say('contents', wholeSaid(check, shape));
    return encryption === undefined
      ? [whole]
      : [whole, voice.say('encryption', encryptionSaid(check, shape, encryption))];
  });
};

function wholeSaid(check: Check, shape: Shape): Said {
  const read = instantText(shape.readAt, check.now);
  const facts = [`${nameOf(shape)}, read ${read}`, ...unreadYet(check, shape)];
  if (shape.refused === null) {
    const format = shape.format === null ? '' : `, format ${shape.format}`;
    return { health: 'ok', text: `Read whole ${read}${format}`, facts };
  }
  return {
    health: 'critical',
    title: `newest backup of ${check.component.name} cannot be restored`,
    text: `${nameOf(shape)} is refused: ${shape.refused}`,
    consequence: lossOf(check),
    since: shape.readAt,
    facts,
  };
}

function encryptionSaid({ component }: Check, { encryption, key }: Shape, asked: string): Said {
  const found = encryption?.algorithm ?? 'not encrypted';
  const good = isEncryption(found, asked);
  return {
    health: good ? 'ok' : 'critical',
    title: `newest backup of ${component.name} is not encrypted as the plan asks`,
    text: `Encryption of ${nameOf({ key })}: ${found}; asked ${asked}`,
    consequence: good ? null : 'Who can read the place can read the data',
  };
}

/** Keys of one's own are more than the store's own. */
export function isEncryption(found: string, asked: string): boolean {
  return found === asked || found.startsWith('aws:kms');
}

function unreadYet({ listed: [newest] }: Check, { key }: Shape): readonly string[] {
  return newest === undefined || newest.key === key ? [] : [`Not read yet: ${nameOf(newest)}`];
}

/**
 * R8. The newest run against the p95 of those before it (at least five), and against the distance to the next slot, which it
 * must not reach. A warning.
 */
export const duration: Rule = (check) => {
  const { backup, component, inventory, now } = check;
  const voice = speaker(check.about, 'R8', { duration: `duration of the backup of ${component.name}` });
  if (inventory.listing?.state === 'unreadable')
    return voice.unknown(unreadable(inventory.listing, placeOf(primaryOf(check))));
  const [newest, ...earlier] = timed(check);
  if (newest === undefined) return [];
  const slot = backup.schedule === undefined ? Infinity : intervalMs(backup.schedule, now);
  const usual = quantile(
    earlier.map(({ ms }) => ms),
    0.95,
  );
  const enough = earlier.length >= ENOUGH_DURATIONS;
  const longest = enough ? Math.max(usual * backup.alerts.duration, usual + LEAST_LONGER_MS) : Infinity;
  const limit = Math.min(longest, slot);
  const bad = newest.ms > limit;
  const bound = limit === Infinity ? 'too few earlier ones to compare with' : `limit ${durationText(limit)}`;
  return [
    voice.say('duration', {
      health: bad ? 'warning' : 'ok',
      title: `backup of ${component.name} takes too long`,
      text: `Took ${durationText(newest.ms)}, ${bound}`,
      consequence: newest.ms > slot ? 'The next run begins before this one is done' : null,
      since: newest.at,
      measure: limit === Infinity ? null : { kind: 'duration', value: newest.ms, limit, unit: 'ms' },
      facts: enough ? [`Usually up to ${durationText(usual)} (p95 of ${earlier.length})`] : [],
    }),
  ];
};

interface Timed {
  readonly at: Date;
  readonly ms: number;
}

/** Newest first: what the listing or history knows, or else what the runs told. */
function timed({ samples, inventory: { jobs } }: Check): readonly Timed[] {
  const measured = samples.flatMap((sample: Sample): readonly Timed[] =>
    sample.durationMs === null ? [] : [{ at: sample.takenAt, ms: sample.durationMs }],
  );
  if (measured.length > 0 || jobs?.state !== 'seen') return measured;
  return jobs.value.flatMap(({ state, startedAt, endedAt }): readonly Timed[] =>
    state === 'done' && endedAt !== null
      ? [{ at: startedAt, ms: endedAt.getTime() - startedAt.getTime() }]
      : [],
  );
}
