import { z } from 'zod';
import type { Session } from '../clients/postgres.ts';
import type { Fact } from '../domain/step.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome } from './action.ts';
import { instant } from './backup-source.ts';
import {
  type Comparison,
  compareTable,
  type Digest,
  prepareComparison,
  unlessRefused,
} from './pg-compare.ts';
import {
  inTables,
  type Kind,
  LIVE_UNREADABLE,
  nothingKnown,
  rowsIn,
  sentenceOf,
  summaryOf,
  total,
  unknownFacts,
} from './pg-loss-words.ts';
import { countTable, isRelation, listTables, type Table } from './pg-tables.ts';
import {
  findDatabase,
  lookAt,
  MAINTENANCE,
  orBlocked,
  readMark,
  ScratchMark,
  type Target,
  targetOf,
} from './pg-target.ts';
import { clock } from './pg-words.ts';

const Params = z.strictObject({ component: z.string(), database: z.string() });
type Params = z.infer<typeof Params>;

const COMPARE_TIMEOUT_MS = 3_600_000;
const UNREADABLE = 'the restoring role may not read it';

/** Counts what a swap would lose, row by row. What cannot be compared is "not known" and never 0. */
export const pgLossReport = defineAction<Params>({
  name: 'pg.lossReport',
  summary: 'Compares a restored database with the live one and counts the rows a swap would lose.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    rowsGone: 'rows whose present contents a swap takes away, or nothing when not known',
    rowsLost: 'rows only in the live database, or nothing',
    rowsChanged: 'rows changed since the backup, or nothing',
    rowsDestroyed: 'rows only in the backup, which come back, or nothing',
    lastWrite: 'last write in the live database, ISO 8601, or nothing',
    takenAt: 'when the backup was taken, ISO 8601, or nothing',
    known: 'whether every table could be compared',
    sentence: 'the loss in a sentence, for a gate',
    byTable: 'the same counts by table',
  },

  preview: (context, params) =>
    orBlocked(async () => {
      const target = targetOf(context.plan, params.component);
      const look = await lookAt(context, target, params.database);
      return {
        lines: [
          `Compare \`${params.database}\` with \`${target.database}\`, row by row. Both are only read.`,
        ],
        shown: [],
        undo: [],
        ...look,
      };
    }),

  async run(context, params): Promise<Outcome> {
    const target = targetOf(context.plan, params.component);
    const takenAt = await takenAtOf(context, target, params.database);
    return outcomeOf(await compareAll(context, target, params.database), takenAt);
  },

  byHand: ({ database }) => [
    `# for each table, in the live database and in ${database}; then compare the two files:`,
    `psql -At -c 'select id, md5(t::text) from <table> t order by id' > rows.txt`,
    'diff live/rows.txt restored/rows.txt',
  ],

  needs(params, plan) {
    const { into, connection, database } = targetOf(plan, params.component);
    return [
      { kind: 'postgres', connection, database },
      { kind: 'postgres', connection: into, database: MAINTENANCE },
    ];
  },
});

async function takenAtOf(context: ActionContext, target: Target, database: string): Promise<string | null> {
  const { signal, clients } = context;
  const found = await clients.postgres.withClient(
    target.into,
    MAINTENANCE,
    (session) => findDatabase(session, database),
    { signal },
  );
  return readMark(ScratchMark, found)?.takenAt ?? null;
}

interface Compared {
  readonly byTable: ReadonlyMap<string, Comparison>;
  /** What the live database said, when it could not be read to the end. */
  readonly fault?: string;
}

async function compareAll(context: ActionContext, target: Target, database: string): Promise<Compared> {
  const { postgres } = context.clients;
  const options = { signal: context.signal, readOnly: true, timeoutMs: COMPARE_TIMEOUT_MS };
  return postgres.withClient(
    target.into,
    database,
    async (copy) => {
      const copyTables = await listTables(copy);
      try {
        const byTable = await postgres.withClient(
          target.connection,
          target.database,
          (live) => compareSessions(context, live, copy, copyTables),
          options,
        );
        return { byTable };
      } catch (error) {
        if (!(error instanceof AppError) || !error.code.startsWith('outside-')) throw error;
        // While the copy still answers, what failed is the live database.
        await copy.rows('select 1');
        return {
          byTable: new Map(copyTables.map(({ label }) => [label, { notKnown: LIVE_UNREADABLE }])),
          fault: error.message,
        };
      }
    },
    options,
  );
}

