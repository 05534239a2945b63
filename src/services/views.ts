import type { IncidentView, ReportView, RunView } from '../domain/views.ts';
import { approvalsOfIncident, databaseNow, readIncident, runsOfIncident } from '../store/aggregates.ts';
import type { Tx } from '../store/database.ts';
import { peopleInForce, planByDigest, versionName } from '../store/documents.ts';
import { eventsOfIncident, outlineOfIncident, verifyChain } from '../store/events.ts';
import type { Deps } from './deps.ts';

export type Views = ReturnType<typeof createViews>;

/** What surfaces are rendered from: one incident with its runs and approvals, read in one snapshot. */
export function createViews({ db }: Pick<Deps, 'db'>) {
  async function incident(id: string): Promise<IncidentView | undefined> {
    return db.transact(async (tx) => {
      await tx.query('set transaction isolation level repeatable read, read only');
      return load(tx, id);
    });
  }

  /** The same with the log and its verification, for the report. */
  async function report(id: string): Promise<ReportView | undefined> {
    const view = await incident(id);
    if (view === undefined) return undefined;
    const events = await eventsOfIncident(db, id);
    const chain = await verifyChain(db);
    const audit = chain.ok
      ? { events: events.length, verified: true, head: chain.head }
      : { events: events.length, verified: false, head: '' };
    return { ...view, events, audit };
  }

  return { incident, report };
}

async function load(tx: Tx, id: string): Promise<IncidentView | undefined> {
  const located = await readIncident(tx, id);
  if (located === undefined) return undefined;
  const version = await planByDigest(tx, located.state.plan);
  if (version === undefined) throw new Error(`${id}: its plan is not in documents`);
  const approvals = await approvalsOfIncident(tx, id);
  const runs: RunView[] = [];
  for (const run of await runsOfIncident(tx, id)) {
    const frozen = await planByDigest(tx, run.plan);
    const runbook = frozen?.plan.runbooks[run.runbook];
    if (runbook !== undefined)
      runs.push({ run, runbook, approvals: approvals.filter((approval) => approval.run === run.id) });
  }
  return {
    incident: located.state,
    plan: version.plan,
    planVersion: versionName(version),
    people: await peopleInForce(tx),
    runs,
    events: await outlineOfIncident(tx, id),
    now: await databaseNow(tx),
  };
}
