import { z } from 'zod';
import type { Session } from '../clients/postgres.ts';
import type { Fact } from '../domain/step.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome } from './action.ts';
import {
  type Comparison,
  compareTable,
  type Difference,
  type Digest,
  prepareComparison,
} from './pg-compare.ts';
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
import { clock, count, named, plural } from './pg-words.ts';

const Params = z.strictObject({ component: z.string(), database: z.string() });
type Params = z.infer<typeof Params>;

const COMPARE_TIMEOUT_MS = 3_600_000;
const LIVE_UNREADABLE = 'the live database cannot be read';
const UNREADABLE = 'the restoring role may not read it';

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
    const { byTable, fault } = await compareAll(context, target, params.database);
    const outcome = outcomeOf(byTable, takenAt);
    return fault === undefined
      ? outcome
      : { ...outcome, facts: [...outcome.facts, { name: 'live said', value: fault }] };
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
  for (const inCopy of copyTables) {
    const inLive = liveTables.find(({ label }) => label === inCopy.label);
    context.progress(`comparing ${inCopy.label}`);
    byTable.set(inCopy.label, await compareOne(context, live, copy, inLive, inCopy, digest));
  }
  for (const { label, sql, readable } of liveTables) {
    if (byTable.has(label)) continue;
    if (!readable) byTable.set(label, { notKnown: UNREADABLE });
    else
      byTable.set(label, {
        lost: (await live.row<{ rows: number }>(`select count(*)::float8 as rows from ${sql}`)).rows,
        changed: 0,
        destroyed: 0,
        newest: null,
      });
  }
  return byTable;
}

async function compareOne(
  context: ActionContext,
  live: Session,
  copy: Session,
  inLive: Table | undefined,
  inCopy: Table,
  digest: Digest,
): Promise<Comparison> {
  if (inLive === undefined) return { notKnown: 'it does not exist in the live database' };
  if (!inLive.readable || !inCopy.readable) return { notKnown: UNREADABLE };
  return compareTable(live, copy, inLive, inCopy, digest, context.signal);
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
      summary: sentenceOf(known, unknown, lastWrite, takenAt),
      byTable: Object.fromEntries([...byTable].map(([table, result]) => [table, { ...result }])),
    },
    facts,
  };
}

/** What the approval card says under "Data lost". */
function sentenceOf(
  known: readonly (Difference & { table: string })[],
  unknown: readonly { table: string; why: string }[],
  lastWrite: string | null,
  takenAt: string | null,
): string {
  const since = takenAt === null ? '' : ` At most everything after ${clock(takenAt)}.`;
  if (known.length === 0) return `Not known: ${LIVE_UNREADABLE}.${since}`;
  const rest = unknown.length === 0 ? '' : ` Not known: ${named(unknown.map(({ table }) => table))}.${since}`;
  const lost = known.filter((table) => table.lost > 0).sort((a, b) => b.lost - a.lost);
  if (lost.length === 0) {
    const before = lastWrite !== null && takenAt !== null && lastWrite < takenAt;
    return `None found${before ? `: the last write in the live database (${clock(lastWrite)}) is before the backup` : ''}.${rest}`;
  }
  const rows = lost.reduce((sum, table) => sum + table.lost, 0);
  const span =
    takenAt === null || lastWrite === null || lastWrite < takenAt
      ? ''
      : ` written ${clock(takenAt)} to ${clock(lastWrite)}`;
  const list = lost.slice(0, 6).map(({ table, lost: missing }) => `\`${table}\` ${count(missing)}`);
  return `${plural(rows, 'row')}${span}: ${list.join(', ')}${lost.length > 6 ? ` and ${lost.length - 6} more tables` : ''}.${rest}`;
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
  if (lost === null) return `not known: ${LIVE_UNREADABLE}`;
  const rest = unknown === 0 ? '' : `, ${plural(unknown, 'table')} not known`;
  return `${lost === 0 ? 'no rows' : plural(lost, 'row')} lost by a swap${rest}`;
}
