import { durationText } from '../duration.ts';
import type { RestoreTestResult } from '../inventory.ts';
import type { RestoreTest } from '../plan-backup.ts';
import { longestIntervalMs } from '../schedule.ts';
import type { Health } from '../verdict.ts';
import { ageMs, type Check, type Rule, reachOf } from './check.ts';
import { type Said, speaker } from './say.ts';
import { countText, instantText } from './words.ts';

/** R14: was it ever restored, and how long ago? */

/** A test may be late by a tenth of the time between two. */
const LATE = 1.1;
/** Backups that may come after the last one tested, where each should be. */
const UNTESTED_AT_MOST = 2;

/**
 * R14. One verdict for each restore test of the backup: critical when the last one missed its objectives (A-85); a warning when
 * it failed (A-84), left something behind, or when the last success is longer ago than the tests' cadence and a tenth. A test
 * that never ran is late only that long after the plan came into force.
 */
export const restoreTests: Rule = (check) =>
  check.tests.map((test) => {
    const voice = speaker<string>(check.about, 'R14', {
      [test.id]: `restore test "${test.id}" of ${check.component.name}`,
    });
    const results = check.inventory.restoreTests.filter((result) => result.test === test.id);
    const [last] = results;
    const said = [
      ...(last === undefined ? [] : [missed(check, test, last), failed(check, last)]),
      late(check, test, results),
      ...(test.afterEachBackup ? [untested(check, results)] : []),
      ...(last === undefined ? [] : [left(check, last)]),
    ].filter((each) => each !== null);
    const worst = said.toSorted((a, b) => RANK[b.health] - RANK[a.health])[0] ?? fine(check, last);
    return voice.say(test.id, { ...worst, facts: [...(worst.facts ?? []), ...lastFacts(check, results)] });
  });

const RANK: Readonly<Record<Health, number>> = { ok: 0, unknown: 1, warning: 2, critical: 3 };

/** Its restore took longer than allowed, or what it restored was older. */
function missed(check: Check, test: RestoreTest, last: RestoreTestResult): Said | null {
  const { component } = check;
  if (last.outcome === 'failed') return null;
  const limit = test.within ?? component.objectives?.rto ?? Infinity;
  if (last.durationMs > limit) {
    return {
      health: 'critical',
      title: `restore test of ${component.name} took too long`,
      text: `Restored in ${durationText(last.durationMs)}, limit ${durationText(limit)}`,
      consequence: `A restore of ${component.name} does not end within its RTO`,
      since: last.endedAt,
      measure: { kind: 'duration', value: last.durationMs, limit, unit: 'ms' },
    };
  }
  const loss = last.lossMs ?? 0;
  const rpo = lossLimit(check, last);
  if (loss <= rpo) return null;
  return {
    health: 'critical',
    title: `restore test of ${component.name} lost more than its RPO`,
    text: `Restored data was ${durationText(loss)} old, limit ${durationText(rpo)}`,
    consequence: `A restore of ${component.name} loses ${durationText(loss)} of data`,
    since: last.endedAt,
    measure: { kind: 'loss', value: loss, limit: rpo, unit: 'ms' },
  };
}

/** As in R3: what the schedule cannot keep is a fault of the plan and not of the test. */
function lossLimit(check: Check, { startedAt }: RestoreTestResult): number {
  const rpo = check.component.objectives?.rpo ?? Infinity;
  return Math.max(rpo, reachOf(check, startedAt)?.lateMs ?? 0);
}

function failed({ component }: Check, last: RestoreTestResult): Said | null {
  if (last.outcome === 'done') return null;
  return {
    health: 'warning',
    title: `restore test of ${component.name} failed`,
    text: `Last restore test failed: ${last.reason ?? 'no reason was given'}`,
    consequence: `Nobody knows that ${component.name} can be restored`,
    since: last.endedAt,
  };
}

function late(check: Check, test: RestoreTest, results: readonly RestoreTestResult[]): Said | null {
  const { backup, component, firstSeenAt, now } = check;
  const schedule = test.schedule ?? (test.afterEachBackup ? backup.schedule : undefined);
  if (schedule === undefined) return null;
  const proved = results.find(({ outcome }) => outcome === 'done');
  const from = proved?.endedAt ?? firstSeenAt;
  const limit = longestIntervalMs(schedule) * LATE;
  const ms = ageMs(check, from);
  if (ms <= limit) return null;
  const never = `Never restored by a test since ${instantText(firstSeenAt, now)}, ${durationText(ms)} ago`;
  return {
    health: 'warning',
    title: `${component.name} was not restored for too long`,
    text: `${proved === undefined ? never : `Last good restore test ${durationText(ms)} ago`}; limit ${durationText(limit)}`,
    consequence: `Nobody knows that ${component.name} can be restored`,
    since: new Date(from.getTime() + limit),
    measure: { kind: 'age', value: ms, limit, unit: 'ms' },
  };
}

/** Tests that succeed on an old backup prove nothing of the new ones. */
function untested({ component, listed }: Check, results: readonly RestoreTestResult[]): Said | null {
  const tested = new Set(
    results.flatMap(({ outcome, key }) => (outcome === 'done' && key !== null ? key : [])),
  );
  const newest = listed.findIndex(({ key }) => tested.has(key));
  if (tested.size === 0 || (newest >= 0 && newest <= UNTESTED_AT_MOST)) return null;
  const count = newest < 0 ? listed.length : newest;
  if (count <= UNTESTED_AT_MOST) return null;
  return {
    health: 'warning',
    title: `newest backups of ${component.name} were never restored`,
    text: `${countText(count, 'backup')} since the last one tested, limit ${UNTESTED_AT_MOST}`,
    consequence: `Nobody knows that the newest backup of ${component.name} can be restored`,
    measure: { kind: 'count', value: count, limit: UNTESTED_AT_MOST, unit: 'count' },
  };
}

function left({ component }: Check, last: RestoreTestResult): Said | null {
  if (last.left === 0) return null;
  return {
    health: 'warning',
    title: `restore test of ${component.name} was not cleaned up`,
    text: `${countText(last.left, 'object')} left behind, limit 0`,
    since: last.endedAt,
    measure: { kind: 'count', value: last.left, limit: 0, unit: 'count' },
  };
}

function fine({ now }: Check, last: RestoreTestResult | undefined): Said {
  return {
    health: 'ok',
    text:
      last === undefined
        ? 'No restore test was due yet'
        : `Restored ${instantText(last.endedAt, now)} in ${durationText(last.durationMs)}`,
  };
}

function lastFacts({ now }: Check, results: readonly RestoreTestResult[]): readonly string[] {
  const proved = results.find(({ outcome }) => outcome === 'done');
  if (proved === undefined) return [];
  const rows = proved.rows === null ? '' : `, ${countText(proved.rows, 'row')}`;
  return [`Last good: ${instantText(proved.endedAt, now)}, ${durationText(proved.durationMs)}${rows}`];
}
