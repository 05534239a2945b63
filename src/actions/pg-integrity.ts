import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Session } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import type { ActionContext, Outcome } from './action.ts';
import { defineAction } from './action.ts';
import { checkExtensions, checkGrants } from './pg-check-access.ts';
import {
  type Check,
  checkAuditChain,
  checkConstraints,
  checkForeignKeys,
  checkIndexes,
  checkRows,
  checkSequences,
} from './pg-check-data.ts';
import { countRows, total } from './pg-tables.ts';
import {
  findDatabase,
  lookAt,
  MAINTENANCE,
  markScratch,
  orBlocked,
  readMark,
  ScratchMark,
  type Target,
  targetOf,
} from './pg-target.ts';
import { plural } from './pg-words.ts';

const CHECKS = [
  'rows',
  'foreignKeys',
  'constraints',
  'sequences',
  'grants',
  'extensions',
  'auditChain',
  'amcheck',
] as const;
type CheckName = (typeof CHECKS)[number];

const WORDS: Record<CheckName, string> = {
  rows: 'row counts',
  foreignKeys: 'foreign keys',
  constraints: 'constraints and indexes',
  sequences: 'sequences',
  grants: 'application roles',
  extensions: 'extensions',
  auditChain: 'audit chain',
  amcheck: 'index contents',
};

const Params = z.strictObject({
  component: z.string(),
  database: z.string(),
  checks: z.array(z.enum(CHECKS)).min(1).optional(),
  maxDropPercent: z.number().min(0).max(100).default(5),
  expect: z.record(z.string(), z.number().int().nonnegative()).default({}),
});
type Params = z.infer<typeof Params>;

/** A copy beside the live database leaves it half of the smallest server. No check waits for room for an earlier one's result. */
const AT_ONCE = { concurrency: 2, highWaterMark: CHECKS.length };

/** A full read of a large copy takes long; the step's deadline is the limit. */
const CHECK_TIMEOUT_MS = 6 * 3_600_000;

export const pgIntegrity = defineAction<Params>({
  name: 'pg.integrity',
  summary: 'Proves that a restored database is complete and that the application can use it.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    tables: 'how many tables were counted',
    rows: 'how many rows they hold',
    checks: '`pass` or `not known` by name of the check',
  },

  preview: (context, params) =>
    orBlocked(async () => {
      const target = targetOf(context.plan, params.component);
      const baseline = await context.baseline(params.component);
      const compared = Object.keys(params.expect).length > 0 ? 'the plan' : 'no baseline';
      return {
        lines: [
          `Check \`${params.database}\`: ${checksOf(params, target)
            .map((name) => WORDS[name])
            .join(', ')}.`,
        ],
        shown: [
          {
            name: 'rows compared with',
            value: baseline === undefined ? compared : `the counts of ${baseline.at.toISOString()}`,
          },
        ],
        undo: [],
        ...(await lookAt(context, target, params.database)),
      };
    }),

  async run(context, params): Promise<Outcome> {
    const target = targetOf(context.plan, params.component);
    const { database } = params;
    const { maxDropPercent, expect } = params;
    const baseline = await context.baseline(params.component);
    const asked = checksOf(params, target);
    let rows: Record<string, number> = {};
    const check = async (name: CheckName): Promise<readonly [CheckName, Check]> => {
      if (name === 'rows') {
        rows = await inCopy(context, target, database, (session) =>
          countRows(session, (table) => context.progress(`counting ${table}`)),
        );
        return [name, checkRows(rows, { baseline, maxDropPercent, expect })];
      }
      context.progress(`checking ${WORDS[name]}`);
      return [name, await judge(context, target, database, name)];
    };
    // Counted whoever asks for it: the mark of a checked copy says its rows.
    const done: (readonly [CheckName, Check])[] = await Readable.from(new Set<CheckName>(['rows', ...asked]))
      .map(check, AT_ONCE)
      .toArray();
    const checks = done.filter(([name]) => asked.includes(name));
    const facts = checks.map(([name, { result, says }]) => ({
      name: WORDS[name],
      value: `${result}: ${says}`,
    }));
    const failed = checks.filter(([, { result }]) => result === 'fail');
    if (failed.length > 0) {
      throw new AppError(
        'check-failed',
        failed
          .map(([name, { says }]) => (name === 'rows' ? says : `${sentence(WORDS[name])}: ${says}.`))
          .join(' '),
        {
          details: facts.map(({ name, value }) => `${name}: ${value}`),
        },
      );
    }
    await markVerified(context, target, database, rows);
    const tables = Object.keys(rows).length;
    return {
      kind: 'done',
      summary: `${plural(total(rows), 'row')} in ${plural(tables, 'table')}`,
      output: {
        tables,
        rows: total(rows),
        checks: Object.fromEntries(checks.map(([name, { result }]) => [name, result])),
      },
      facts,
    };
  },

  byHand: ({ database }) => [
    `psql -d ${database} -c "select relname, n_live_tup from pg_stat_user_tables order by 1"   # after analyze; compare with the last known counts`,
    `psql -d ${database} -c "select conrelid::regclass, conname, convalidated from pg_constraint where contype = 'f'"`,
    `psql -d ${database} -U <each application role> -c "select 1 from <each table it needs> limit 1"`,
  ],

  needs(params, plan) {
    const { into, connection, database } = targetOf(plan, params.component);
    return [
      { kind: 'postgres', connection, database },
      { kind: 'postgres', connection: into, database: MAINTENANCE },
    ];
  },
});

