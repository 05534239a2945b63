import type { Health, RuleId } from '../../../src/domain/verdict.ts';
import type { Platform } from '../../watch/platform.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** One rule, broken once and mended. */
export interface Fault {
  readonly rule: RuleId;
  readonly system: string;
  /** Null where the rule is of the system itself. */
  readonly backup: string | null;
  readonly object: string;
  /** What happens, for people who watch. */
  readonly story: string;
  /** Does it, and says from when on the rule's condition holds, its own grace included. */
  breaks(platform: Platform, at: Date): Date;
  /** Undoes it, and says from when on all is well again. */
  mends(platform: Platform, at: Date): Date;
  /** What it becomes at its worst, and how long after the condition holds the rule says so. */
  readonly severity: Exclude<Health, 'ok'>;
  readonly severeAfter: (firedAfterMs: number) => number;
  /** What the card in #incidents says. */
  readonly says: readonly (string | RegExp)[];
  /** Other rules that the same fault breaks, of the same backup. */
  readonly also: readonly RuleId[];
}

/** As bad as it gets from the first moment. */
export const atOnce = (): number => 0;
