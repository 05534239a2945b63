import { type Alert, applyAlert } from '../../src/domain/alert.ts';
import { type AlertEvent, type AlertHealth, toldOf } from '../../src/domain/alert-events.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import type { AlertView } from '../../src/domain/views.ts';
import { people, samplePlan } from './sample-plan.ts';
import type { Texts } from './sample-story.ts';

/** The other night of CARDS §10: the dump of 23 Nov is empty. */
export const night = (time: string): Date => new Date(`2026-11-23T${time}.000Z`);
const iso = (time: string): string => night(time).toISOString();
export const HOUR = 3_600_000;
export const MINUTE = 60_000;

/** Janua with a nightly dump that a restore test proves. */
export function watchedPlan() {
  return samplePlan({
    backups: [
      {
        id: 'pg-daily',
        component: 'postgres',
        kind: 'logical',
        schedule: { cron: '0 2 * * *' },
        locations: [
          {
            id: 'eu-west-1',
            source: 's3',
            connection: 'backups',
            prefix: 'postgres/',
            role: 'primary',
            failureDomain: 'eu-west-1',
          },
        ],
        namePattern: 'postgres_janua_{YYYYmmdd_HHMMSS}.sql.gz',
        alerts: { age: '25h' },
        provenance: ['J-44'],
      },
    ],
    restoreTests: [{ id: 'monthly', title: 'Restore the nightly dump', backup: 'pg-daily' }],
  });
}

/** The rule that speaks at 04:10; facts come from the store and from the plan. */
export function tooOld(changes: Partial<Verdict> = {}, texts: Partial<Texts> = {}): Verdict {
  const { fact } = texts;
  return {
    rule: 'R2',
    system: 'janua',
    backup: 'pg-daily',
    object: 'pg-daily',
    health: 'critical',
    title: fact ?? 'newest good backup of PostgreSQL is too old',
    text: fact ?? 'Age 26 h 10 min, limit 25 h',
    consequence: fact ?? 'If the database fails now you lose 26 h 10 min of data',
    since: night('03:00:00'),
    measure: { kind: 'age', value: 26 * HOUR + 10 * MINUTE, limit: 25 * HOUR, unit: 'ms' },
    facts: [
      fact ??
        "Last night's dump `postgres_janua_20261123_020004.sql.gz` is empty (20 bytes). The producer reported success",
      'Newest good: postgres_janua_20261122_020003.sql.gz, 22 Nov 02:00 UTC, 38.1 MB, restore proved 14 Nov',
      'RPO 5 min',
    ],
    cause: null,
    alarms: true,
    ...changes,
  };
}

/** Events of one alert from 03:00 on, in the order of the names. */
export function alertAfter(
  verdict: Verdict,
  events: readonly AlertEvent[] = [],
  { id = 'ALT-12', group = null }: { id?: string; group?: string | null } = {},
): Alert {
  const health: AlertHealth = verdict.health === 'ok' ? 'warning' : verdict.health;
  const { rule, system, backup, object } = verdict;
  const fired: AlertEvent = {
    kind: 'alert.fired',
    rule,
    system,
    backup,
    object,
    health,
    told: toldOf(verdict, health),
    group,
    escalate: [
      { afterMs: 0, to: 'ana' },
      { afterMs: 85 * MINUTE, to: 'ben' },
    ],
    at: iso('03:00:00'),
  };
  return (
    [fired, ...events].reduce<Alert | null>((alert, event) => applyAlert(alert, event, id), null) ?? never()
  );
}

function never(): never {
  throw new Error('an alert begins with an event');
}

export function alertView(
  verdict: Verdict = tooOld(),
  events: readonly AlertEvent[] = [],
  changes: Partial<AlertView> = {},
): AlertView {
  const plan = watchedPlan();
  return {
    alert: alertAfter(verdict, events),
    verdict,
    plan,
    people,
    systemName: plan.name,
    backup: plan.backups[0] ?? null,
    component: plan.components[0] ?? null,
    checkedAt: night('04:10:00'),
    nextCheckAt: night('04:15:00'),
    lastRestoreProved: '2026-11-14T03:00:00.000Z',
    newestGood: {
      key: 'postgres_janua_20261122_020003.sql.gz',
      takenAt: new Date('2026-11-22T02:00:03Z'),
      bytes: 38_100_000,
    },
    members: [],
    now: night('04:10:02'),
    ...changes,
  };
}

export const ALERT = {
  told: { kind: 'alert.escalated', to: 'ana', toldBy: null, at: iso('03:00:00') },
  acknowledged: (note: string | null = 'job restarted'): AlertEvent => ({
    kind: 'alert.acknowledged',
    by: 'ben',
    until: iso('06:10:00'),
    note,
  }),
  snoozed: (reason = 'bucket is being moved'): AlertEvent => ({
    kind: 'alert.snoozed',
    by: 'ben',
    until: iso('08:00:00'),
    reason,
  }),
  worse: (verdict: Verdict, at = '09:00:00'): AlertEvent => ({
    kind: 'alert.worsened',
    health: 'critical',
    told: toldOf(verdict, 'critical'),
    at: iso(at),
  }),
  declared: { kind: 'alert.incident-declared', incident: 'INC-2026-016' },
  closed: (because = 'a good backup was taken 04:31:11 UTC (38.4 MB)'): AlertEvent => ({
    kind: 'alert.closed',
    because,
    at: iso('04:31:11'),
  }),
} as const satisfies Record<string, AlertEvent | ((...given: never[]) => AlertEvent)>;

/** What cannot be looked at: the source does not answer. */
export function unreadable(changes: Partial<Verdict> = {}, texts: Partial<Texts> = {}): Verdict {
  return tooOld(
    {
      rule: 'R4',
      health: 'unknown',
      title: texts.fact ?? 'bucket "backups" cannot be read',
      text: texts.fact ?? 'not known: S3 in eu-west-1 refuses access',
      consequence: 'Whether its backups are good is not known',
      measure: null,
      facts: [texts.fact ?? 'AccessDenied'],
      since: null,
      cause: texts.fact ?? 'S3 in eu-west-1 refuses access',
      ...changes,
    },
    texts,
  );
}

/** `count` alerts of one system on one card, of which the first calls. */
export function groupView(
  verdicts: readonly Verdict[],
  eventsOf: (index: number) => readonly AlertEvent[] = () => [],
): AlertView {
  const members = verdicts.map((verdict, index) => {
    const id = `ALT-${12 + index}`;
    return alertView(verdict, [], { alert: alertAfter(verdict, eventsOf(index), { id, group: 'ALT-12' }) });
  });
  const [head] = members;
  return head === undefined ? alertView() : { ...head, members };
}