async function compareSessions(
  context: ActionContext,
  live: Session,
  copy: Session,
  copyTables: readonly Table[],
): Promise<Map<string, Comparison>> {
  const digest = await prepareComparison(live, copy);
  const liveTables = await listTables(live);
  const byTable = new Map<string, Comparison>();
  for (const label of new Set([...copyTables, ...liveTables].map((table) => table.label))) {
    const [inLive, inCopy] = [liveTables, copyTables].map((tables) =>
      tables.find((table) => table.label === label),
    );
    context.progress(`comparing ${label}`);
    const comparison = await unlessRefused(live, copy, () =>
      compareOne(context, live, copy, inLive, inCopy, digest),
    );
    byTable.set(label, comparison);
  }
  const { files } = await live.row<{ files: boolean }>(
    'select exists (select from pg_largeobject_metadata) as files',
  );
  if (files) byTable.set('large objects', { notKnown: 'large objects are not compared' });
  return byTable;
}

async function compareOne(
  context: ActionContext,
  live: Session,
  copy: Session,
  inLive: Table | undefined,
  inCopy: Table | undefined,
  digest: Digest,
): Promise<Comparison> {
  if (inLive?.readable === false || inCopy?.readable === false) return { notKnown: UNREADABLE };
  if (inLive !== undefined && inCopy !== undefined)
    return compareTable(live, copy, inLive, inCopy, digest, context.signal);
  if (inCopy !== undefined && (await isRelation(live, inCopy)))
    return { notKnown: 'it is no plain table in the live database' };
  return {
    lost: inLive === undefined ? 0 : await countTable(live, inLive),
    changed: 0,
    destroyed: inCopy === undefined ? 0 : await countTable(copy, inCopy),
    newest: null,
  };
}

function outcomeOf({ byTable, fault }: Compared, takenAt: string | null): Outcome {
  const known = [...byTable].flatMap(([table, result]) =>
    'notKnown' in result ? [] : [{ table, ...result }],
  );
  const unknown = [...byTable].flatMap(([table, result]) =>
    'notKnown' in result ? [{ table, why: result.notKnown }] : [],
  );
  const results = { known, unknown, fault };
  const sum = (kind: Kind) => (nothingKnown(results) ? null : total(rowsIn(known, kind)));
  const newest = known.reduce<number | null>(
    (latest, table) => (table.newest === null || (latest ?? 0) > table.newest ? latest : table.newest),
    null,
  );
  const lastWrite = newest === null ? null : new Date(newest * 1000).toISOString();
  const say = (kind: Kind) => inTables(rowsIn(known, kind));
  const facts: Fact[] = [
    ...(known.length === 0
      ? []
      : [
          { name: 'only in live, lost by a swap', value: say('lost') },
          { name: 'changed since the backup', value: say('changed') },
          { name: 'only in the backup, brought back', value: say('destroyed') },
          {
            name: 'last write in live',
            value:
              lastWrite === null ? 'not known: no table says when its rows were written' : clock(lastWrite),
          },
        ]),
    ...(takenAt === null ? [] : [{ name: 'backup taken', value: instant(new Date(takenAt)) }]),
    ...unknownFacts(unknown),
    ...(fault === undefined ? [] : [{ name: 'live said', value: fault }]),
  ];
  const allKnown = unknown.length === 0 && fault === undefined;
  return {
    kind: 'done',
    summary: summaryOf(results),
    output: {
      rowsGone: rowsGone(sum('lost'), sum('changed'), allKnown),
      rowsLost: sum('lost'),
      rowsChanged: sum('changed'),
      rowsDestroyed: sum('destroyed'),
      lastWrite,
      takenAt,
      known: allKnown,
      sentence: sentenceOf(results, lastWrite, takenAt),
      byTable: Object.fromEntries([...byTable].map(([table, result]) => [table, { ...result }])),
    },
    facts,
  };
}

/** Rows whose present contents a swap takes away. Zero only where every table is known. */
function rowsGone(lost: number | null, changed: number | null, allKnown: boolean): number | null {
  const gone = (lost ?? 0) + (changed ?? 0);
  return gone === 0 && !allKnown ? null : gone;
}
