/** The eighteen rules of the backup watch (ACTIONS.md §3). */
export const RULES = {
  R1: 'missing backup',
  R2: 'age',
  R3: 'possible loss',
  R4: 'lost signal',
  R5: 'failed job',
  R6: 'size',
  R7: 'contents',
  R8: 'duration',
  R9: 'write-ahead log',
  R10: 'RDS',
  R11: 'copies',
  R12: 'retention',
  R13: 'protection',
  R14: 'restore test',
  R15: 'standby',
  R16: 'recovery region',
  R17: 'thaw time',
  R18: 'coverage',
} as const;
export type RuleId = keyof typeof RULES;

/** Worst last. `unknown` is never shown as healthy. */
export type Health = 'ok' | 'unknown' | 'warning' | 'critical';

/** What one rule says of one object at one moment. Sentences are plain text; the renderer escapes them. */
export interface Verdict {
  readonly rule: RuleId;
  readonly system: string;
  /** A backup of the plan; null where the rule is of the system itself. */
  readonly backup: string | null;
  /** What it is about, stable from check to check: a location, a tier, a key's slot. One alert per rule and object. */
  readonly object: string;
  readonly health: Health;
  /** "newest good backup of PostgreSQL is too old" */
  readonly title: string;
  /** "Age 26 h 10 min, limit 25 h" with value and threshold; ends without a full stop. */
  readonly text: string;
  /** "If the database fails now you lose 26 h 10 min of data"; null where nothing is lost by it. */
  readonly consequence: string | null;
  /** Since when it is so, as far as what was seen tells; null when only the check knows. */
  readonly since: Date | null;
  /** What a picture shows and what "worse" is measured by; null where there is no number. */
  readonly measure: Measure | null;
  /** More facts for the card and the details, at most six lines. */
  readonly facts: readonly string[];
  /** What several unknown verdicts have in common: the source and why. Groups one outage's alerts; null otherwise. */
  readonly cause: string | null;
  /** False where nothing reads this kind of source yet: it is shown, and nobody is woken. */
  readonly alarms: boolean;
}

export interface Measure {
  readonly kind: 'age' | 'loss' | 'size' | 'duration' | 'lag' | 'count';
  readonly value: number;
  readonly limit: number;
  readonly unit: 'ms' | 'bytes' | 'share' | 'count';
}
