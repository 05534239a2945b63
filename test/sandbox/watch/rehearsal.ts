import type { Watched } from '../../../sandbox/demo/backups-trials.ts';
import { parsePlan, planText, SYSTEMS } from '../../../sandbox/watch/plans.ts';
import { createPlatform, type Platform } from '../../../sandbox/watch/platform.ts';
import { type Alert, applyAlert } from '../../../src/domain/alert.ts';
import { decideRound, firedBy } from '../../../src/domain/alert-decide.ts';
import type { AlertEvent } from '../../../src/domain/alert-events.ts';
import { type Heartbeat, runsOfHeartbeats } from '../../../src/domain/heartbeat.ts';
import type { Inventory, RestoreTestResult, Sample } from '../../../src/domain/inventory.ts';
import { judge, judgeSystem } from '../../../src/domain/rules/index.ts';
import type { Verdict } from '../../../src/domain/verdict.ts';
import { subjectOf } from '../../../src/jobs/watch.ts';

export const BEGINS_AT = new Date('2027-01-04T00:25:00Z');
export const INTERVAL_MS = 2 * 3_600_000;

const texts = await Promise.all(SYSTEMS.map((system) => planText(system, '2h')));
const plans = texts.map(parsePlan);

/** The platforms of the plans that ship, as they are before anything ails them. */
export function shippedPlatforms(): readonly Platform[] {
  return plans.map((plan) => createPlatform(plan, BEGINS_AT));
}

/** The watch without store, queue and Slack: the real rules and the real decisions on alerts, in memory. */
export function rehearse(
  platforms: readonly Platform[],
  heard: (verdict: Verdict) => Verdict | null = (verdict) => verdict,
) {
  const alerts = new Map<string, Alert>();
  const words: Heartbeat[] = [];
  const tests: (RestoreTestResult & { backup: string; system: string })[] = [];
  const firstAt = new Map<string, Date>();
  const history = new Map<string, readonly Sample[]>();

  function round(now: Date): void {
    for (const platform of platforms) look(platform, now);
  }

  function look(platform: Platform, now: Date): void {
    const { plan } = platform;
    const { system } = plan;
    platform.runUntil(now);
    const told = platform.takeTold(now);
    words.push(...told.heartbeats);
    tests.push(...told.tests.map((test) => ({ ...test, system })));
    const verdicts = [
      ...plan.backups.flatMap((backup) => {
        const id = `${system}/${backup.id}`;
        const looked = platform.backup(backup, now);
        const listed = looked.listing?.state === 'seen' ? looked.listing.value.newest : [];
        const known = history.get(id) ?? [];
        const samples = [...listed, ...known.filter(({ key }) => !listed.some((one) => one.key === key))];
        history.set(id, samples.slice(0, 100));
        firstAt.set(id, firstAt.get(id) ?? now);
        const beats = runsOfHeartbeats(
          words.filter((word) => word.system === system && word.backup === backup.id),
        );
        const own = looked.jobs?.state === 'seen' ? looked.jobs.value : [];
        const runs = [...own, ...beats].toSorted((a, b) => +b.startedAt - +a.startedAt);
        const inventory: Inventory = {
          ...looked,
          ...(runs.length > 0 && { jobs: { state: 'seen', value: runs } }),
          history: samples,
          restoreTests: tests
            .filter((test) => test.system === system && test.backup === backup.id)
            .toReversed(),
        };
        return judge(subjectOf(plan, backup, firstAt.get(id) ?? now), inventory, now);
      }),
      ...judgeSystem(plan, platform.around(now)),
    ].flatMap((verdict) => heard(verdict) ?? []);
    const open = [...alerts.values()].filter((alert) => alert.system === system && alert.state === 'open');
    const about = { system, verdicts, open, over: new Set<string>(), escalate: [], now };
    const { changes, begun } = decideRound(about);
    for (const { id, events } of changes) for (const event of events) apply(id, event);
    for (const verdict of begun) apply(`ALT-${alerts.size + 1}`, firedBy(verdict, about, null));
  }

  function apply(id: string, event: AlertEvent): void {
    alerts.set(id, applyAlert(alerts.get(id) ?? null, event, id));
  }

  const watched: Watched = {
    round: async (at) => round(at),
    alerts: async () => [...alerts.values()],
    card: async ({ id }) => cardOf(alerts.get(id)),
  };
  return watched;
}

/** In the words that the demo looks for on the card. */
function cardOf(alert: Alert | undefined): string {
  if (alert === undefined) return '';
  const { last, state, health, rule } = alert;
  const told = [last.title, last.text, last.consequence, ...last.facts, 'two checks in a row could not look'];
  return `Backup alert · ${state === 'open' ? health : 'closed. Alert lasted'} ${told.join(' ')} RPO 5 min ${rule}`;
}
