import { z } from 'zod';
import type { Json } from '../domain/canonical.ts';
import { AppError } from '../errors.ts';
import { defineAction } from './action.ts';
import { ask, inWords, shortSql } from './pg-ask.ts';
import { targetOf } from './pg-target.ts';

const OPERATORS = ['=', '!=', '>=', '<=', '>', '<'] as const;
type Operator = (typeof OPERATORS)[number];

const Params = z.strictObject({
  component: z.string(),
  database: z.string().optional(),
  sql: z.string().min(1).max(10_000),
  expect: z.strictObject({
    op: z.enum(OPERATORS),
    value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  }),
});
type Params = z.infer<typeof Params>;

export const pgAssert = defineAction<Params>({
  name: 'pg.assert',
  summary: 'Asks a database for one value and fails when it is not as expected.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    value: 'the value that was found',
  },

  async preview(context, { component, database, sql, expect }) {
    const target = targetOf(context.plan, component);
    return {
      lines: [
        `Expect ${expect.op} ${inWords(expect.value)} from \`${database ?? target.database}\`: ${shortSql(sql)}`,
      ],
      bound: { connection: target.connection, database: database ?? target.database, sql, expect },
      shown: [],
      undo: [],
      blocked: [],
    };
  },

  async run(context, params) {
    const { op, value } = params.expect;
    const rows = await ask(context, params);
    const found = rows[0] === undefined ? undefined : Object.values(rows[0])[0];
    if (rows.length !== 1 || found === undefined) {
      throw new AppError(
        'check-failed',
        `Expected one value, found ${rows.length} rows: ${shortSql(params.sql)}`,
      );
    }
    if (!meets(found, op, value)) {
      throw new AppError(
        'check-failed',
        `Expected ${op} ${inWords(value)}, found ${inWords(found)}: ${shortSql(params.sql)}`,
      );
    }
    return {
      kind: 'done',
      summary: `${inWords(found).slice(0, 20)} ${op} ${inWords(value).slice(0, 20)}`,
      output: { value: found },
      facts: [
        { name: 'found', value: inWords(found) },
        { name: 'expected', value: `${op} ${inWords(value)}` },
      ],
    };
  },

  byHand: ({ component, database, sql, expect }, plan) => [
    `psql -d ${database ?? targetOf(plan, component).database} -At -c "${sql.replaceAll('"', '\\"')}"   # must be ${expect.op} ${inWords(expect.value)}`,
  ],

  needs({ component }, plan) {
    const { connection, database } = targetOf(plan, component);
    return [{ kind: 'postgres', connection, database }];
  },
});

/** Numbers compare as numbers even where PostgreSQL sends them as text (bigint, numeric); everything else as text. */
function meets(found: Json, op: Operator, wanted: string | number | boolean | null): boolean {
  if (found === null || wanted === null)
    return op === '=' ? found === wanted : op === '!=' && found !== wanted;
  const order = compare(typeof found === 'string' ? found : JSON.stringify(found), String(wanted));
  switch (op) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
  }
}

function compare(left: string, right: string): number {
  const [a, b] = [left, right].map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  if (a !== undefined && b !== undefined && !Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  return left < right ? -1 : Number(left > right);
}
