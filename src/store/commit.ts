import { type Alert, applyAlert } from '../domain/alert.ts';
import { type Approval, applyApproval } from '../domain/approval.ts';
import { canonicalJson, type Json, storable, toJson } from '../domain/canonical.ts';
import { linkHash } from '../domain/chain.ts';
import { type Effect, effectsOf, type Kin } from '../domain/effects.ts';
import type {
  Actor,
  AlertEvent,
  ApprovalEvent,
  DomainEvent,
  IncidentEvent,
  LoggedEvent,
  RunEvent,
  Stream,
} from '../domain/events.ts';
import { applyIncident, type Incident } from '../domain/incident.ts';
import { applyRun, approvalInUse, type Run } from '../domain/run.ts';
import { hop } from '../hop.ts';
import type { Tx } from './database.ts';
import { saveAlert, saveApproval, saveIncident, saveRun } from './save.ts';

/** New facts of one aggregate. The row must have been locked by the loader in the same transaction, or be new. */
export type Change =
  | { readonly type: 'incident'; readonly id: string; readonly events: readonly IncidentEvent[] }
  | { readonly type: 'run'; readonly id: string; readonly events: readonly RunEvent[] }
  | { readonly type: 'approval'; readonly id: string; readonly events: readonly ApprovalEvent[] }
  | { readonly type: 'alert'; readonly id: string; readonly events: readonly AlertEvent[] };

/** Wakes the jobs of a set of effects inside the transaction. The queue gives it; the store knows no queue. */
export type Enqueue = (tx: Tx, wakes: Wakes) => Promise<void>;

export interface Wakes {
  readonly runs: readonly string[];
  /** Incidents and alerts whose surfaces are out of date. */
  readonly owners: readonly string[];
  /** Systems whose backups are to be looked at. */
  readonly systems?: readonly string[];
  /** Restore tests to be made. */
  readonly tests?: readonly string[];
}

export type Commit = (tx: Tx, actor: Actor, changes: readonly Change[]) => Promise<readonly LoggedEvent[]>;

/**
 * The one way anything is recorded: events, folded state, surfaces to refresh and jobs, in the caller's transaction.
 * Lock order is aggregate rows, then the chain head, then jobs; the head is taken here and nowhere else (D5).
 */
export function createCommit(enqueue: Enqueue): Commit {
  return async (tx, actor, changes) => {
    const real = changes.filter((change) => change.events.length > 0).map(storable);
    if (real.length === 0) return [];
    const before = new Map<Change, Loaded>();
    for (const change of real) before.set(change, await loadState(tx, change));
    hop('commit:before');
    const head = await lockHead(tx);
    const logged: LoggedEvent[] = [];
    const due: Due[] = [];
    let cursor = head;
    for (const change of real) {
      const loaded = before.get(change) ?? { state: null, version: 0 };
      const folded = fold(change, loaded.state, head.now.toISOString(), actor);
      for (const event of change.events) {
        const entry = {
          at: head.now,
          stream: { type: change.type, id: change.id },
          incident: folded.incident,
          actor,
          event,
        };
        cursor = await append(tx, cursor, entry);
        const { seq } = cursor;
        logged.push({ seq, ...entry });
        due.push(...effectsOf({ seq, ...entry }, folded.kin).map((effect) => ({ seq, effect })));
      }
      await folded.save(tx, loaded.version + change.events.length);
    }
    await tx.query('update chain_head set seq = $1, hash = decode($2, $3)', [cursor.seq, cursor.hash, 'hex']);
    await markSurfaces(tx, due);
    await enqueue(tx, wakesOf(due.map(({ effect }) => effect)));
    hop('commit:after-jobs');
    return logged;
  };
}

interface Loaded {
  readonly state: Json | null;
  readonly version: number;
}

interface Head {
  readonly seq: number;
  readonly hash: string;
  readonly now: Date;
}

const TABLE = { incident: 'incidents', run: 'runs', approval: 'approvals', alert: 'alerts' } as const;

async function loadState(tx: Tx, change: Change): Promise<Loaded> {
  const { rows } = await tx.query<{ state: Json; version: number }>(
    `select state, version from ${TABLE[change.type]} where id = $1 for update`,
    [change.id],
  );
  return rows[0] ?? { state: null, version: 0 };
}

async function lockHead(tx: Tx): Promise<Head> {
  const { rows } = await tx.query<{ seq: number; hash: string; now: Date }>(
    "select seq, encode(hash, 'hex') as hash, dr_now() as now from chain_head for update",
  );
  const row = rows[0];
  if (row === undefined) throw new Error('chain_head has no row');
  return { seq: row.seq, hash: row.hash, now: row.now };
}

