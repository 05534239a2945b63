import type { Approval } from '../domain/approval.ts';
import type { Incident } from '../domain/incident.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Run } from '../domain/run.ts';
import {
  activeRunOf,
  databaseNow,
  listIncidents,
  openApprovals,
  readApproval,
  readIncident,
  readRun,
  runsOfIncident,
} from '../store/aggregates.ts';
import { type PlanVersion, peopleInForce, planInForce, plansInForce } from '../store/documents.ts';
import { eventsOfIncident, verifyChain } from '../store/events.ts';
import { verifyRecords } from '../store/replay.ts';
import { newestReport } from '../store/surroundings.ts';
import type { Deps } from './deps.ts';

export type Audit =
  | {
      readonly ok: true;
      readonly events: number;
      readonly first: string;
      readonly head: string;
      readonly records: number;
    }
  | { readonly ok: false; readonly what: string; readonly reason: string };

export type Queries = ReturnType<typeof createQueries>;

/** Reads that commands need: nothing here changes anything. */
export function createQueries({ db }: Pick<Deps, 'db'>) {
  /** The incident that is meant: the one named, the channel's, or the only open one. */
  async function incidentMeant(named: string | null, here: string | null): Promise<Incident | Refusal> {
    const id = named?.toUpperCase() ?? here;
    if (id !== null) {
      const located = await readIncident(db, id);
      return located?.state ?? refuse('unknown-incident', { incident: id });
    }
    const open = await listIncidents(db, { open: true });
    if (open.length === 1 && open[0] !== undefined) return open[0];
    if (open.length === 0) return refuse('no-open-incident');
    return refuse('which-incident', {
      count: String(open.length),
      open: open.map((incident) => incident.id).join(', '),
    });
  }

  /** The run that is meant: the one named, or the newest of the incident. */
  async function runMeant(named: string | null, incident: string | null): Promise<Run | Refusal> {
    if (named !== null)
      return (await readRun(db, named.toUpperCase()))?.state ?? refuse('unknown-run', { run: named });
    const meant = await incidentMeant(null, incident);
    if ('kind' in meant) return meant;
    const runs = await runsOfIncident(db, meant.id);
    return (
      runs.find(({ outcome }) => outcome === null) ??
      runs[0] ??
      refuse('unknown-run', { run: '', incident: meant.id })
    );
  }

  /** The approval that is meant: the one named, or the open one with the oldest deadline. */
  async function approvalMeant(named: string | null, incident: string | null): Promise<Approval | Refusal> {
    if (named !== null)
      return (
        (await readApproval(db, named.toUpperCase()))?.state ??
        refuse('unknown-approval', { approval: named })
      );
    const open = (await openApprovals(db)).filter(
      (approval) => incident === null || approval.incident === incident,
    );
    return open.find(({ status }) => status.is === 'open') ?? refuse('unknown-approval', { approval: '' });
  }

  return {
    incidentMeant,
    runMeant,
    approvalMeant,
    incidents: (filter: { open?: boolean; system?: string; channel?: string; limit?: number } = {}) =>
      listIncidents(db, filter),
    plans: (): Promise<readonly PlanVersion[]> => plansInForce(db),
    plan: (system: string): Promise<PlanVersion | undefined> => planInForce(db, system),
    people: () => peopleInForce(db),
    now: () => databaseNow(db),
    activeRun: (system: string) => activeRunOf(db, system),
    report: (incident: string) => newestReport(db, incident),
    events: (incident: string) => eventsOfIncident(db, incident),
    /** The log first: what records are compared with must be whole itself. */
    async verify(): Promise<Audit> {
      const chain = await verifyChain(db);
      if (!chain.ok) return { ok: false, what: `event ${chain.seq}`, reason: chain.reason };
      const replay = await verifyRecords(db);
      return replay.ok ? { ...chain, records: replay.records } : { ...replay, what: replay.id };
    },
  };
}
