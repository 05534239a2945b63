import { type Alert, keyOf } from '../domain/alert.ts';
import type { Told } from '../domain/alert-events.ts';
import { componentOf, type Plan } from '../domain/plan.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { AlertView } from '../domain/views.ts';
import { databaseNow, readAlert } from '../store/aggregates.ts';
import { alertsOfCard } from '../store/alerts.ts';
import type { Tx } from '../store/database.ts';
import { peopleInForce, planInForce } from '../store/documents.ts';
import { eventsOfStream } from '../store/events.ts';
import { restoreTestsOf } from '../store/restore-tests.ts';
import { roundsOf, type StandingRow, standingsOf } from '../store/watch.ts';
import type { Deps } from './deps.ts';

export type AlertViews = ReturnType<typeof createAlertViews>;

/** What the surfaces of an alert are rendered from, read in one snapshot. */
export function createAlertViews({ db }: Pick<Deps, 'db'>) {
  /** Undefined for an alert nobody knows, and for one of a system whose plan is gone. */
  async function alert(id: string): Promise<AlertView | undefined> {
    return db.transact(async (tx) => {
      await tx.query('set transaction isolation level repeatable read, read only');
      return load(tx, id);
    });
  }

  /** Its own events, oldest first. */
  const history = (id: string) => eventsOfStream(db, { type: 'alert', id });

  return { alert, history };
}

async function load(tx: Tx, id: string): Promise<AlertView | undefined> {
  const located = await readAlert(tx, id);
  if (located === undefined) return undefined;
  const { system, group } = located.state;
  const version = await planInForce(tx, system);
  if (version === undefined) return undefined;
  const { plan } = version;
  const standings = await standingsOf(tx, system);
  const round = (await roundsOf(tx)).get(system);
  const tests = await restoreTestsOf(tx, system);
  const around = {
    plan,
    people: await peopleInForce(tx),
    systemName: plan.name,
    checkedAt: round?.finishedAt ?? null,
    nextCheckAt: round === undefined ? null : new Date(round.slot.getTime() + plan.watch.every),
    now: await databaseNow(tx),
  };
  const viewOf = (state: Alert): AlertView => {
    const standing = standings.find(({ backup }) => backup === state.backup);
    const proved = tests.get(state.backup ?? '')?.find(({ outcome }) => outcome === 'done');
    return {
      ...around,
      ...namedIn(plan, state),
      alert: state,
      verdict: verdictOf(state, standing),
      lastRestoreProved: proved?.endedAt.toISOString() ?? null,
      newestGood: newestGoodOf(standing),
      members: [],
    };
  };
  const view = viewOf(located.state);
  return group === null ? view : { ...view, members: (await alertsOfCard(tx, group)).map(viewOf) };
}

/** Null where the newest is refused: the rule itself then tells which one is good. */
function newestGoodOf(standing: StandingRow | undefined): AlertView['newestGood'] {
  if (standing?.newest == null) return null;
  const { newest, shape } = standing;
  const read = shape?.state === 'seen' ? shape.value : null;
  return read?.key === newest.key && read.refused !== null
    ? null
    : { ...newest, takenAt: new Date(newest.takenAt) };
}

function namedIn(plan: Plan, alert: Alert): Pick<AlertView, 'backup' | 'component'> {
  const backup = plan.backups.find(({ id }) => id === alert.backup) ?? null;
  const component = componentOf(plan, backup?.component ?? alert.object) ?? null;
  return { backup, component };
}

/** What the last round said, while the alert is open; afterwards, and of the system's own rules, what was last told. */
function verdictOf(alert: Alert, standing: StandingRow | undefined): Verdict {
  const now = standing?.verdicts.find((verdict) => keyOf(verdict) === keyOf(alert));
  return alert.state === 'open' && now !== undefined ? now : asVerdict(alert, alert.last);
}

function asVerdict({ rule, system, backup, object }: Alert, told: Told): Verdict {
  return {
    rule,
    system,
    backup,
    object,
    ...told,
    since: told.since === null ? null : new Date(told.since),
    cause: null,
    alarms: true,
  };
}
