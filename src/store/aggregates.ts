import type { Alert } from '../domain/alert.ts';
import type { Approval } from '../domain/approval.ts';
import type { Incident } from '../domain/incident.ts';
import type { Run } from '../domain/run.ts';
import type { Database, Tx } from './database.ts';

/** An aggregate with the database's clock at the moment it was read: decisions use this `now` and no other. */
export interface Located<State> {
  readonly state: State;
  readonly now: Date;
}

type Reader = Pick<Database, 'query'> | Tx;

/** Locks the row until the transaction ends. Undefined when there is no such incident. */
export function lockIncident(tx: Tx, id: string): Promise<Located<Incident> | undefined> {
  return one<Incident>(tx, 'select state, dr_now() as now from incidents where id = $1 for update', [id]);
}

export function lockRun(tx: Tx, id: string): Promise<Located<Run> | undefined> {
  return one<Run>(tx, 'select state, dr_now() as now from runs where id = $1 for update', [id]);
}

export function lockApproval(tx: Tx, id: string): Promise<Located<Approval> | undefined> {
  return one<Approval>(tx, 'select state, dr_now() as now from approvals where id = $1 for update', [id]);
}

export function lockAlert(tx: Tx, id: string): Promise<Located<Alert> | undefined> {
  return one<Alert>(tx, 'select state, dr_now() as now from alerts where id = $1 for update', [id]);
}

export function readIncident(db: Reader, id: string): Promise<Located<Incident> | undefined> {
  return one<Incident>(db, 'select state, dr_now() as now from incidents where id = $1', [id]);
}

export function readRun(db: Reader, id: string): Promise<Located<Run> | undefined> {
  return one<Run>(db, 'select state, dr_now() as now from runs where id = $1', [id]);
}

export function readApproval(db: Reader, id: string): Promise<Located<Approval> | undefined> {
  return one<Approval>(db, 'select state, dr_now() as now from approvals where id = $1', [id]);
}

export function readAlert(db: Reader, id: string): Promise<Located<Alert> | undefined> {
  return one<Alert>(db, 'select state, dr_now() as now from alerts where id = $1', [id]);
}

/** Open incidents first, newest first. */
export async function listIncidents(
  db: Reader,
  filter: { open?: boolean; system?: string; channel?: string; limit?: number } = {},
): Promise<readonly Incident[]> {
  const { rows } = await db.query<{ state: Incident }>(
    `select state from incidents
     where ($1::boolean is null or open = $1) and ($2::text is null or system = $2) and ($3::text is null or channel = $3)
     order by open desc, declared_at desc, id desc limit $4`,
    [filter.open ?? null, filter.system ?? null, filter.channel ?? null, filter.limit ?? 50],
  );
  return rows.map((row) => row.state);
}

/** Of these, those that are resolved or cancelled. */
export async function incidentsOver(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await db.query<{ id: string }>(
    'select id from incidents where id = any ($1::text[]) and not open',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Newest first. */
export async function runsOfIncident(db: Reader, incident: string): Promise<readonly Run[]> {
  const { rows } = await db.query<{ state: Run }>(
    `select state from runs where incident_id = $1 order by (state->>'startedAt') desc, id desc`,
    [incident],
  );
  return rows.map((row) => row.state);
}

export async function activeRunOf(db: Reader, system: string): Promise<Run | undefined> {
  const { rows } = await db.query<{ state: Run }>('select state from runs where system = $1 and active', [
    system,
  ]);
  return rows[0]?.state;
}

export async function activeRunIds(db: Reader): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>('select id from runs where active');
  return rows.map((row) => row.id);
}

/** Newest first. */
export async function approvalsOfIncident(db: Reader, incident: string): Promise<readonly Approval[]> {
  const { rows } = await db.query<{ state: Approval }>(
    `select state from approvals where incident_id = $1 order by (state->>'requestedAt') desc, id desc`,
    [incident],
  );
  return rows.map((row) => row.state);
}

export async function openApprovals(db: Reader): Promise<readonly Approval[]> {
  const { rows } = await db.query<{ state: Approval }>(
    `select state from approvals where open order by (state->>'approveBy')`,
  );
  return rows.map((row) => row.state);
}

/** Ids of rows whose time has come, by the database's clock. */
export async function dueIds(
  db: Reader,
  table: 'incidents' | 'runs' | 'approvals' | 'alerts',
): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ${table} where due_at <= dr_now() order by due_at limit 200`,
  );
  return rows.map((row) => row.id);
}

/** The next number of a counter: gaps are possible, repeats are not. */
export async function nextNumber(tx: Tx, counter: string): Promise<number> {
  const { rows } = await tx.query<{ value: number }>(
    'insert into counters (name, value) values ($1, 1) on conflict (name) do update set value = counters.value + 1 returning value',
    [counter],
  );
  return rows[0]?.value ?? 1;
}

/**
 * Takes a run for one worker: whoever held it before can commit nothing more (`stillMine`). Returns the claim's number,
 * or undefined when there is no such run.
 */
export async function claimRun(db: Reader, id: string): Promise<number | undefined> {
  const { rows } = await db.query<{ claim: number }>(
    'update runs set claim = claim + 1 where id = $1 returning claim',
    [id],
  );
  return rows[0]?.claim;
}

/** Whether a claim still holds, read under the run's row lock. */
export async function claimHolds(tx: Tx, id: string, claim: number): Promise<boolean> {
  const { rows } = await tx.query<{ claim: number }>('select claim from runs where id = $1 for update', [id]);
  return rows[0]?.claim === claim;
}

/** What a running step polls: has somebody asked for an abort, or taken the run over? */
export async function runSignals(
  db: Reader,
  id: string,
): Promise<{ aborting: boolean; claim: number } | undefined> {
  const { rows } = await db.query<{ aborting: boolean; claim: number }>(
    'select aborting, claim from runs where id = $1',
    [id],
  );
  return rows[0];
}

export async function databaseNow(db: Reader): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('select dr_now() as now');
  const row = rows[0];
  if (row === undefined) throw new Error('dr_now() gave no row');
  return row.now;
}

async function one<State>(
  db: Reader,
  sql: string,
  values: readonly unknown[],
): Promise<Located<State> | undefined> {
  const { rows } = await db.query<{ state: State; now: Date }>(sql, values);
  return rows[0];
}
