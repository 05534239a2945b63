import { durationText } from './duration.ts';
import { type Component, type Plan, restoredBy } from './plan.ts';
import type { Backup } from './plan-backup.ts';
import type { PlanFault } from './plan-fault.ts';
import { isRestorable } from './plan-lint-backups.ts';
import { longestIntervalMs } from './schedule.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How long a class keeps one waiting before anything can be read (standard retrieval). Others answer at once. */
const THAW_MS: Readonly<Record<string, number>> = { GLACIER: 5 * HOUR, DEEP_ARCHIVE: 12 * HOUR };
/** What people restore from: damage is found within a month. */
const RECENT_MS = 30 * DAY;

/**
 * What a plan promises and its backups cannot keep. Warnings all: such a plan is still better than none in the night
 * it is needed. Only for plans whose schedules can be read.
 */
export function promiseWarnings(plan: Plan): readonly PlanFault[] {
  return [
    ...plan.components.flatMap((component, index) => [
      ...coverageWarnings(plan, component, index),
      ...placeWarnings(plan, component, index),
      ...lossWarnings(plan, component),
    ]),
    ...plan.backups.flatMap((backup, index) => [
      ...signalWarnings(backup, index),
      ...replayWarnings(plan, backup, index),
      ...thawWarnings(plan, backup, index),
    ]),
    ...restoreTestWarnings(plan),
  ];
}

function coverageWarnings(plan: Plan, component: Component, index: number): readonly PlanFault[] {
  const { id, noBackup, responsibility, ephemeral } = component;
  if (noBackup !== undefined || responsibility !== undefined || ephemeral) return [];
  return backupsOf(plan, id).length > 0
    ? []
    : [warning(['components', index, 'id'], `"${id}" has no backup: declare one, or say why in noBackup`)];
}

/** What takes the component must not take every copy of it (C-28). */
function placeWarnings(
  plan: Plan,
  { id, name, failureDomain }: Component,
  index: number,
): readonly PlanFault[] {
  const places = backupsOf(plan, id).flatMap(({ locations }) => locations);
  if (places.length === 0 || places.some((place) => place.failureDomain !== failureDomain)) return [];
  return [
    warning(
      ['components', index, 'failureDomain'],
      `${name} and all its backups are lost together with ${failureDomain}: add a location elsewhere`,
    ),
  ];
}

/**
 * What is lost at worst: the longest way from one copy to the next, and what a run may take (C-15, C-27). Only the copies
 * count that runbooks restore from, else those that the actions could restore; where there are none, all.
 */
function lossWarnings(plan: Plan, component: Component): readonly PlanFault[] {
  if (component.ephemeral) return [];
  const { rpo } = component.objectives ?? plan.objectives;
  const all = backupsOf(plan, component.id);
  const used = restoredBy(plan);
  const usable = [all.filter(({ id }) => used.has(id)), all.filter(isRestorable)].find(isSome) ?? all;
  if (usable.some(isContinuous)) return [];
  const [best] = usable
    .flatMap((backup) => (backup.schedule === undefined ? [] : [{ backup, ...lossOf(backup.schedule) }]))
    .sort((a, b) => a.loss - b.loss);
  if (best === undefined || best.loss <= rpo) return [];
  const idle = all.filter((backup) => isContinuous(backup) && !used.has(backup.id)).map(({ id }) => id);
  const unused = idle.length === 0 ? '' : `; no runbook restores from ${idle.join(', ')}`;
  return [
    warning(
      ['backups', plan.backups.indexOf(best.backup), 'schedule'],
      `one ${best.backup.kind} backup every ${durationText(best.interval)} cannot keep RPO ${durationText(rpo)} of ${component.id}: up to ${durationText(best.loss)} are lost${unused}`,
    ),
  ];
}

function lossOf(schedule: NonNullable<Backup['schedule']>): { interval: number; loss: number } {
  const interval = longestIntervalMs(schedule);
  return { interval, loss: interval + schedule.grace };
}

/** A run that has no time is never missed. What a person makes by hand has none. */
function signalWarnings(backup: Backup, index: number): readonly PlanFault[] {
  const byHand = backup.locations.every(({ source }) => source === 'manual');
  if (backup.schedule !== undefined || byHand || isContinuous(backup)) return [];
  return [
    warning(['backups', index, 'id'], `"${backup.id}" has no schedule: nobody notices a run that is missing`),
  ];
}

/** WAL is replayed on a physical copy, never on a dump (C-05). RDS keeps both as one. */
function replayWarnings(
  plan: Plan,
  { id, kind, component, locations }: Backup,
  index: number,
): readonly PlanFault[] {
  if (kind !== 'wal' || locations.some(({ source }) => source === 'rds')) return [];
  if (backupsOf(plan, component).some((other) => other.kind === 'physical')) return [];
  return [
    warning(
      ['backups', index, 'kind'],
      `"${id}" restores nothing: WAL is replayed on a physical backup, and ${component} has none`,
    ),
  ];
}

/** The copies people restore from must not lie where reading them takes longer than the RTO (R17). */
function thawWarnings(plan: Plan, backup: Backup, index: number): readonly PlanFault[] {
  const { classes = [] } = backup;
  const { rto } = plan.components.find(({ id }) => id === backup.component)?.objectives ?? plan.objectives;
  return classes.flatMap((tier, step) => {
    const from = classes[step - 1]?.until ?? 0;
    const thaw = THAW_MS[tier.class] ?? 0;
    if (thaw <= rto || from >= RECENT_MS) return [];
    const why = `${tier.class} takes ${durationText(thaw)} to thaw, longer than RTO ${durationText(rto)}`;
    const next = `keep what is younger than ${durationText(RECENT_MS)} in another class`;
    return [warning(['backups', index, 'classes', step, 'class'], `${why}: ${next}`)];
  });
}

function restoreTestWarnings(plan: Plan): readonly PlanFault[] {
  return plan.restoreTests.flatMap((test, index) => {
    const backup = plan.backups.find(({ id }) => id === test.backup);
    if (backup === undefined || isRestorable(backup)) return [];
    const sources = backup.locations.map(({ source }) => source).join(', ');
    return [
      warning(
        ['restoreTests', index, 'backup'],
        `"${test.id}" cannot run yet: nothing restores a ${backup.kind} backup from ${sources}`,
      ),
    ];
  });
}

function backupsOf(plan: Plan, component: string): readonly Backup[] {
  return plan.backups.filter((backup) => backup.component === component);
}

/** Written all the time, so that it lacks seconds and not hours. */
function isContinuous({ kind, schedule }: Backup): boolean {
  return schedule === undefined && (kind === 'wal' || kind === 'sync' || kind === 'git');
}

function isSome(backups: readonly Backup[]): boolean {
  return backups.length > 0;
}

function warning(path: readonly (string | number)[], message: string): PlanFault {
  return { path, message, level: 'warning' };
}
