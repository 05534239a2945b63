import { z } from 'zod';
import { defineAction } from './action.ts';
import { ask, inWords, shortSql } from './pg-ask.ts';
import { targetOf } from './pg-target.ts';
import { plural } from './pg-words.ts';

const Params = z.strictObject({
  component: z.string(),
  sql: z.string().min(1).max(10_000),
  params: z
    .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .max(50)
    .optional(),
  role: z.string().optional(),
});
type Params = z.infer<typeof Params>;

/** Later steps and the event log get the first rows only. */
const MOST_ROWS = 20;

export const pgQuery = defineAction<Params>({
  name: 'pg.query',
  summary: 'Asks a database one question in a read-only transaction.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    rows: 'the first 20 rows, each by column',
    first: 'the first row by column, or nothing',
  },

  async preview(context, { component, sql, role }) {
    const { database, connection } = targetOf(context.plan, component);
    return {
      lines: [`Ask \`${database}\`${role === undefined ? '' : ` as \`${role}\``}: ${shortSql(sql)}`],
      bound: { connection, database, sql },
      shown: [],
      undo: [],
      blocked: [],
    };
  },

  async run(context, params) {
    const rows = await ask(context, params);
    const first = rows[0] ?? null;
    const facts =
      first === null
        ? []
        : Object.entries(first)
            .slice(0, 8)
            .map(([name, value]) => ({ name, value: inWords(value) }));
    return {
      kind: 'done',
      summary: plural(rows.length, 'row'),
      output: { rows: rows.slice(0, MOST_ROWS), first },
      facts: [{ name: 'rows', value: String(rows.length) }, ...facts],
    };
  },

  byHand: ({ component, sql }, plan) => [
    `psql -d ${targetOf(plan, component).database} -c "begin read only; ${sql.replaceAll('"', '\\"')}"`,
  ],

  needs({ component }, plan) {
    const { connection, database } = targetOf(plan, component);
    return [{ kind: 'postgres', connection, database }];
  },
});
