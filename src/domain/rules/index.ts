import type { Inventory } from '../inventory.ts';
import type { Verdict } from '../verdict.ts';
import { contents, duration, size } from './artifact.ts';
import { checkOf, type Rule, type Subject } from './check.ts';
import { copies } from './copies.ts';
import { exposure, thaw } from './exposure.ts';
import { age, missingSlot } from './presence.ts';
import { restoreTests } from './proof.ts';
import { protection } from './protection.ts';
import { retention } from './retention.ts';
import { failedJob, lostSignal } from './signals.ts';
import { standby } from './system.ts';
import { rds, wal } from './wal.ts';

export type { Subject } from './check.ts';
export { planGaps } from './exposure.ts';
export { judgeSystem, type SystemLook } from './system.ts';

/** R1 to R17 but R16, in their order. R16 and R18 are of a system, in `judgeSystem`. */
const RULES: readonly Rule[] = [
  missingSlot,
  age,
  exposure,
  lostSignal,
  failedJob,
  size,
  contents,
  duration,
  wal,
  rds,
  copies,
  retention,
  protection,
  restoreTests,
  standby,
  thaw,
];

/**
 * What every rule that applies says of one backup at one moment, the healthy ones included: they close alerts. Nothing is
 * healthy that could not be read.
 */
export function judge(subject: Subject, inventory: Inventory, now: Date): readonly Verdict[] {
  const check = checkOf(subject, inventory, now);
  return RULES.flatMap((rule) => rule(check));
}
