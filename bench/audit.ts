import { createSandboxFolder } from '../sandbox/folder.ts';
import { queryOnce, startPostgres } from '../sandbox/postgres.ts';
import { ensurePrograms } from '../sandbox/programs.ts';
import { BOT } from '../src/domain/events.ts';
import { migrate } from '../src/migrate.ts';
import { createCommit } from '../src/store/commit.ts';
import { createDatabase, type Database } from '../src/store/database.ts';
import { verifyChain } from '../src/store/events.ts';
import { median } from './median.ts';

const PAIRS = 5;
const APPENDS = 400;
const WRITERS = 8;

/**
 * What the hash chain costs: `commit` (chained event, folded state, surfaces) beside the same number of bare inserts into
 * a table of the same shape, by 8 writers, in pairs; then one walk over the whole log.
 */
export async function audit() {
  const programs = await ensurePrograms();
  const folder = await createSandboxFolder('dr-bench-');
  const cluster = await startPostgres({ folder, programs, name: 'bench' });
  const admin = cluster.superuserUrl('postgres');
  await queryOnce(admin, "create role owner login password 'x'");
  await queryOnce(admin, "create role runtime login password 'x'");
  await queryOnce(admin, 'create database bench owner owner');
  await migrate(cluster.url('bench', 'owner', 'x'), 'runtime');
  await queryOnce(
    cluster.superuserUrl('bench'),
    'create table bare (seq bigserial primary key, at timestamptz, canon bytea); grant all on bare, bare_seq_seq to runtime',
  );
  const db = createDatabase(cluster.url('bench', 'runtime', 'x'), { max: WRITERS });
  try {
    return await measure(db);
  } finally {
    await db.close();
    await cluster.stop('immediate');
    await folder.remove();
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
  const began = performance.now();
  const walked = await verifyChain(db);
  const verifyMs = Math.round(performance.now() - began);
  const [bareMs, chainedMs] = [
    median(pairs.map((pair) => pair.bareMs)),
    median(pairs.map((pair) => pair.chainedMs)),
  ];
  return {
    bench: 'audit',
    ratio: Number((chainedMs / bareMs).toFixed(2)),
    appendsPerSecond: Math.round((APPENDS / chainedMs) * 1000),
    verify: { events: walked.ok ? walked.events : 0, ms: verifyMs },
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
