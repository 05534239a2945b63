import { durationText } from '../duration.ts';
import type { Coverage, RegionReadiness, Seen, StandbyLag } from '../inventory.ts';
import type { Plan } from '../plan.ts';
import type { Verdict } from '../verdict.ts';
import type { Check, Rule, Subject } from './check.ts';
import { same, standbyOf } from './places.ts';
import { type About, type Place, type Said, speaker, whenSeen } from './say.ts';
import { answers } from './signals.ts';
import { countText, sizeText, someOf } from './words.ts';

/** R15, R16 and R18, and R4 of what they read: rules of a system rather than of one of its backups. */

export interface SystemLook {
  readonly coverage?: Seen<Coverage>;
  readonly region?: Seen<RegionReadiness>;
  /** By component. */
  readonly standbys?: Readonly<Record<string, Seen<StandbyLag>>>;
}

type System = Pick<Plan, 'system' | 'name' | 'components' | 'drRegion'>;

/** Judges what was seen of a system as a whole. */
export function judgeSystem(plan: System, look: SystemLook): readonly Verdict[] {
  const about = { system: plan.system, backup: null };
  const { coverage, region, standbys = {} } = look;
  const asked = plan.components.flatMap((component) => {
    const part = standbys[component.id];
    return part === undefined ? [] : { component, part, place: standbyOf({ component }) };
  });
  return [
    ...asked.flatMap(({ component: { id }, part, place }) => signal(about, `standby/${id}`, place, part)),
    ...signal(about, 'region', regionPlace(plan), region),
    ...signal(about, 'coverage', COVERAGE, coverage),
    ...asked.flatMap(({ component, part }) => standbyVerdicts(about, component, part, `${component.id}/`)),
    ...regionVerdicts(about, plan, region),
    ...coverageVerdicts(about, plan, coverage),
  ];
}

function signal(
  about: About,
  object: string,
  place: Place,
  part: Seen<unknown> | undefined,
): readonly Verdict[] {
  return answers(about, { object, place, parts: [part] }, []);
}

/** R15, where the standby was asked together with a backup. */
export const standby: Rule = ({ about, component, inventory }: Check) =>
  standbyVerdicts(about, component, inventory.standby, '');

/**
 * R15. Critical when nothing is received, when its slot has no reader, or when it lags by more than the plan's limit or the
 * RPO. A standby that has every byte does not lag, however long ago the last write was.
 */
function standbyVerdicts(
  about: About,
  component: Subject['component'],
  part: Seen<StandbyLag> | undefined,
  prefix: string,
): readonly Verdict[] {
  const { name } = component;
  const [lag, receiver, slot] = [`${prefix}lag`, `${prefix}receiver`, `${prefix}slot`];
  const voice = speaker<string>(about, 'R15', {
    [lag]: `lag of the standby of ${name}`,
    [receiver]: `receiver of the standby of ${name}`,
    [slot]: `replication slot of the standby of ${name}`,
  });
  return whenSeen(part, voice, standbyOf({ component }), (seen) => [
    voice.say(lag, lagSaid(component, seen)),
    voice.say(receiver, {
      health: seen.receiving ? 'ok' : 'critical',
      title: `standby of ${name} receives nothing`,
      text: `The receiver is ${seen.receiving ? 'running' : 'down, it must run'}`,
      consequence: `A promotion loses everything since it stopped`,
    }),
    voice.say(
      slot,
      seen.slotActive === null
        ? { health: 'unknown', text: 'not known: only the primary can tell' }
        : {
            health: seen.slotActive ? 'ok' : 'critical',
            title: `replication slot of the standby of ${name} has no reader`,
            text: `The slot is ${seen.slotActive ? 'active' : 'inactive, it must be active'}`,
            consequence: `The disk of ${name} fills with WAL that nobody fetches`,
          },
    ),
  ]);
}

function lagSaid(
  { name, objectives, standby: planned }: Subject['component'],
  { ms, bytes }: StandbyLag,
): Said {
  if (ms === null && bytes === null)
    return { health: 'unknown', text: 'not known: the server does not tell the lag' };
  const lags: readonly Lag[] = [
    {
      kind: 'ms',
      value: ms === null || bytes === 0 ? 0 : ms,
      limit: Math.min(planned?.maxLag.time ?? Infinity, objectives?.rpo ?? Infinity),
      text: durationText,
    },
    { kind: 'bytes', value: bytes ?? 0, limit: planned?.maxLag.bytes ?? Infinity, text: sizeText },
  ];
  const limited = lags.filter(({ limit }) => limit < Infinity);
  const worst = limited.find(({ value, limit }) => value > limit) ?? limited[0];
  const told = lags.map(({ value, text }) => text(value)).join(', ');
  const limits = limited.map(({ limit, text }) => text(limit)).join(', ');
  return {
    health: worst !== undefined && worst.value > worst.limit ? 'critical' : 'ok',
    title: `standby of ${name} is too far behind`,
    text: `Lag ${told}; limit ${limits === '' ? 'not in the plan' : limits}`,
    consequence: `A promotion loses ${told} of changes`,
    measure:
      worst === undefined ? null : { kind: 'lag', value: worst.value, limit: worst.limit, unit: worst.kind },
  };
}

