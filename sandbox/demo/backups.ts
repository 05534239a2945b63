import { RULES } from '../../src/domain/verdict.ts';
import type { Platform } from '../watch/platform.ts';
import { auditronFaults } from './backups-faults/auditron.ts';
import type { Fault } from './backups-faults/fault.ts';
import { januaFaults } from './backups-faults/janua.ts';
import { santokitFaults } from './backups-faults/santokit.ts';
import { vezaFaults } from './backups-faults/veza.ts';
import { createTrials, type Watched } from './backups-trials.ts';
import { insist } from './check.ts';
import type { Tell } from './watch.ts';

/** Every rule once, in the order in which each platform lives through its own. */
export const FAULTS: readonly Fault[] = [...januaFaults, ...santokitFaults, ...auditronFaults, ...vezaFaults];

const DAY = 24 * 3_600_000;
/** How long all faults may take. Whichever rule stays silent ends the demo long before. */
const FAULT_DAYS = 8;

interface BackupsOptions {
  readonly platforms: readonly Platform[];
  /** The first round; each other comes an interval after the one before. */
  readonly beginsAt: Date;
  readonly intervalMs: number;
  /** Without any fault. */
  readonly healthyDays: number;
  /** Left out: every rule is broken once. */
  readonly faults?: readonly Fault[];
}

/** Days in which nothing is wrong, and that must alarm nobody; then each rule is broken once and mended. */
export async function playBackups(watched: Watched, options: BackupsOptions, tell: Tell) {
  const { platforms, beginsAt, intervalMs, healthyDays, faults = FAULTS } = options;
  let at = beginsAt;
  for (; +at < +beginsAt + healthyDays * DAY; at = new Date(+at + intervalMs)) await watched.round(at);
  insistNone('no alarm while nothing is wrong', await watched.alerts());
  tell(`${healthyDays} healthy days of ${platforms.length} platforms are over, and nobody was alarmed.`);

  const trials = platforms.map((platform) => {
    const own = faults.filter(({ system }) => system === platform.plan.system);
    return createTrials(watched, platform, own, { intervalMs, tell });
  });
  const faultsFrom = at;
  for (; trials.some(({ current }) => current() !== null); at = new Date(+at + intervalMs)) {
    const open = trials.flatMap(({ current }) => current()?.story ?? []);
    insist(+at < +faultsFrom + FAULT_DAYS * DAY, `all faults to be over after ${FAULT_DAYS} days`, open);
    for (const trial of trials) trial.before(at);
    await watched.round(at);
    const alerts = await watched.alerts();
    for (const trial of trials) await trial.after(at, alerts);
  }

  const rules = trials
    .flatMap(({ proved }) => proved)
    .sort((a, b) => Number(a.rule.slice(1)) - Number(b.rule.slice(1)));
  const missing = Object.keys(RULES).filter((id) => !rules.some(({ rule }) => rule === id));
  if (options.faults === undefined) insist(missing.length === 0, 'every rule to be broken once', missing);
  const explained = new Set(trials.flatMap((trial) => trial.explained));
  const unexplained = (await watched.alerts()).filter(({ id }) => !explained.has(id));
  insistNone('no alarm that no fault explains', unexplained);
  return { days: healthyDays, rules, falseAlarms: unexplained.length };
}

function insistNone(what: string, alerts: Awaited<ReturnType<Watched['alerts']>>): void {
  const told = alerts.map(
    ({ id, system, rule, backup, object, last }) =>
      `${id} ${system} ${backup ?? ''} ${rule} ${object}: ${last.text}`,
  );
  insist(told.length === 0, what, told);
}
