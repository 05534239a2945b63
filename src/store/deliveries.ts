import type { Surface } from '../domain/effects.ts';
import type { Database } from './database.ts';

/** One surface of one incident, alert or system's digests, and how far it is behind. */
export interface Delivery {
  readonly owner: string;
  readonly surface: Surface;
  readonly subject: string;
  readonly wanted: number;
  readonly channel: string | null;
  readonly ts: string | null;
  readonly shownHash: string | null;
  readonly tries: number;
}

type Db = Pick<Database, 'query'>;

const COLUMNS = `owner, surface, subject, wanted, channel, ts, shown_hash as "shownHash", tries`;

/** A further copy of the post of event `seq`: to a Slack account, or under the announcement. */
export async function wantDirect(db: Db, owner: string, seq: number, to: string): Promise<void> {
  await db.query(
    "insert into deliveries (owner, surface, subject, wanted, born) values ($1, 'dm', $2, $3, $3) on conflict do nothing",
    [owner, `${seq}/${to}`, seq],
  );
}

/** A system's digest of one slot, once. Returns whom to wake for it; null when it was wanted before. */
export async function wantDigest(db: Db, system: string, slot: Date): Promise<string | null> {
  const owner = `${system}/digest`;
  const { rowCount } = await db.query(
    "insert into deliveries (owner, surface, subject, wanted, born) values ($1, 'digest', $2, $3, $3) on conflict do nothing",
    [owner, slot.toISOString(), slot.getTime()],
  );
  return rowCount === 1 ? owner : null;
}

/**
 * What is out of date and may be tried now, oldest event first, and of one event the cards before what answers under them.
 * Behind one that waits for Slack nothing newer is tried, so that people read everything in order; one that waits for another
 * surface holds nobody up.
 */
export async function openDeliveries(db: Db, owner: string): Promise<readonly Delivery[]> {
  const { rows } = await db.query<
    { -readonly [K in keyof Delivery]: Delivery[K] } & { waiting: boolean; blocks: boolean }
  >(
    `select ${COLUMNS}, blocks, coalesce(not_before > dr_now(), false) as waiting from deliveries
     where owner = $1 and wanted > done
     order by case when ts is null then born else wanted end, case surface when 'channel' then 0 when 'incident-card' then 1 when 'announcement' then 2 when 'run-card' then 3 when 'approval-card' then 3 else 4 end`,
    [owner],
  );
  const held = rows.findIndex(({ waiting, blocks }) => waiting && blocks);
  return (held === -1 ? rows : rows.slice(0, held)).filter(({ waiting }) => !waiting);
}

/** What is put off by itself, because Slack refuses it or it fails by a bug, with the reason; the rest goes on. */
export async function stuckDeliveries(db: Db): Promise<readonly string[]> {
  const { rows } = await db.query<{ what: string }>(
    `select concat_ws(' ', surface, subject, 'of', owner || ':', error) as what from deliveries
     where wanted > done and error is not null and not blocks order by born limit 20`,
  );
  return rows.map(({ what }) => what);
}

/** Incidents and alerts with something to deliver whose time has come: found by query, so that a lost job loses nothing. */
export async function ownersToDeliver(db: Db): Promise<readonly string[]> {
  const { rows } = await db.query<{ owner: string }>(
    `select distinct owner from deliveries
     where wanted > done and not_before is not null and not_before <= dr_now() limit 100`,
  );
  return rows.map((row) => row.owner);
}

export async function deliveryOf(
  db: Db,
  owner: string,
  surface: Surface,
  subject: string,
): Promise<Delivery | undefined> {
  const { rows } = await db.query<{ -readonly [K in keyof Delivery]: Delivery[K] }>(
    `select ${COLUMNS} from deliveries where owner = $1 and surface = $2 and subject = $3`,
    [owner, surface, subject],
  );
  return rows[0];
}

/** Posts, and their copies to persons, with buttons that are still live. */
export async function askingPosts(db: Db, owner: string): Promise<readonly Delivery[]> {
  const { rows } = await db.query<{ -readonly [K in keyof Delivery]: Delivery[K] }>(
    `select ${COLUMNS} from deliveries where owner = $1 and surface in ('post', 'dm') and shown_hash is not null`,
    [owner],
  );
  return rows;
}

/** Records where a surface stands. `upTo` is what it was rendered from: newer events keep it out of date. */
export async function delivered(
  db: Db,
  delivery: Delivery,
  place: { channel: string; ts: string | null; hash: string | null; upTo: number },
): Promise<void> {
  await db.query(
    `update deliveries set done = greatest(done, $4), channel = $5, ts = coalesce($6, ts), shown_hash = $7, tries = 0, error = null, not_before = null
     where owner = $1 and surface = $2 and subject = $3`,
    [delivery.owner, delivery.surface, delivery.subject, place.upTo, place.channel, place.ts, place.hash],
  );
}

/** Notes that a message is about to be sent: whoever comes after a crash looks for it first. */
export async function sending(db: Db, delivery: Delivery): Promise<void> {
  await db.query(
    'update deliveries set tries = greatest(tries, 1) where owner = $1 and surface = $2 and subject = $3',
    [delivery.owner, delivery.surface, delivery.subject],
  );
}

/** Puts a surface off, with the reason people can read. */
export async function postponed(
  db: Db,
  delivery: Delivery,
  reason: string,
  wait: { seconds: number; blocks: boolean },
): Promise<void> {
  await db.query(
    `update deliveries set tries = $7, error = $4, not_before = dr_now() + make_interval(secs => $5), blocks = $6
     where owner = $1 and surface = $2 and subject = $3`,
    [
      delivery.owner,
      delivery.surface,
      delivery.subject,
      reason,
      wait.seconds,
      wait.blocks,
      delivery.tries + 1,
    ],
  );
}
