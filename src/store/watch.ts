import { storable } from '../domain/canonical.ts';
import type { Inventory, Sample } from '../domain/inventory.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type Reading, StoredDump } from '../domain/whole-dump.ts';
import type { Database, Tx } from './database.ts';

/** What the watch remembers between its rounds: slots that were judged, how backups stand, and what was seen of them. */

type Reader = Pick<Database, 'query'> | Tx;

export interface Round {
  readonly slot: Date;
  readonly finishedAt: Date;
}

/** The newest slot of a system that was judged. With a transaction the row is locked until it ends. */
export async function newestRound(db: Reader, system: string, lock = ''): Promise<Round | undefined> {
  const { rows } = await db.query<{ slot: Date; finishedAt: Date }>(
    `select slot, finished_at as "finishedAt" from watch_rounds where system = $1 ${lock}`,
    [system],
  );
  return rows[0];
}

/** True for whoever records a slot first; nobody records it again, nor an older one after it. */
export async function recordRound(
  tx: Tx,
  round: { system: string; slot: Date; beganAt: Date; backups: number },
): Promise<boolean> {
  const { rows } = await tx.query(
    `insert into watch_rounds (system, slot, began_at, finished_at, backups) values ($1, $2, $3, dr_now(), $4)
     on conflict (system) do update set slot = excluded.slot, began_at = excluded.began_at, finished_at = excluded.finished_at, backups = excluded.backups
       where watch_rounds.slot < excluded.slot
     returning system`,
    [round.system, round.slot, round.beganAt, round.backups],
  );
  return rows.length === 1;
}

/** When each system was last judged. */
export async function roundsOf(db: Reader): Promise<ReadonlyMap<string, Round>> {
  const { rows } = await db.query<{ system: string; slot: Date; finishedAt: Date }>(
    'select system, slot, finished_at as "finishedAt" from watch_rounds',
  );
  return new Map(rows.map(({ system, ...round }) => [system, round]));
}

/** How a backup stands after a round. Dates inside are ISO text once they come back from here. */
export interface Standing {
  readonly verdicts: readonly Verdict[];
  readonly shape: Inventory['shape'] | null;
  readonly newest: { readonly key: string; readonly takenAt: string; readonly bytes: number } | null;
}

export interface StandingRow extends Standing {
  readonly system: string;
  readonly backup: string;
  readonly at: Date;
  /** When the watch first looked at it: nothing is missing before that. */
  readonly firstAt: Date;
}

/** Replaces how the backups of a system stand; what the plan no longer names goes. */
export async function saveStandings(
  tx: Tx,
  system: string,
  at: Date,
  standings: ReadonlyMap<string, Standing>,
): Promise<void> {
  await tx.query('delete from watch_state where system = $1 and backup <> all ($2::text[])', [
    system,
    [...standings.keys()],
  ]);
  await tx.query(
    `insert into watch_state (system, backup, at, body)
     select $1, backup, $2, body::jsonb from unnest($3::text[], $4::text[]) as given (backup, body)
     on conflict (system, backup) do update set at = excluded.at, body = excluded.body`,
    [
      system,
      at,
      [...standings.keys()],
      [...standings.values()].map((standing) => JSON.stringify(storable(standing))),
    ],
  );
}

export async function standingsOf(db: Reader, system: string | null): Promise<readonly StandingRow[]> {
  const { rows } = await db.query<{
    system: string;
    backup: string;
    at: Date;
    firstAt: Date;
    body: Standing;
  }>(
    'select system, backup, at, since as "firstAt", body from watch_state where $1::text is null or system = $1 order by system, backup',
    [system],
  );
  return rows.map(({ body, ...row }) => ({
    ...row,
    ...body,
    shape: datedShape(body.shape),
    verdicts: body.verdicts.map((verdict) => ({
      ...verdict,
      since: verdict.since === null ? null : new Date(verdict.since),
    })),
  }));
}

