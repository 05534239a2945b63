import { z } from 'zod';
import type { Session } from '../clients/postgres.ts';
import type { Fact } from '../domain/step.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome } from './action.ts';
import { type Comparison, compareTable, type Difference, prepareComparison } from './pg-compare.ts';
import { listTables, type Table } from './pg-tables.ts';
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
import { clock, count, plural } from './pg-words.ts';

const Params = z.strictObject({ component: z.string(), database: z.string() });
type Params = z.infer<typeof Params>;

const COMPARE_TIMEOUT_MS = 3_600_000;

/** Counts what a swap would lose, row by row. What cannot be compared is "not known" and never 0. */
export const pgLossReport = defineAction<Params>({
  name: 'pg.lossReport',
  summary: 'Compares a restored database with the live one and counts the rows a swap would lose.',
  schema: Params,
  class: 'read',
  recovery: 'safe',

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
    const byTable = await compareAll(context, target, params.database);
    return outcomeOf(byTable, takenAt);
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

async function compareAll(
  context: ActionContext,
  target: Target,
  database: string,
): Promise<Map<string, Comparison>> {
  const { postgres } = context.clients;
  const options = { signal: context.signal, readOnly: true, timeoutMs: COMPARE_TIMEOUT_MS };
  return postgres.withClient(
    target.into,
    database,
    async (copy) => {
      const copyTables = await listTables(copy);
      try {
        return await postgres.withClient(
          target.connection,
          target.database,
          (live) => compareSessions(context, live, copy, copyTables),
          options,
        );
      } catch (error) {
        // The copy has just been read, so what fails here is the live database.
        if (!(error instanceof AppError) || !error.code.startsWith('outside-')) throw error;
        return new Map(
          copyTables.map(({ label }) => [label, { notKnown: 'the live database cannot be read' }]),
        );
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
  await Promise.all([prepareComparison(live), prepareComparison(copy)]);
  const liveTables = await listTables(live);
  const byTable = new Map<string, Comparison>();
  for (const table of copyTables) {
    const inLive = liveTables.find(({ label }) => label === table.label);
    context.progress(`comparing ${table.label}`);
    byTable.set(
      table.label,
      inLive === undefined
        ? { notKnown: 'it does not exist in the live database' }
        : await compareTable(live, copy, inLive, table, context.signal),
    );
  }
  for (const table of liveTables.filter(({ label }) => !byTable.has(label))) {
    const { rows } = await live.row<{ rows: number }>(`select count(*)::float8 as rows from ${table.sql}`);
    byTable.set(table.label, { lost: rows, changed: 0, destroyed: 0, newest: null });
  }
  return byTable;
}

function outcomeOf(
  byTable: ReadonlyMap<string, Comparison>,
  takenAt: string | null,
): Extract<Outcome, { kind: 'done' }> {
  const known = [...byTable].flatMap(([table, result]) =>
    'notKnown' in result ? [] : [{ table, ...result }],
  );
  const unknown = [...byTable].flatMap(([table, result]) =>
    'notKnown' in result ? [{ table, why: result.notKnown }] : [],
  );
  const sum = (kind: keyof Omit<Difference, 'newest'>) =>
    known.length === 0 ? null : known.reduce((all, table) => all + table[kind], 0);
  const newest = known.reduce<number | null>(
    (latest, table) => (table.newest === null || (latest ?? 0) > table.newest ? latest : table.newest),
    null,
  );
  const lastWrite = newest === null ? null : new Date(newest * 1000).toISOString();
  const say = (kind: keyof Omit<Difference, 'newest'>) =>
    inTables(known.map((table) => ({ table: table.table, rows: table[kind] })));
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
    ...(takenAt === null ? [] : [{ name: 'backup taken', value: clock(takenAt) }]),
    ...unknownFacts(unknown),
  ];
  return {
    kind: 'done',
    summary: summaryOf(sum('lost'), unknown.length),
    output: {
      rowsLost: sum('lost'),
      rowsChanged: sum('changed'),
      rowsDestroyed: sum('destroyed'),
      lastWrite,
      takenAt,
      known: unknown.length === 0,
      byTable: Object.fromEntries([...byTable].map(([table, result]) => [table, { ...result }])),
    },
    facts,
  };
}

/** `118 rows in 2 tables: `sessions` 102, `audit_log` 16` */
function inTables(tables: readonly { table: string; rows: number }[]): string {
  const some = tables.filter(({ rows }) => rows > 0).sort((a, b) => b.rows - a.rows);
  if (some.length === 0) return 'none found';
  const all = some.reduce((sum, { rows }) => sum + rows, 0);
  const list = some
    .slice(0, 6)
    .map(({ table, rows }) => `\`${table}\` ${count(rows)}`)
    .join(', ');
  return `${plural(all, 'row')} in ${plural(some.length, 'table')}: ${list}${some.length > 6 ? ` and ${some.length - 6} more` : ''}`;
}

function unknownFacts(unknown: readonly { table: string; why: string }[]): readonly Fact[] {
  const reasons = Map.groupBy(unknown, ({ why }) => why);
  return [...reasons].map(([why, tables]) => ({
    name: 'not known',
    value: `${why}: ${tables.map(({ table }) => `\`${table}\``).join(', ')}`,
  }));
}

function summaryOf(lost: number | null, unknown: number): string {
  if (lost === null) return 'not known: the live database cannot be read';
  const rest = unknown === 0 ? '' : `, ${plural(unknown, 'table')} not known`;
  return `${lost === 0 ? 'no rows' : plural(lost, 'row')} lost by a swap${rest}`;
}
