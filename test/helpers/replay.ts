import { type Approval, applyApproval } from '../../src/domain/approval.ts';
import { canonicalJson, type Json, toJson } from '../../src/domain/canonical.ts';
import type {
  ApprovalEvent,
  IncidentEvent,
  LoggedEvent,
  RunEvent,
  StreamType,
} from '../../src/domain/events.ts';
import { applyIncident, type Incident } from '../../src/domain/incident.ts';
import { applyRun, openGateOf, type Run } from '../../src/domain/run.ts';
import type { Database } from '../../src/store/database.ts';
import { eventsOfStream } from '../../src/store/events.ts';

const TABLE: Record<StreamType, string> = { incident: 'incidents', run: 'runs', approval: 'approvals' };

/**
 * Folds every stream of the log and compares it with the row that stands for it: state, version and the columns that
 * unique indexes rest on. Throws at the first that differs; returns how many were compared.
 */
export async function assertStateEqualsLog(db: Pick<Database, 'query'>): Promise<number> {
  let compared = 0;
  for (const type of ['incident', 'run', 'approval'] as const) {
    const { rows } = await db.query<{ id: string; version: number; state: Json }>(
      `select id, version, state from ${TABLE[type]} order by id`,
    );
    const { rows: streams } = await db.query<{ id: string }>(
      'select distinct stream_id as id from events where stream_type = $1 order by id',
      [type],
    );
    same(
      type,
      'set of rows',
      rows.map(({ id }) => id),
      streams.map(({ id }) => id),
    );
    for (const { id, version, state } of rows) {
      const events = await eventsOfStream(db, { type, id });
      same(id, 'version', version, events.length);
      same(id, 'state', state, foldOf(type, events));
      compared++;
    }
  }
  await assertRunColumns(db);
  return compared;
}

function foldOf(type: StreamType, events: readonly LoggedEvent[]): unknown {
  switch (type) {
    case 'incident':
      return events.reduce<Incident | null>(
        (state, { event, at, stream, actor }) =>
          applyIncident(state, event as IncidentEvent, at.toISOString(), stream.id, actor.person),
        null,
      );
    case 'run':
      return events.reduce<Run | null>(
        (state, { event, stream }) => applyRun(state, event as RunEvent, stream.id),
        null,
      );
    case 'approval':
      return events.reduce<Approval | null>(
        (state, { event, stream }) => applyApproval(state, event as ApprovalEvent, stream.id),
        null,
      );
  }
}

async function assertRunColumns(db: Pick<Database, 'query'>): Promise<void> {
  const { rows } = await db.query<{
    state: Run;
    active: boolean;
    open_gate: string | null;
    aborting: boolean;
  }>('select state, active, open_gate, aborting from runs');
  for (const { state, active, open_gate, aborting } of rows) {
    const derived = {
      active: state.outcome === null,
      open_gate: openGateOf(state),
      aborting: state.abort !== null,
    };
    same(state.id, 'set of columns', { active, open_gate, aborting }, derived);
  }
}

function same(id: string, what: string, stored: unknown, folded: unknown): void {
  const [left, right] = [stored, folded].map((value) => canonicalJson(toJson(value)));
  if (left !== right)
    throw new Error(`${id}: its ${what} is not what its events say\nstored ${left}\nfolded ${right}`);
}
