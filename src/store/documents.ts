import { digestOf, type Json } from '../domain/canonical.ts';
import { People } from '../domain/people.ts';
import { Plan } from '../domain/plan.ts';
import type { Database, Tx } from './database.ts';

type Reader = Pick<Database, 'query'> | Tx;

/** A plan as a run keeps it: the parsed body under its digest. */
export interface PlanVersion {
  readonly plan: Plan;
  readonly digest: string;
  readonly loadedAt: Date;
}

/** `janua@4f2c1a9`: what people call a version. */
export function versionName(version: Pick<PlanVersion, 'plan' | 'digest'>): string {
  return `${version.plan.system}@${version.digest.slice(0, 7)}`;
}

/**
 * Puts a checked document in force, as it was written (durations still text). The same content again changes nothing
 * and returns `changed: false`. With `onlyNew` an earlier version never comes back: a worker that restarts with an old
 * folder must not give rights back that somebody took away.
 */
export async function putInForce(
  tx: Tx,
  document: { kind: 'plan' | 'people'; name: string; body: Json; source: string; by: string },
  onlyNew: boolean,
): Promise<{ digest: string; changed: boolean }> {
  const digest = digestOf(document.kind, document.body);
  const kept = await tx.query(
    `insert into documents (kind, name, digest, body, source, loaded_by) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [document.kind, document.name, digest, JSON.stringify(document.body), document.source, document.by],
  );
  if (onlyNew && kept.rowCount === 0) return { digest, changed: false };
  const { rowCount } = await tx.query(
    `insert into documents_in_force (kind, name, digest) values ($1, $2, $3)
     on conflict (kind, name) do update set digest = excluded.digest, since = dr_now() where documents_in_force.digest <> excluded.digest`,
    [document.kind, document.name, digest],
  );
  return { digest, changed: (rowCount ?? 0) > 0 };
}

export function plansInForce(db: Reader): Promise<readonly PlanVersion[]> {
  return inForce(db, null);
}

export async function planInForce(db: Reader, system: string): Promise<PlanVersion | undefined> {
  return (await inForce(db, system))[0];
}

/** Asked for all the time, so that what was parsed before is not sent again: a hundred plans are megabytes. */
async function inForce(db: Reader, system: string | null): Promise<readonly PlanVersion[]> {
  const { rows } = await db.query<PlanRow>(
    `select d.digest, case when d.digest <> all ($2::text[]) then d.body end as body, d.loaded_at
       from documents_in_force f join documents d using (kind, name, digest)
      where kind = 'plan' and ($1::text is null or name = $1) order by name`,
    [system, [...parsed.keys()]],
  );
  return rows.map(toVersion);
}

/**
 * When a plan of this system first held a part of the one in force: a promise is as old as that, however often the rest was
 * edited since.
 */
export async function heldSince(
  db: Reader,
  { plan: { system }, digest, loadedAt }: PlanVersion,
  part: Json,
): Promise<Date> {
  const asked = `${digest} ${JSON.stringify(part)}`;
  const known = held.get(asked);
  if (known !== undefined) return known;
  const { rows } = await db.query<{ at: Date | null }>(
    "select min(loaded_at) as at from documents where kind = 'plan' and name = $1 and body::jsonb @> $2::jsonb",
    [system, JSON.stringify(part)],
  );
  const since = rows[0]?.at ?? loadedAt;
  held.set(asked, since);
  return since;
}

/** The past of a version does not change. */
const held = new Map<string, Date>();

/** The frozen copy an incident or a run was started under. */
export async function planByDigest(db: Reader, digest: string): Promise<PlanVersion | undefined> {
  const { rows } = await db.query<PlanRow>(
    "select digest, body, loaded_at from documents where kind = 'plan' and digest = $1",
    [digest],
  );
  return rows[0] && toVersion(rows[0]);
}

/** Who people are, now. Nobody, before the first `dr plan load`. */
export async function peopleInForce(db: Reader): Promise<People> {
  const { rows } = await db.query<{ body: Json }>(
    `select d.body from documents_in_force f join documents d using (kind, name, digest) where kind = 'people'`,
  );
  return People.parse(rows[0]?.body ?? { people: {} });
}

interface PlanRow {
  readonly digest: string;
  /** Null for a plan that this process has parsed before. */
  readonly body: Json;
  readonly loaded_at: Date;
}

/** Plans never change under a digest, so each is parsed once a process. */
const parsed = new Map<string, Plan>();

function toVersion(row: PlanRow): PlanVersion {
  const plan = parsed.get(row.digest) ?? Plan.parse(row.body);
  parsed.set(row.digest, plan);
  return { plan, digest: row.digest, loadedAt: row.loaded_at };
}