/** The newest artifact that the last round saw of each of these backups, by `system/backup`. */
export async function newestKeys(
  db: Reader,
  backups: readonly { readonly system: string; readonly backup: string }[],
): Promise<ReadonlyMap<string, string>> {
  if (backups.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; key: string }>(
    `select system || '/' || backup as id, body->'newest'->>'key' as key
       from watch_state join unnest($1::text[], $2::text[]) as asked (system, backup) using (system, backup)
      where body->'newest'->>'key' is not null`,
    [backups.map(({ system }) => system), backups.map(({ backup }) => backup)],
  );
  return new Map(rows.map(({ id, key }) => [id, key]));
}

/** What the watch read last of a backup's newest artifact, when that was a whole dump in a store. */
export async function lastReading(db: Reader, system: string, backup: string): Promise<Reading | undefined> {
  const { rows } = await db.query<{ shape: { key: string; readAt: string; whole?: unknown } }>(
    `select body->'shape'->'value' as shape from watch_state
      where system = $1 and backup = $2 and jsonb_typeof(body->'shape'->'value') = 'object'`,
    [system, backup],
  );
  const [read] = rows.map(({ shape }) => shape);
  const whole = StoredDump.safeParse(read?.whole).data;
  if (read === undefined || whole === undefined) return undefined;
  return { at: new Date(read.readAt), key: read.key, whole };
}

function datedShape(shape: Standing['shape']): Standing['shape'] {
  return shape?.state === 'seen' && shape.value !== null
    ? { ...shape, value: { ...shape.value, readAt: new Date(shape.value.readAt) } }
    : shape;
}

/** Remembers artifacts that were seen; each once. What was found in one that was replaced since is forgotten. */
export async function saveSamples(
  tx: Tx,
  system: string,
  samples: readonly (Sample & { readonly backup: string })[],
): Promise<void> {
  if (samples.length === 0) return;
  await tx.query(
    `insert into backup_samples as known (system, backup, key, taken_at, bytes, duration_ms, refused)
     select $1, * from unnest($2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::boolean[])
     on conflict (system, backup, key) do update set bytes = excluded.bytes,
       duration_ms = coalesce(excluded.duration_ms, known.duration_ms),
       refused = case when known.bytes = excluded.bytes then coalesce(excluded.refused, known.refused) else excluded.refused end`,
    [
      system,
      samples.map(({ backup }) => backup),
      samples.map(({ key }) => key),
      samples.map(({ takenAt }) => takenAt),
      samples.map(({ bytes }) => bytes),
      samples.map(({ durationMs }) => durationMs),
      samples.map(({ refused = null }) => refused),
    ],
  );
}

/** The newest of each backup of a system, newest first, at most `most` each. */
export async function samplesOf(
  db: Reader,
  system: string,
  most: number,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const { rows } = await db.query<Sample & { backup: string }>(
    `select backup, key, taken_at as "takenAt", bytes::float8 as bytes, duration_ms::float8 as "durationMs", refused
       from watch_state state
      cross join lateral (
        select key, taken_at, bytes, duration_ms, refused from backup_samples known
         where known.system = state.system and known.backup = state.backup order by taken_at desc limit $2) newest
      where state.system = $1 order by backup, taken_at desc`,
    [system, most],
  );
  return Map.groupBy(rows, ({ backup }) => backup);
}

/** What was taken of one backup since an instant, oldest first. */
export async function samplesSince(
  db: Reader,
  system: string,
  backup: string,
  since: Date,
): Promise<readonly Sample[]> {
  const { rows } = await db.query<Sample>(
    `select key, taken_at as "takenAt", bytes::float8 as bytes, duration_ms::float8 as "durationMs", refused from backup_samples
      where system = $1 and backup = $2 and taken_at >= $3 order by taken_at`,
    [system, backup, since],
  );
  return rows;
}

/** Older than anything a picture or a rule looks at. */
export async function pruneSamples(db: Reader): Promise<void> {
  await db.query("delete from backup_samples where taken_at < dr_now() - interval '400 days'");
}
