import type { Json } from '../domain/canonical.ts';
import { storable } from '../domain/canonical.ts';
import type { Database, Tx } from './database.ts';

type Reader = Pick<Database, 'query'> | Tx;

/**
 * Remembers requests, each key with its kind, before they are acknowledged, and tells which were not here before: nothing is
 * done again. The same `taker` may ask twice, when it cannot know whether the first time was recorded. Keys are taken in one order, so
 * that two who ask for the same ones wait for each other and no more.
 */
export async function firstTimes(
  db: Reader,
  kinds: ReadonlyMap<string, string>,
  taker: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ key: string }>(
    `insert into inbox as known (key, kind, taker) select key, kind, $3 from unnest($1::text[], $2::text[]) asked (key, kind)
     order by key
     on conflict (key) do update set taker = excluded.taker where known.taker = excluded.taker returning known.key`,
    [[...kinds.keys()], [...kinds.values()], taker],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Keys older than a day can no longer be delivered again. */
export async function pruneInbox(db: Reader): Promise<void> {
  await db.query("delete from inbox where received_at < dr_now() - interval '1 day'");
}

export type Standing = 'active' | 'bot' | 'guest' | 'inactive';

export interface AccountRow {
  readonly account: string;
  readonly standing: Standing;
  readonly timeZone: string | null;
  readonly checkedAt: Date;
}

export async function saveAccount(
  db: Reader,
  account: string,
  standing: Standing,
  timeZone: string | null,
): Promise<void> {
  await db.query(
    `insert into accounts (account, standing, time_zone, checked_at) values ($1, $2, $3, dr_now())
     on conflict (account) do update set standing = excluded.standing, time_zone = excluded.time_zone, checked_at = excluded.checked_at`,
    [account, standing, timeZone],
  );
}

export async function readAccount(db: Reader, account: string): Promise<AccountRow | undefined> {
  const { rows } = await db.query<{
    account: string;
    standing: Standing;
    timeZone: string | null;
    checkedAt: Date;
  }>(
    `select account, standing, time_zone as "timeZone", checked_at as "checkedAt" from accounts where account = $1`,
    [account],
  );
  return rows[0];
}

/** Replaces what is known of a Slack user group. */
export async function saveGroup(tx: Tx, handle: string, accounts: readonly string[]): Promise<void> {
  await tx.query('delete from group_members where handle = $1', [handle]);
  await tx.query(
    'insert into group_members (handle, account, checked_at) select $1, unnest($2::text[]), dr_now() on conflict do nothing',
    [handle, accounts],
  );
}

/** Members seen within ten minutes: an older look does not count for a vote. */
export async function freshGroup(db: Reader, handle: string): Promise<readonly string[]> {
  const { rows } = await db.query<{ account: string }>(
    "select account from group_members where handle = $1 and checked_at between dr_now() - interval '10 minutes' and dr_now() + interval '10 minutes'",
    [handle],
  );
  return rows.map((row) => row.account);
}

export interface Observation {
  readonly at: Date;
  readonly body: Json;
}

export async function observe(
  db: Reader,
  system: string,
  component: string,
  kind: string,
  body: Json,
): Promise<void> {
  await db.query(
    'insert into observations (system, component, kind, at, body) values ($1, $2, $3, dr_now(), $4)',
    [system, component, kind, JSON.stringify(storable(body))],
  );
}

/** The newest observation before an instant (a baseline must be older than the damage), or at all. */
export async function newestObservation(
  db: Reader,
  system: string,
  component: string,
  kind: string,
  before: Date | null,
): Promise<Observation | undefined> {
  const { rows } = await db.query<{ at: Date; body: Json }>(
    `select at, body from observations
     where system = $1 and component = $2 and kind = $3 and ($4::timestamptz is null or at < $4)
     order by at desc limit 1`,
    [system, component, kind, before],
  );
  return rows[0];
}

/** Of what is looked at every few seconds only the last hour is kept, and always the newest. */
export async function pruneObservations(db: Reader, kind: string): Promise<void> {
  await db.query(
    `delete from observations o where kind = $1 and at < dr_now() - interval '1 hour'
        and exists (select from observations n
                     where n.system = o.system and n.component = o.component and n.kind = o.kind and n.at > o.at)`,
    [kind],
  );
}

export interface StoredReport {
  readonly revision: number;
  readonly body: string;
  readonly sha256: string;
}

export async function saveReport(tx: Tx, incident: string, report: StoredReport): Promise<void> {
  await tx.query('insert into reports (incident_id, revision, body, sha256) values ($1, $2, $3, $4)', [
    incident,
    report.revision,
    report.body,
    report.sha256,
  ]);
}

export async function newestReport(db: Reader, incident: string): Promise<StoredReport | undefined> {
  const { rows } = await db.query<{ revision: number; body: string; sha256: string }>(
    'select revision, body, sha256 from reports where incident_id = $1 order by revision desc limit 1',
    [incident],
  );
  return rows[0];
}

/** Which database this is: a restore onto it is refused by these two numbers. */
export async function ownStoreIdentity(
  db: Reader,
): Promise<{ systemIdentifier: string; databaseOid: string }> {
  const { rows } = await db.query<{ systemIdentifier: string; databaseOid: string }>(
    `select (select system_identifier::text from pg_control_system()) as "systemIdentifier",
            (select oid::text from pg_database where datname = current_database()) as "databaseOid"`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the database does not tell its identity');
  return row;
}
