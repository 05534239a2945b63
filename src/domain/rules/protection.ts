import { durationText } from '../duration.ts';
import type { Protection } from '../inventory.ts';
import { isEncryption } from './artifact.ts';
import { ageMs, type Check, type Rule } from './check.ts';
import { placeOf, primaryOf } from './places.ts';
import { type Said, speaker, whenSeen } from './say.ts';
import { instantText } from './words.ts';

/**
 * R13. Each protection that the plan asks of the first place, on its own; all of them are critical. What is not asked gets no
 * verdict; what is asked and was not answered is not known.
 */
export const protection: Rule = (check) => {
  const { component, inventory } = check;
  const part = inventory.protection;
  const rows = askedOf(check, part?.state === 'seen' ? part.value : UNANSWERED);
  const topics = rows.map(({ object, topic }) => [object, `${topic} of backups of ${component.name}`]);
  const voice = speaker<string>(check.about, 'R13', Object.fromEntries(topics));
  return whenSeen(part, voice, placeOf(primaryOf(check)), () =>
    rows.map((row) => voice.say(row.object, saidOf(row, component.name))),
  );
};

/** Something the plan asks, and how the store's answer compares; null where it gave none. */
interface Row {
  readonly object: string;
  readonly topic: string;
  readonly found: Found | null;
  readonly consequence: string;
  /** Why nothing is found, where that is so of every store. */
  readonly unread?: string;
}

interface Found {
  readonly good: boolean;
  readonly text: string;
}

const UNANSWERED: Protection = {
  versioning: null,
  lock: null,
  encryption: null,
  keyTurnedAt: null,
  publicAccess: null,
  writerDelete: null,
};

function saidOf({ topic, found, consequence, unread }: Row, name: string): Said {
  if (found === null)
    return unread === undefined
      ? { health: 'unknown', text: `not known: the store does not tell the ${topic}` }
      : { health: 'unknown', text: `not known: ${unread}`, alarms: false };
  return {
    health: found.good ? 'ok' : 'critical',
    title: `${topic} of backups of ${name} is not as the plan asks`,
    text: found.text,
    consequence,
  };
}

function askedOf(check: Check, seen: Protection): readonly Row[] {
  const { versioning, lock, encryption, key, keyRotation, publicAccess, writerDelete } =
    check.backup.protection;
  const rows: readonly (Row | false)[] = [
    versioning === true && {
      object: 'versioning',
      topic: 'versioning',
      found: compare(seen.versioning, (on) => [on, `Versioning is ${on ? 'on' : 'off'}, asked on`]),
      consequence: 'What is overwritten or deleted is gone',
    },
    lock !== undefined && {
      object: 'lock',
      topic: 'object lock',
      found: compare(seen.lock, (is) => [
        is !== 'none' && is.ms >= lock.for && (is.mode === lock.mode || is.mode === 'COMPLIANCE'),
        `Object lock ${is === 'none' ? 'none' : lockText(is.mode, is.ms)}, asked ${lockText(lock.mode, lock.for)}`,
      ]),
      consequence: 'Who gets at the place can delete every backup',
    },
    encryption !== undefined && {
      object: 'encryption',
      topic: 'encryption',
      found: compare(seen.encryption, (is) => {
        const algorithm = is === 'none' ? 'none' : is.algorithm;
        return [isEncryption(algorithm, encryption), `Encryption ${algorithm}, asked ${encryption}`];
      }),
      consequence: 'Who can read the place can read the data',
    },
    key !== undefined && {
      object: 'key',
      topic: 'key',
      found: compare(seen.encryption, (is) => {
        const found = is === 'none' ? null : is.key;
        return [isKey(found, key), `Key ${found ?? 'none of its own'}, asked ${key}`];
      }),
      consequence: 'Who has the key of another environment can read the data',
    },
    keyRotation !== undefined && {
      object: 'key-age',
      topic: 'age of the key',
      found: compare(seen.keyTurnedAt, (at) => {
        const ms = ageMs(check, at);
        const turned = `Key turned ${instantText(at, check.now)}`;
        return [ms <= keyRotation, `${turned}, ${durationText(ms)} ago; limit ${durationText(keyRotation)}`];
      }),
      consequence: 'A key that leaked once stays good for long',
      // Nothing reads it yet, and what is known of a backup is not hidden by that.
      unread: 'no source yet',
    },
    publicAccess !== undefined && {
      object: 'public-access',
      topic: 'public access',
      found: compare(seen.publicAccess, (is) => [is === 'blocked', `Public access ${is}, asked blocked`]),
      consequence: 'Everybody may read the backups',
    },
    writerDelete !== undefined && {
      object: 'writer-delete',
      topic: 'right of the writer to delete',
      found: compare(seen.writerDelete, (is) => [
        is === 'denied',
        `Deleting is ${is} to the writer, asked denied`,
      ]),
      consequence: 'Who gets the credentials that write backups can delete them all',
    },
  ];
  return rows.filter((row) => row !== false);
}

function compare<Answer>(
  answer: Answer | null,
  how: (answer: Answer) => readonly [boolean, string],
): Found | null {
  if (answer === null) return null;
  const [good, text] = how(answer);
  return { good, text };
}

function lockText(mode: string, ms: number): string {
  return `${mode} for ${durationText(ms)}`;
}

/** A store answers with the whole ARN where a plan has the id or the alias. */
function isKey(found: string | null, asked: string): boolean {
  return found !== null && (found === asked || found.endsWith(`/${asked}`) || found.endsWith(`:${asked}`));
}
