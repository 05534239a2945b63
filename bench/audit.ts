import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { canonicalJson } from '../src/domain/canonical.ts';
import { GENESIS, linkHash } from '../src/domain/chain.ts';
import { BOT } from '../src/domain/events.ts';
import { createCommit } from '../src/store/commit.ts';
import { createDatabase, type Database } from '../src/store/database.ts';
import { median } from './median.ts';
import { type Store, startStore } from './store.ts';

const run = promisify(execFile);

const PAIRS = 5;
const APPENDS = 400;
const WRITERS = 8;
const WALKS = [100_000, 1_000_000] as const;
/** Rows of one insert. */
const BATCH = 5_000;
const MOMENT = '2026-11-21T02:00:00.000Z';

/**
 * What the hash chain costs: `commit` (chained event, folded state, surfaces) beside the same number of bare inserts into
 * a table of the same shape, by 8 writers, in pairs; then one walk over the whole log.
 */
export async function audit() {
  const store = await startStore();
  await store.admin(
    'create table bare (seq bigserial primary key, at timestamptz, canon bytea); grant all on bare, bare_seq_seq to runtime',
  );
  const db = createDatabase(store.url(), { max: WRITERS });
  try {
    return { ...(await measure(db)), verify: await measureWalks(db, store) };
  } finally {
    await db.close();
    await store.stop();
  }
}

async function measure(db: Database) {
  const commit = createCommit(async () => {});
  const note = (text: string) => ({
    type: 'incident' as const,
    id: 'INC-1',
    events: [{ kind: 'incident.note-added' as const, text }],
  });
  await db.transact((tx) =>
    commit(tx, BOT, [
      {
        type: 'incident',
        id: 'INC-1',
        events: [
          {
            kind: 'incident.declared',
            system: 'bench',
            title: 'A bench',
            severity: 'SEV4',
            impact: null,
            occurredAt: null,
            detectedAt: null,
            declaredAt: new Date().toISOString(),
            plan: '',
            updateEveryMs: 1_800_000,
            draftBeforeMs: 300_000,
          },
        ],
      },
    ]),
  );
  const pairs: { bareMs: number; chainedMs: number }[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const bareMs = await byWriters((i) =>
      db.transact((tx) =>
        tx.query("insert into bare (at, canon) values (now(), convert_to($1, 'UTF8'))", [
          `{"text":"${pair}/${i}"}`,
        ]),
      ),
    );
    const chainedMs = await byWriters((i) => db.transact((tx) => commit(tx, BOT, [note(`${pair}/${i}`)])));
    pairs.push({ bareMs, chainedMs });
  }
  const [bareMs, chainedMs] = [
    median(pairs.map((pair) => pair.bareMs)),
    median(pairs.map((pair) => pair.chainedMs)),
  ];
  return {
    bench: 'audit',
    ratio: Number((chainedMs / bareMs).toFixed(2)),
    appendsPerSecond: Math.round((APPENDS / chainedMs) * 1000),
    pairs,
  };
}

async function byWriters(work: (i: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let i = writer; i < APPENDS; i += WRITERS) await work(i);
    }),
  );
  return Math.round(performance.now() - began);
}

/** Walks the log when it is short and when it is long: the memory of the second walk tells whether it grows with the log. */
async function measureWalks(db: Database, store: Store) {
  const walks = [];
  for (const events of WALKS) {
    await fillLog(db, store, events);
    walks.push(await walk(store));
  }
  return walks;
}

/** In a process of its own: this one still holds what it wrote. */
async function walk({ url }: Store): Promise<unknown> {
  const file = fileURLToPath(new URL('./walk.ts', import.meta.url));
  const { stdout } = await run(process.execPath, [file], { env: { ...process.env, BENCH_URL: url() } });
  return JSON.parse(stdout);
}

/**
 * Lengthens the log to so many rows, each with the bytes and the link that `commit` would give it, in large inserts: a
 * million commits would take an hour. The walk reads by the primary key alone, so the other indexes are not built.
 */
async function fillLog(db: Database, { admin }: Store, events: number): Promise<void> {
  await admin(
    'alter table events drop constraint if exists events_hash_key; drop index if exists events_by_stream, events_by_incident',
  );
  const { rows } = await db.query<{ seq: number; hash: string }>(
    "select seq, encode(hash, 'hex') as hash from chain_head",
  );
  let { seq, hash } = rows[0] ?? { seq: 0, hash: GENESIS };
  while (seq < events) {
    const links: { seq: number; canon: string; prev: string; hash: string }[] = [];
    while (links.length < BATCH && seq < events) {
      seq += 1;
      const canon = canonicalJson({
        at: MOMENT,
        stream: { type: 'incident', id: 'INC-1' },
        incident: 'INC-1',
        actor: { ...BOT },
        event: { kind: 'incident.note-added', text: `note ${seq}` },
      });
      const prev = hash;
      hash = linkHash(prev, BigInt(seq), Buffer.from(canon));
      links.push({ seq, canon, prev, hash });
    }
    await db.query(
      `insert into events (seq, at, stream_type, stream_id, incident_id, kind, canon, prev, hash)
       select seq, $5, 'incident', 'INC-1', 'INC-1', 'incident.note-added',
              convert_to(canon, 'UTF8'), decode(prev, 'hex'), decode(hash, 'hex')
         from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) link (seq, canon, prev, hash)`,
      [
        links.map((link) => link.seq),
        links.map((link) => link.canon),
        links.map((link) => link.prev),
        links.map((link) => link.hash),
        MOMENT,
      ],
    );
  }
  await db.query("update chain_head set seq = $1, hash = decode($2, 'hex')", [seq, hash]);
  await admin('vacuum analyze events');
}
