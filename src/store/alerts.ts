import type { Alert } from '../domain/alert.ts';
import type { Database, Tx } from './database.ts';

type Reader = Pick<Database, 'query'> | Tx;

/** Locks the open alerts of a system until the transaction ends. */
export async function lockOpenAlerts(tx: Tx, system: string): Promise<readonly Alert[]> {
  const { rows } = await tx.query<{ state: Alert }>(
    'select state from alerts where system = $1 and open order by id for update',
    [system],
  );
  return rows.map(({ state }) => state);
}

/** Systems with open alerts: they are looked at until those are closed, whatever a plan says by now. */
export async function systemsWithAlerts(db: Reader): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ system: string }>('select distinct system from alerts where open');
  return new Set(rows.map(({ system }) => system));
}

/** Those of one card, the first of the group first. */
export async function alertsOfCard(db: Reader, card: string): Promise<readonly Alert[]> {
  const { rows } = await db.query<{ state: Alert }>(
    'select state from alerts where card = $1 order by id = $1 desc, fired_at, id',
    [card],
  );
  return rows.map(({ state }) => state);
}

/** Open ones, and those closed since an instant, newest first; of one system, or of all. */
export async function alertsSince(db: Reader, since: Date, system: string | null): Promise<readonly Alert[]> {
  const { rows } = await db.query<{ state: Alert }>(
    `select state from alerts
      where (open or closed_at > $1) and ($2::text is null or system = $2) order by fired_at desc limit 1000`,
    [since, system],
  );
  return rows.map(({ state }) => state);
}

export interface AlertPicture {
  readonly shows: string;
  readonly file: string;
  readonly alt: string;
}

export async function pictureOf(db: Reader, card: string): Promise<AlertPicture | undefined> {
  const { rows } = await db.query<{ -readonly [K in keyof AlertPicture]: AlertPicture[K] }>(
    'select shows, file, alt from alert_pictures where card = $1',
    [card],
  );
  return rows[0];
}

export async function savePicture(
  db: Reader,
  card: string,
  { shows, file, alt }: AlertPicture,
): Promise<void> {
  await db.query(
    `insert into alert_pictures (card, shows, file, alt) values ($1, $2, $3, $4)
     on conflict (card) do update set shows = excluded.shows, file = excluded.file, alt = excluded.alt`,
    [card, shows, file, alt],
  );
}

/** Cards of open alerts, whose numbers go on growing without an event, are drawn again. Returns their owners. */
export async function redrawCards(tx: Tx, system: string): Promise<readonly string[]> {
  const { rows } = await tx.query<{ owner: string }>(
    `update deliveries set done = least(done, wanted - 1)
      where surface = 'alert-card' and done > 0 and owner in (select card from alerts where system = $1 and open)
     returning owner`,
    [system],
  );
  return rows.map(({ owner }) => owner);
}