/** The canonical bytes of an event: everything a reader sees of it, so that no column can be changed unnoticed. */
function canonOf(entry: {
  at: Date;
  stream: Stream;
  incident: string | null;
  actor: Actor;
  event: DomainEvent;
}): Buffer {
  return Buffer.from(canonicalJson(toJson(entry)), 'utf8');
}

async function append(tx: Tx, cursor: Head, entry: Omit<LoggedEvent, 'seq'>): Promise<Head> {
  const seq = cursor.seq + 1;
  const canon = canonOf(entry);
  const hash = linkHash(cursor.hash, BigInt(seq), canon);
  await tx.query(
    `insert into events (seq, at, stream_type, stream_id, incident_id, kind, canon, prev, hash)
     values ($1, $2, $3, $4, $5, $6, $7, decode($8, 'hex'), decode($9, 'hex'))`,
    [
      seq,
      entry.at,
      entry.stream.type,
      entry.stream.id,
      entry.incident,
      entry.event.kind,
      canon,
      cursor.hash,
      hash,
    ],
  );
  return { ...cursor, seq, hash };
}

interface Folded {
  readonly incident: string | null;
  readonly kin: Kin;
  save(tx: Tx, version: number): Promise<void>;
}

const NO_KIN: Kin = { run: null, approval: null, card: null };

function fold(change: Change, state: Json | null, at: string, actor: Actor): Folded {
  switch (change.type) {
    case 'incident': {
      const next = change.events.reduce<Incident | null>(
        (incident, event) => applyIncident(incident, event, at, change.id, actor.person),
        asState<Incident>(state),
      );
      return {
        incident: change.id,
        kin: NO_KIN,
        save: (tx, version) => saveIncident(tx, required(next), version),
      };
    }
    case 'run': {
      const before = asState<Run>(state);
      const run = required(
        change.events.reduce<Run | null>((run, event) => applyRun(run, event, change.id), before),
      );
      return {
        incident: run.incident,
        kin: { ...NO_KIN, approval: (before && approvalInUse(before)) ?? approvalInUse(run) },
        save: (tx, version) => saveRun(tx, run, version),
      };
    }
    case 'approval': {
      const next = change.events.reduce<Approval | null>(
        (approval, event) => applyApproval(approval, event, change.id),
        asState<Approval>(state),
      );
      const approval = required(next);
      return {
        incident: approval.incident,
        kin: { ...NO_KIN, run: approval.run },
        save: (tx, version) => saveApproval(tx, approval, version),
      };
    }
    case 'alert': {
      const next = change.events.reduce<Alert | null>(
        (alert, event) => applyAlert(alert, event, change.id),
        asState<Alert>(state),
      );
      const alert = required(next);
      return {
        incident: null,
        kin: { ...NO_KIN, card: alert.group },
        save: (tx, version) => saveAlert(tx, alert, version),
      };
    }
  }
}

/** State columns are written only here, from typed values, and PostgreSQL keeps them: reading back is trusted. */
function asState<State>(json: Json | null): State | null {
  return json as State | null;
}

function required<State>(state: State | null): State {
  if (state === null) throw new Error('an aggregate without events cannot be saved');
  return state;
}

interface Due {
  readonly seq: number;
  readonly effect: Effect;
}

/** A surface is as old as the first event that asked for it, so that a card stands before what answers under it. */
async function markSurfaces(tx: Tx, due: readonly Due[]): Promise<void> {
  const shows = due.flatMap(({ seq, effect }) => (effect.kind === 'show' ? [{ seq, ...effect }] : []));
  if (shows.length === 0) return;
  const of = <Key extends 'owner' | 'surface' | 'subject' | 'seq'>(key: Key) =>
    shows.map((show) => show[key]);
  await tx.query(
    `insert into deliveries (owner, surface, subject, wanted, born)
     select owner, surface, subject, max(seq), min(seq)
       from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) shown (owner, surface, subject, seq)
      group by owner, surface, subject order by owner, surface, subject
     on conflict (owner, surface, subject) do update set wanted = excluded.wanted`,
    [of('owner'), of('surface'), of('subject'), of('seq')],
  );
}

function wakesOf(effects: readonly Effect[]): Wakes {
  const runs = effects.flatMap((effect) => (effect.kind === 'wake-run' ? [effect.run] : []));
  const owners = effects.flatMap((effect) => (effect.kind === 'show' ? [effect.owner] : []));
  return { runs: [...new Set(runs)], owners: [...new Set(owners)] };
}
