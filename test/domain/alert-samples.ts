import type { Alert } from '../../src/domain/alert.ts';
import { applyAlert } from '../../src/domain/alert.ts';
import type { Round } from '../../src/domain/alert-decide.ts';
import type { AlertEvent } from '../../src/domain/alert-events.ts';
import type { Verdict } from '../../src/domain/verdict.ts';

export const HOUR = 3_600_000;
export const NOW = new Date('2026-11-23T04:10:02.000Z');

export const later = (ms: number) => new Date(NOW.getTime() + ms);

/** The newest dump of Janua is 26 hours old. */
export function verdict(changes: Partial<Verdict> = {}): Verdict {
  return {
    rule: 'R2',
    system: 'janua',
    backup: 'pg-daily',
    object: 'primary',
    health: 'critical',
    title: 'newest good backup of PostgreSQL is too old',
    text: 'Age 26 h 10 min, limit 25 h',
    consequence: 'If the database fails now you lose 26 h 10 min of data',
    since: new Date('2026-11-23T03:00:04.000Z'),
    measure: { kind: 'age', value: 26 * HOUR, limit: 25 * HOUR, unit: 'ms' },
    facts: [],
    cause: null,
    alarms: true,
    ...changes,
  };
}

export function round(changes: Partial<Round> = {}): Round {
  return {
    system: 'janua',
    verdicts: [verdict()],
    open: [],
    over: new Set(),
    escalate: [],
    now: NOW,
    ...changes,
  };
}

export function fold(...events: readonly AlertEvent[]): Alert {
  const alert = events.reduce<Alert | null>((before, event) => applyAlert(before, event, 'ALT-1'), null);
  if (alert === null) throw new Error('no event, no alert');
  return alert;
}
