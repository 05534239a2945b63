import type { Session } from '../clients/postgres.ts';
import { type Json, toJson } from '../domain/canonical.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { targetOf } from './pg-target.ts';

const QUESTION_TIMEOUT_MS = 30_000;

/** A plan's question may look and nothing else. The transaction is read-only; this keeps programs and files out of reach too. */
const QUESTION = /^\s*(select|with|values|table|show|explain)\b/i;

/** Runs one statement in a read-only transaction, as the restoring role or as an application's role by its real login. */
export async function ask(
  context: ActionContext,
  question: {
    component: string;
    database?: string | undefined;
    sql: string;
    params?: readonly Json[] | undefined;
    role?: string | undefined;
  },
): Promise<readonly Readonly<Record<string, Json>>[]> {
  const { connection, into, database: live } = targetOf(context.plan, question.component);
  const { sql, params = [], role, database = live } = question;
  if (!QUESTION.test(sql))
    throw new AppError(
      'plan-invalid',
      `A question must begin with select, with, values, table, show or explain. It begins with "${sql.trim().slice(0, 30)}".`,
    );
  const on = database === live ? connection : into;
  const work = async (session: Session) => {
    const rows = await session.rows<Record<string, unknown>>(sql, params);
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([column, value]) => [column, toJson(value)])),
    );
  };
  const options = { signal: context.signal, readOnly: true, timeoutMs: QUESTION_TIMEOUT_MS };
  const { postgres } = context.clients;
  return role === undefined
    ? postgres.withClient(on, database, work, options)
    : postgres.asRole(on, role, database, work, options);
}

/** A value as one line on a card. */
export function inWords(value: Json | undefined): string {
  const text = value === undefined ? 'no row' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** The statement on one line, short enough to read on a phone. */
export function shortSql(sql: string): string {
  const line = sql.trim().replace(/\s+/g, ' ');
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