function checksOf(params: Params, { component }: Target): readonly CheckName[] {
  return (
    params.checks ??
    CHECKS.filter((name) =>
      name === 'auditChain'
        ? component.auditChain !== undefined
        : name !== 'grants' || component.appRoles.length > 0,
    )
  );
}

const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

function inCopy<Result>(
  context: ActionContext,
  target: Target,
  database: string,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const options = { signal: context.signal, readOnly: true, timeoutMs: CHECK_TIMEOUT_MS };
  return context.clients.postgres.withClient(
    target.into,
    database,
    async (session) => {
      // A row hidden by row security would be counted as lost; this makes it an error instead.
      await session.rows('set local row_security = off');
      await session.rows('set local search_path = public');
      return work(session);
    },
    options,
  );
}

/** Each check has a session of its own, so that a statement the copy cannot answer fails that check alone. */
async function judge(
  context: ActionContext,
  target: Target,
  database: string,
  name: Exclude<CheckName, 'rows'>,
): Promise<Check> {
  const chain = target.component.auditChain;
  try {
    return await inCopy(context, target, database, async (session): Promise<Check> => {
      switch (name) {
        case 'foreignKeys':
          return checkForeignKeys(session);
        case 'constraints':
          return checkConstraints(session);
        case 'sequences':
          return checkSequences(session);
        case 'grants':
          return checkGrants(context, target, database, session);
        case 'extensions':
          return checkExtensions(context, target, session);
        case 'auditChain':
          return chain === undefined
            ? { result: 'not known', says: 'the plan names no chain' }
            : checkAuditChain(session, chain);
        case 'amcheck':
          return checkIndexes(session);
      }
    });
  } catch (error) {
    if (error instanceof AppError && error.code === 'outside-refused')
      return { result: 'fail', says: error.message };
    throw error;
  }
}

/** Only a copy of this run carries a mark to move on; other databases may be checked too. */
async function markVerified(
  context: ActionContext,
  target: Target,
  database: string,
  rows: Record<string, number>,
): Promise<void> {
  const { signal, clients } = context;
  await clients.postgres.withClient(
    target.into,
    MAINTENANCE,
    async (session) => {
      const mark = readMark(ScratchMark, await findDatabase(session, database));
      if (mark?.run === context.run.id)
        await markScratch(session, database, { ...mark, phase: 'verified', rows });
    },
    { signal },
  );
}
