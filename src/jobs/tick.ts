import cron from 'node-cron';
import { decideAlertDue } from '../domain/alert-decide.ts';
import { decideApprovalDue } from '../domain/approval-decide.ts';
import type { UpdateText } from '../domain/events.ts';
import { BOT } from '../domain/events.ts';
import { dueNow } from '../domain/incident-decide.ts';
import { isRefusal } from '../domain/refusal.ts';
import type { IncidentView } from '../domain/views.ts';
import type { Queue } from '../queue/boss.ts';
import type { Digests } from '../services/digests.ts';
import type { Incidents } from '../services/incidents.ts';
import type { RestoreTests } from '../services/restore-tests.ts';
import type { Views } from '../services/views.ts';
import { dueIds, lockAlert, lockApproval } from '../store/aggregates.ts';
import { alertsOfCard } from '../store/alerts.ts';
import { ownersToDeliver } from '../store/deliveries.ts';
import { pruneHeartbeats } from '../store/heartbeats.ts';
import { pruneCommits } from '../store/patience.ts';
import { pruneInbox } from '../store/surroundings.ts';
import { pruneSamples } from '../store/watch.ts';
import { noteDueTests } from './restore-tests-due.ts';
import { wakeWatches } from './watch.ts';
import type { World } from './world.ts';

export interface DueDeps {
  readonly world: World;
  readonly queue: Queue;
  readonly incidents: Incidents;
  readonly views: Views;
  /** The words of an update from state alone, when no person wrote any. */
  readonly draft: (view: IncidentView) => UpdateText;
}

export interface TickDeps extends DueDeps {
  readonly restoreTests: RestoreTests;
  readonly digests: Digests;
  /** Whether backups are looked at by this process. */
  readonly watch: boolean;
}

/**
 * The one scheduler: every second it asks the tables what is due by the database's clock. A slot that was missed is
 * found by the same query as one that is on time, and two replicas that look at once find the row decided by the first.
 */
export function startTicks(deps: TickDeps): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const { log } = deps.world;
  const once = () => {
    if (busy) return;
    busy = true;
    running = tick(deps)
      .catch((error: unknown) => log({ err: error }, 'a tick failed; the next one looks again'))
      .finally(() => {
        busy = false;
      });
  };
  const everySecond = cron.schedule('* * * * * *', once, { timezone: 'UTC', name: 'due' });
  const watches = cron.schedule('*/5 * * * * *', () => deps.watch && lookForWatch(deps), {
    timezone: 'UTC',
    name: 'watch',
    noOverlap: true,
  });
  const hourly = cron.schedule('7 * * * *', () => void prune(deps.world), {
    timezone: 'UTC',
    name: 'prune',
  });
  return {
    stop: async () => {
      await everySecond.stop();
      await watches.stop();
      await hourly.stop();
      await running;
    },
  };
}

/** What the watch of backups has to do by now. What fails is found again by the next look. */
async function lookForWatch({ world, queue, restoreTests, digests }: TickDeps): Promise<void> {
  for (const [what, look] of [
    ['systems', () => wakeWatches(world, queue)],
    ['restore tests', () => noteDueTests(world, queue, restoreTests)],
    ['digests', () => digests.note()],
  ] as const)
    await look().catch((error: unknown) =>
      world.log({ err: error, what }, 'the watch was not woken; the next look does it'),
    );
}

/** What nobody looks at any more goes. */
async function prune({ db, log }: World): Promise<void> {
  for (const [what, gone] of [
    ['inbox', pruneInbox],
    ['samples', pruneSamples],
    ['heartbeats', pruneHeartbeats],
    ['commits', pruneCommits],
  ] as const)
    await gone(db).catch((error: unknown) => log({ err: error, what }, 'old rows were not pruned'));
}

/** One look at everything that may be due. */
export async function tick(deps: DueDeps): Promise<void> {
  const { world, queue } = deps;
  const { db } = world;
  // One that cannot be decided holds up no other.
  for (const [what, due] of [
    ['approvals', (id: string) => approvalDue(world, id)],
    ['incidents', (id: string) => incidentDue(deps, id)],
    ['alerts', (id: string) => alertDue(world, id)],
  ] as const)
    for (const id of await dueIds(db, what))
      await due(id).catch((error: unknown) =>
        world.log({ err: error, id }, 'what was due could not be decided; the next look tries again'),
      );
  const runs = await dueIds(db, 'runs');
  const owners = await ownersToDeliver(db);
  if (runs.length + owners.length > 0) await db.transact((tx) => queue.enqueue(tx, { runs, owners }));
}

async function approvalDue(world: World, id: string): Promise<void> {
  await world.db.transact(async (tx) => {
    const located = await lockApproval(tx, id);
    if (located === undefined) return;
    const events = decideApprovalDue(located.state, located.now);
    await world.commit(tx, BOT, [{ type: 'approval', id, events }]);
  });
}

async function alertDue(world: World, id: string): Promise<void> {
  await world.db.transact(async (tx) => {
    const located = await lockAlert(tx, id);
    if (located === undefined) return;
    const { state, now } = located;
    const others = state.group === null ? [] : await alertsOfCard(tx, state.group);
    const events = decideAlertDue(state, now, others);
    await world.commit(tx, BOT, [{ type: 'alert', id, events }]);
  });
}

/** The update clock: five minutes before, the draft goes out; when due, the update is posted from state. */
async function incidentDue({ incidents, views, draft, world }: DueDeps, id: string): Promise<void> {
  const view = await views.incident(id);
  if (view === undefined) return;
  const { incident, now } = view;
  const due = dueNow(incident, now);
  if (due === 'nothing' || incident.updates.nextAt === null) return;
  if (due === 'draft') {
    await incidents.record(BOT, id, { kind: 'incident.update-drafted', dueAt: incident.updates.nextAt });
    return;
  }
  const published = await incidents.publishDue(id, draft(view));
  if (isRefusal(published))
    world.log({ incident: id, code: published.code }, 'the due update was not posted');
}
