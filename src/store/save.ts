import { type Alert, alertDueAt, keyOf } from '../domain/alert.ts';
import { type Approval, approvalDueAt, isPending } from '../domain/approval.ts';
import { type Incident, incidentDueAt, isOver } from '../domain/incident.ts';
import { openGateOf, type Run } from '../domain/run.ts';
import { runDueAt } from '../domain/run-due.ts';
import type { Tx } from './database.ts';

/** Rows of aggregates: the folded state, and the columns that indexes and queries rest on. Only commit.ts writes them. */

export async function saveIncident(tx: Tx, incident: Incident, version: number): Promise<void> {
  await tx.query(
    `insert into incidents (id, version, state, system, open, declared_at, channel, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (id) do update set version = excluded.version, state = excluded.state, open = excluded.open,
       channel = excluded.channel, due_at = excluded.due_at`,
    [
      incident.id,
      version,
      JSON.stringify(incident),
      incident.system,
      !isOver(incident),
      incident.declaredAt,
      incident.channel?.id ?? null,
      incidentDueAt(incident),
    ],
  );
}

export async function saveRun(tx: Tx, run: Run, version: number): Promise<void> {
  await tx.query(
    `insert into runs (id, incident_id, version, state, system, active, open_gate, aborting, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (id) do update set version = excluded.version, state = excluded.state, active = excluded.active,
       open_gate = excluded.open_gate, aborting = excluded.aborting, due_at = excluded.due_at`,
    [
      run.id,
      run.incident,
      version,
      JSON.stringify(run),
      run.system,
      run.outcome === null,
      openGateOf(run),
      run.abort !== null,
      runDueAt(run),
    ],
  );
}

export async function saveApproval(tx: Tx, approval: Approval, version: number): Promise<void> {
  await tx.query(
    `insert into approvals (id, run_id, incident_id, version, state, open, due_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (id) do update set version = excluded.version, state = excluded.state, open = excluded.open, due_at = excluded.due_at`,
    [
      approval.id,
      approval.run,
      approval.incident,
      version,
      JSON.stringify(approval),
      isPending(approval),
      approvalDueAt(approval),
    ],
  );
}

export async function saveAlert(tx: Tx, alert: Alert, version: number): Promise<void> {
  await tx.query(
    `insert into alerts (id, version, state, system, key, card, open, fired_at, closed_at, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (id) do update set version = excluded.version, state = excluded.state, open = excluded.open,
       closed_at = excluded.closed_at, due_at = excluded.due_at`,
    [
      alert.id,
      version,
      JSON.stringify(alert),
      alert.system,
      keyOf(alert),
      alert.group ?? alert.id,
      alert.state === 'open',
      alert.firedAt,
      alert.closedAt,
      alertDueAt(alert),
    ],
  );
}
