import { BOT } from '../src/domain/events.ts';
import { createCommit } from '../src/store/commit.ts';
import { createDatabase, type Database } from '../src/store/database.ts';
import { verifyChain } from '../src/store/events.ts';
import { median } from './median.ts';
import { type Store, startStore } from './store.ts';

const PAIRS = 5;
const APPENDS = 400;
const WRITERS = 8;
const WALKS = [100_000, 1_000_000] as const;

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
    await fillLog(store, events);
    walks.push(await walk(db));
  }
  return walks;
}

async function walk(db: Database) {
  let peakRssBytes = 0;
  const look = () => {
    peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
  };
  const looking = setInterval(look, 50);
  const began = performance.now();
  const walked = await verifyChain(db);
  const ms = Math.round(performance.now() - began);
  clearInterval(looking);
  look();
  if (!walked.ok) throw new Error(`The chain is broken at ${walked.seq}: it ${walked.reason}.`);
  return { events: walked.events, ms, peakRssMb: Math.round(peakRssBytes / 1_000_000) };
}

/**
 * Lengthens the log to so many rows, each linked as `commit` links it, and written by the server: a million commits would take
 * an hour.
 */
async function fillLog({ admin }: Store, events: number): Promise<void> {
  await admin(
    `do $$
       declare link record; canonical bytea; digest bytea; moment timestamptz := date_trunc('milliseconds', now());
       begin
         select seq, hash into link from chain_head for update;
         for place in link.seq + 1 .. ${events} loop
           canonical := convert_to(format('{"actor":{"account":null,"person":null,"via":"bot"},"at":"%s","event":{"kind":"incident.note-added","text":"note %s"},"incident":"INC-1","stream":{"id":"INC-1","type":"incident"}}',
             to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), place), 'UTF8');
           digest := sha256('drbot/audit/v1'::bytea || '\\x00' || link.hash || int8send(place) || canonical);
           insert into events values (place, moment, 'incident', 'INC-1', 'INC-1', 'incident.note-added', canonical, link.hash, digest);
           link.hash := digest;
         end loop;
         update chain_head set seq = ${events}, hash = link.hash;
       end $$`,
  );
}
