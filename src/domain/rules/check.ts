import type { Artifact, Inventory, Sample } from '../inventory.ts';
import { CLOCK_SLACK_MS } from '../listing.ts';
import type { Component } from '../plan.ts';
import type { Backup, RestoreTest, Schedule } from '../plan-backup.ts';
import { intervalMs, slotAfter } from '../schedule.ts';
import type { Verdict } from '../verdict.ts';
import type { About } from './say.ts';
import { quantile, samplesOf } from './statistics.ts';

/** What is judged: one backup of a plan, with what the rules need of the plan around it. */
export interface Subject {
  readonly system: string;
  readonly systemName: string;
  readonly backup: Backup;
  readonly component: Pick<Component, 'id' | 'name' | 'objectives' | 'standby'>;
  /** A runbook or a restore test restores from it. What nobody restores from reduces no loss (C-15). */
  readonly restorable: boolean;
  /** When the plan with this backup came into force: nothing is missing before. */
  readonly firstSeenAt: Date;
  /** Those of this backup. */
  readonly tests: readonly RestoreTest[];
}

/** A subject at one moment, with what several rules derive from its inventory. */
export interface Check extends Subject {
  readonly inventory: Inventory;
  readonly now: Date;
  readonly about: About;
  /** Listed, large enough and not from the future; newest first. */
  readonly listed: readonly Artifact[];
  /** The newest that nobody refused. */
  readonly good: Artifact | null;
  /** Listed now and seen earlier, newest first, each key once. */
  readonly samples: readonly Sample[];
  /** What a run usually takes (p95 of what was measured); 0 when nothing was. */
  readonly usualMs: number;
}

/** No verdict where the plan or the inventory does not give what the rule needs. */
export type Rule = (check: Check) => readonly Verdict[];

export function checkOf(subject: Subject, inventory: Inventory, now: Date): Check {
  const { listing, history } = inventory;
  const { minBytes } = subject.backup;
  const come = ({ takenAt }: Sample) => takenAt.getTime() <= now.getTime() + CLOCK_SLACK_MS;
  const listed = listing?.state === 'seen' ? listing.value.newest.filter(come) : [];
  const samples = samplesOf(
    listed,
    history.filter((sample) => come(sample) && sample.bytes >= minBytes),
  );
  const refused = refusedBy(inventory);
  return {
    ...subject,
    inventory,
    now,
    about: { system: subject.system, backup: subject.backup.id },
    listed,
    good: listed.find(({ key }) => !refused.includes(key)) ?? null,
    samples,
    usualMs: quantile(
      samples.flatMap(({ durationMs }) => durationMs ?? []),
      0.95,
    ),
  };
}

function refusedBy({ shape, refused = [] }: Inventory): readonly string[] {
  const newest = shape?.state === 'seen' ? shape.value : null;
  return newest === null || newest.refused === null ? refused : [newest.key, ...refused];
}

/** Never negative: a clock that was put back makes nothing older. */
export function ageMs({ now }: Pick<Check, 'now'>, at: Date): number {
  return Math.max(now.getTime() - at.getTime(), 0);
}

/** How much before its slot a run may begin by its own clock: never so much that it could be the one before. */
export function slackMs(schedule: Schedule, now: Date): number {
  return Math.min(CLOCK_SLACK_MS, intervalMs(schedule, now) / 10);
}

/**
 * How old a backup gets while everything goes by its schedule: `punctualMs` until the next one is there, `lateMs` when that
 * one takes all the time it is granted. Null without a schedule.
 */
export function reachOf({ backup, usualMs, now }: Check, takenAt: Date): Reach | null {
  const { schedule } = backup;
  if (schedule === undefined) return null;
  const slack = slackMs(schedule, now);
  const next = slotAfter(schedule, new Date(takenAt.getTime() + slack));
  const interval = Math.max(next.getTime() - takenAt.getTime(), intervalMs(schedule, now));
  const punctualMs = interval + usualMs + slack;
  return { interval, punctualMs, lateMs: Math.max(interval + usualMs + schedule.grace, punctualMs) };
}

export interface Reach {
  readonly interval: number;
  readonly punctualMs: number;
  readonly lateMs: number;
}
