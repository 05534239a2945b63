import { type Alert, applyAlert } from '../domain/alert.ts';
import { type Approval, applyApproval, isPending } from '../domain/approval.ts';
import { canonicalJson, type Json, toJson } from '../domain/canonical.ts';
import type {
  AlertEvent,
  ApprovalEvent,
  IncidentEvent,
  LoggedEvent,
  RunEvent,
  StreamType,
} from '../domain/events.ts';
import { applyIncident, type Incident, isOver } from '../domain/incident.ts';
import { applyRun, openGateOf, type Run } from '../domain/run.ts';
import type { Database } from './database.ts';
import { loggedOf } from './events.ts';

export type Replay =
  | { readonly ok: true; readonly records: number }
  | { readonly ok: false; readonly id: string; readonly reason: string };

interface Record {
  readonly id: string;
  /** Null where events stand without a row. */
  readonly version: number | null;
  readonly state: Json;
  readonly columns: Json;
  readonly canons: readonly Buffer[];
}

/** The columns that unique indexes and queries rest on, beside the state they repeat. */
const KINDS: { readonly [Type in StreamType]: { readonly table: string; readonly columns: string } } = {
  incident: { table: 'incidents', columns: "'open', open" },
  run: { table: 'runs', columns: "'active', active, 'open_gate', open_gate, 'aborting', aborting" },
  approval: { table: 'approvals', columns: "'open', open" },
  alert: { table: 'alerts', columns: "'open', open" },
};

/**
 * Folds every stream of the log and compares it with the row that stands for it: state, version and columns (D4). A record
 * and its events are read in one statement, so that work may go on meanwhile. Tells the first that differs.
 */
export async function verifyRecords(db: Pick<Database, 'query'>): Promise<Replay> {
  let records = 0;
  for (const type of ['incident', 'run', 'approval', 'alert'] as const) {
    const { table, columns } = KINDS[type];
    const { rows: ids } = await db.query<{ id: string }>(
      `select id from ${table} union select stream_id from events where stream_type = $1 order by id`,
      [type],
    );
    for (const { id } of ids) {
      const { rows } = await db.query<Record>(
        `select $2 as id, r.version, r.state, case when r.id is null then null else jsonb_build_object(${columns}) end as columns,
                array(select canon from events where stream_type = $1 and stream_id = $2 order by seq) as canons
           from (select) one left join ${table} r on r.id = $2`,
        [type, id],
      );
      for (const record of rows) {
        const reason = differenceIn(type, record);
        if (reason !== undefined) return { ok: false, id, reason };
        records += 1;
      }
    }
  }
  return { ok: true, records };
}

function differenceIn(type: StreamType, { id, version, state, columns, canons }: Record): string | undefined {
  if (version === null) return 'has events and no row';
  if (canons.length === 0) return 'has a row and no events';
  if (version !== canons.length) return `is at version ${version} after ${canons.length} events`;
  const folded = fold(type, id, canons.map(loggedOf));
  if (!same(state, folded.state)) return 'has a state that is not what its events say';
  if (!same(columns, folded.columns)) return 'has columns that are not what its events say';
  return undefined;
}

function fold(type: StreamType, id: string, events: readonly Omit<LoggedEvent, 'seq'>[]) {
  switch (type) {
    case 'incident': {
      const state = events.reduce<Incident | null>(
        (before, { event, at, actor }) =>
          applyIncident(before, event as IncidentEvent, at.toISOString(), id, actor.person),
        null,
      );
      return { state, columns: { open: state !== null && !isOver(state) } };
    }
    case 'run': {
      const state = events.reduce<Run | null>(
        (before, { event }) => applyRun(before, event as RunEvent, id),
        null,
      );
      return {
        state,
        columns: state && {
          active: state.outcome === null,
          open_gate: openGateOf(state),
          aborting: state.abort !== null,
        },
      };
    }
    case 'approval': {
      const state = events.reduce<Approval | null>(
        (before, { event }) => applyApproval(before, event as ApprovalEvent, id),
        null,
      );
      return { state, columns: { open: state !== null && isPending(state) } };
    }
    case 'alert': {
      const state = events.reduce<Alert | null>(
        (before, { event }) => applyAlert(before, event as AlertEvent, id),
        null,
      );
      return { state, columns: { open: state?.state === 'open' } };
    }
  }
}

function same(stored: unknown, folded: unknown): boolean {
  return canonicalJson(toJson(stored)) === canonicalJson(toJson(folded));
}
