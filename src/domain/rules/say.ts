import type { Seen, Unreadable } from '../inventory.ts';
import type { Health, RuleId, Verdict } from '../verdict.ts';

/** Whose verdicts they are; no backup where the rule is of the system itself. */
export interface About {
  readonly system: string;
  readonly backup: string | null;
}

/** What a rule says of one object. What is left out is null, empty or the object's topic. */
export type Said = Pick<Verdict, 'health' | 'text'> &
  Partial<Pick<Verdict, 'title' | 'consequence' | 'since' | 'measure' | 'facts' | 'cause' | 'alarms'>>;

/** Why something is not known. */
export type Unknown = Omit<Said, 'health'>;

/** Says verdicts of one rule. The topics name each object it judges: "size of the newest backup of PostgreSQL". */
export interface Speaker<Objects extends string> {
  say(object: Objects, said: Said): Verdict;
  /** The same of all its objects. */
  unknown(why: Unknown): readonly Verdict[];
}

const FACTS_AT_MOST = 6;

export function speaker<Objects extends string>(
  about: About,
  rule: RuleId,
  topics: Readonly<Record<Objects, string>>,
): Speaker<Objects> {
  const verdict = (object: string, topic: string, said: Said): Verdict => ({
    rule,
    ...about,
    object,
    health: said.health,
    title: titleOf(topic, said),
    text: said.text,
    consequence: said.health === 'ok' ? null : (said.consequence ?? null),
    since: said.health === 'ok' ? null : (said.since ?? null),
    measure: said.measure ?? null,
    facts: (said.facts ?? []).slice(0, FACTS_AT_MOST),
    cause: said.cause ?? null,
    alarms: said.alarms ?? true,
  });
  return {
    say: (object, said) => verdict(object, topics[object], said),
    unknown: (why) =>
      Object.entries<string>(topics).map(([object, topic]) =>
        verdict(object, topic, { ...why, health: 'unknown' }),
      ),
  };
}

/** A rule writes only the title of what is wrong. */
function titleOf(topic: string, { health, title = topic }: Said): string {
  if (health === 'ok') return topic;
  return health === 'unknown' && title === topic ? `${topic} is not known` : title;
}

/** Judges a part of the inventory: nothing where it does not apply, "not known" where it could not be read. */
export function whenSeen<Value>(
  part: Seen<Value> | undefined,
  { unknown }: Pick<Speaker<string>, 'unknown'>,
  place: Place,
  judge: (value: Value) => readonly Verdict[],
): readonly Verdict[] {
  if (part === undefined) return [];
  return part.state === 'seen' ? judge(part.value) : unknown(unreadable(part, place));
}

/** Where a part is read: in words, and what fails together with it. */
export interface Place {
  readonly name: string;
  readonly shared: string;
}

/** What a whole region, server or cluster may do at once. The rest is of one place alone. */
const TOGETHER: readonly Unreadable[] = ['denied', 'throttled', 'unreachable', 'timeout'];

const REASONS: Readonly<Record<Unreadable, string>> = {
  denied: 'refuses access',
  gone: 'is not there',
  'wrong-region': 'is in another region',
  throttled: 'asks to slow down',
  unreachable: 'does not answer',
  timeout: 'did not answer in time',
  malformed: 'answers what cannot be read',
  'no-source': 'is read by nothing yet',
};

/** "not known: S3 in eu-west-1 refuses access". Verdicts of one outage have the same cause. */
export function unreadable(part: Extract<Seen<never>, { state: 'unreadable' }>, place: Place): Unknown {
  const cause = `${TOGETHER.includes(part.cause) ? place.shared : place.name} ${REASONS[part.cause]}`;
  if (part.cause === 'no-source') return { text: 'not known: no source yet', cause, alarms: false };
  return { text: `not known: ${cause}`, cause, facts: [part.reason] };
}

/** The health of a number that should stay below its limits. */
export function above(
  value: number,
  limits: { readonly warning?: number; readonly critical?: number },
): Health {
  if (limits.critical !== undefined && value > limits.critical) return 'critical';
  return limits.warning !== undefined && value > limits.warning ? 'warning' : 'ok';
}