interface Lag {
  readonly kind: 'ms' | 'bytes';
  readonly value: number;
  readonly limit: number;
  readonly text: (value: number) => string;
}

function regionPlace({ name, drRegion }: System): Place {
  return same(`recovery region ${drRegion?.name ?? `of ${name}`}`);
}

/**
 * R16. What would stop a take-over is critical: no health, images or secrets that are not there, a zone that cannot be written.
 * Too little capacity is a warning, because it can be asked for. Only what the plan names is judged.
 */
function regionVerdicts(
  about: About,
  plan: System,
  part: Seen<RegionReadiness> | undefined,
): readonly Verdict[] {
  const place = regionPlace(plan);
  const rows = readiness(plan, part?.state === 'seen' ? part.value : UNSEEN);
  const topics = rows.map(({ object }) => [object, `${object} of ${place.name}`]);
  const voice = speaker<string>(about, 'R16', Object.fromEntries(topics));
  return whenSeen(part, voice, place, () =>
    rows.map((row) => voice.say(row.object, rowSaid(row, plan, place))),
  );
}

function rowSaid(
  { object, good, bad = 'critical', text, facts = [] }: Row,
  { name }: System,
  place: Place,
): Said {
  if (good === null) return { health: 'unknown', text: 'not known: no source yet', alarms: false };
  return {
    health: good ? 'ok' : bad,
    title: `${place.name} is not ready: ${object}`,
    text,
    consequence: `If its own region fails now ${name} cannot be moved`,
    facts,
  };
}

interface Row {
  readonly object: string;
  /** Null: nothing reads it yet. */
  readonly good: boolean | null;
  readonly bad?: 'warning' | 'critical';
  readonly text: string;
  readonly facts?: readonly string[];
}

const UNSEEN: RegionReadiness = {
  health: null,
  healthReason: null,
  missingImages: null,
  missingSecrets: null,
  dnsWritable: null,
  capacity: null,
};

function readiness({ drRegion }: System, seen: RegionReadiness): readonly Row[] {
  const { health, images = [], secrets = [], dnsZone } = drRegion ?? {};
  const rows: readonly (Row | false)[] = [
    health !== undefined && {
      object: 'health',
      good: seen.health === null ? null : seen.health === 'ok',
      text: `Health ${seen.health}, asked ok`,
      facts: seen.healthReason === null ? [] : [seen.healthReason],
    },
    images.length > 0 && { object: 'images', ...thereOf('image', seen.missingImages, images.length) },
    secrets.length > 0 && { object: 'secrets', ...thereOf('secret', seen.missingSecrets, secrets.length) },
    dnsZone !== undefined && {
      object: 'dns',
      good: seen.dnsWritable,
      text: `Zone ${dnsZone} is ${seen.dnsWritable ? '' : 'not '}writable, asked writable`,
    },
    seen.capacity !== null && {
      object: 'capacity',
      good: seen.capacity === 'enough',
      bad: 'warning',
      text: `Capacity ${seen.capacity}, asked enough`,
    },
  ];
  return rows.filter((row) => row !== false);
}

function thereOf(one: string, missing: readonly string[] | null, asked: number): Pick<Row, 'good' | 'text'> {
  if (missing === null) return { good: null, text: '' };
  return {
    good: missing.length === 0,
    text: `${countText(missing.length, one)} missing of ${asked}${missing.length === 0 ? '' : `: ${someOf(missing)}`}`,
  };
}

const COVERAGE = same('the list of databases and volumes');

/** R18. A warning for each thing that lies about and that no plan knows; one that is fine while there is none. */
function coverageVerdicts(
  about: About,
  { name }: System,
  part: Seen<Coverage> | undefined,
): readonly Verdict[] {
  const everything = speaker(about, 'R18', { everything: `coverage of ${name}` });
  return whenSeen(part, everything, COVERAGE, ({ uncovered }) => {
    if (uncovered.length === 0) {
      return [
        everything.say('everything', { health: 'ok', text: 'Nothing is there that no plan knows; limit 0' }),
      ];
    }
    return uncovered.map(({ kind, name: thing, where }) => {
      const object = `${kind}/${where}/${thing}`;
      return speaker<string>(about, 'R18', { [object]: `coverage of ${thing}` }).say(object, {
        health: 'warning',
        title: `${kind} "${thing}" is in no plan`,
        text: `The ${kind} "${thing}" in ${where} is neither in a plan nor in the list of things to ignore`,
        consequence: `If it is lost nobody has a backup of it that ${name} knows of`,
      });
    });
  });
}
