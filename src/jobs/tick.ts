import cron from 'node-cron';
import { decideApprovalDue } from '../domain/approval-decide.ts';
import type { UpdateText } from '../domain/events.ts';
import { BOT } from '../domain/events.ts';
import { dueNow } from '../domain/incident-decide.ts';
import { isRefusal } from '../domain/refusal.ts';
import type { IncidentView } from '../domain/views.ts';
import type { Queue } from '../queue/boss.ts';
import type { Incidents } from '../services/incidents.ts';
import type { Views } from '../services/views.ts';
import { dueIds, lockApproval } from '../store/aggregates.ts';
import { incidentsToDeliver } from '../store/deliveries.ts';
import { pruneCommits } from '../store/patience.ts';
import { pruneInbox } from '../store/surroundings.ts';
import type { World } from './world.ts';

export interface TickDeps {
  readonly world: World;
  readonly queue: Queue;
  readonly incidents: Incidents;
  readonly views: Views;
  /** The words of an update from state alone, when no person wrote any. */
  readonly draft: (view: IncidentView) => UpdateText;
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
  const hourly = cron.schedule(
    '7 * * * *',
    () =>
      void Promise.all([pruneInbox(deps.world.db), pruneCommits(deps.world.db)]).catch((error: unknown) =>
        log({ err: error }, 'inbox was not pruned'),
      ),
    { timezone: 'UTC', name: 'inbox' },
  );
  return {
    stop: async () => {
      await everySecond.stop();
      await hourly.stop();
      await running;
    },
  };
}

/** One look at everything that may be due. */
export async function tick(deps: TickDeps): Promise<void> {
  const { world, queue } = deps;
  const { db } = world;
  for (const id of await dueIds(db, 'approvals')) await approvalDue(world, id);
  for (const id of await dueIds(db, 'incidents')) await incidentDue(deps, id);
  const runs = await dueIds(db, 'runs');
  const incidents = await incidentsToDeliver(db);
  if (runs.length + incidents.length > 0) await db.transact((tx) => queue.enqueue(tx, { runs, incidents }));
}

async function approvalDue(world: World, id: string): Promise<void> {
  await world.db.transact(async (tx) => {
    const located = await lockApproval(tx, id);
    if (located === undefined) return;
    const events = decideApprovalDue(located.state, located.now);
    await world.commit(tx, BOT, [{ type: 'approval', id, events }]);
  });
}

/** The update clock: five minutes before, the draft goes out; when due, the update is posted from state. */
async function incidentDue({ incidents, views, draft, world }: TickDeps, id: string): Promise<void> {
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
