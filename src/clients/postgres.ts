import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type QueryConfig, type QueryResultRow } from 'pg';
import type { Connections, SecretRef } from '../domain/connections.ts';
import { AppError } from '../errors.ts';
import { hop } from '../hop.ts';
import { toAppError } from './postgres-errors.ts';
import { resolveSecret } from './secrets.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;

export interface SessionOptions {
  readonly signal?: AbortSignal;
  /** Limit of each statement, kept by the server. */
  readonly timeoutMs?: number;
  /** The whole session is one read-only snapshot. */
  readonly readOnly?: boolean;
  /** SET ROLE after logging in as the restoring role. */
  readonly role?: string;
}

/** One open connection. Each statement is sent alone (extended protocol), so a text cannot smuggle in a second one. */
export interface Session {
  rows<Row extends QueryResultRow>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** The first row, for queries that always give one. */
  row<Row extends QueryResultRow>(sql: string, params?: readonly unknown[]): Promise<Row>;
}

export type Postgres = ReturnType<typeof createPostgres>;
type Login = Connections['postgres'][string];

/**
 * PostgreSQL servers by the name connections.yml gives them. Connections are short-lived: one is opened per call and closed
 * with it, because the databases it speaks to are renamed and dropped.
 */
export function createPostgres(connections: Pick<Connections, 'postgres'>) {
  function loginOf(name: string): Login {
    const login = connections.postgres[name];
    if (login !== undefined) return login;
    throw new AppError(
      'config-invalid',
      `connections.yml has no postgres connection \`${name}\`. Add it, or correct the plan.`,
    );
  }

  /** The connection string with its database replaced. A secret: only for the environment of a client program. */
  function urlFor(name: string, database: string): string {
    return urlOf(loginOf(name).url, database);
  }

  /** Opens a session as the restoring role, hands it to `work` and closes it again, whatever happens. */
  async function withClient<Result>(
    name: string,
    database: string,
    work: (session: Session) => Promise<Result>,
    options: SessionOptions = {},
  ): Promise<Result> {
    return use(name, database, loginOf(name).url, work, options);
  }

  /** One statement in a session of its own. */
  async function query<Row extends QueryResultRow>(
    name: string,
    database: string,
    sql: string,
    params: readonly unknown[] = [],
    options: SessionOptions = {},
  ): Promise<Row[]> {
    return withClient(name, database, (session) => session.rows<Row>(sql, params), options);
  }

  function hasRole(name: string, role: string): boolean {
    return loginOf(name).roleUrls[role] !== undefined;
  }

  /** A session that really logs in as an application's role: what it may not do there, the application may not do either. */
  async function asRole<Result>(
    name: string,
    role: string,
    database: string,
    work: (session: Session) => Promise<Result>,
    options: SessionOptions = {},
  ): Promise<Result> {
    const ref = loginOf(name).roleUrls[role];
    if (ref === undefined) {
      throw new AppError(
        'config-invalid',
        `connections.yml has no login of the role \`${role}\` for \`${name}\`. Add it under roleUrls.`,
      );
    }
    return use(name, database, ref, work, options);
  }

  function hasAdmin(name: string): boolean {
    return loginOf(name).adminUrl !== undefined;
  }

  /** A session of the administrator, for what only one may do (extensions that are not trusted). */
  async function asAdmin<Result>(
    name: string,
    database: string,
    work: (session: Session) => Promise<Result>,
    options: SessionOptions = {},
  ): Promise<Result> {
    const ref = loginOf(name).adminUrl;
    if (ref === undefined)
      throw new AppError('config-invalid', `connections.yml has no adminUrl for \`${name}\`.`);
    return use(name, database, ref, work, options);
  }

  return { query, withClient, urlFor, hasRole, asRole, hasAdmin, asAdmin };
}

function urlOf(ref: SecretRef, database: string): string {
  const text = resolveSecret(ref);
  if (!URL.canParse(text))
    throw new AppError(
      'config-invalid',
      `The secret ${ref} is not a URL like postgres://role@host:5432/database.`,
    );
  const url = new URL(text);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

async function use<Result>(
  name: string,
  database: string,
  ref: SecretRef,
  work: (session: Session) => Promise<Result>,
  options: SessionOptions,
): Promise<Result> {
  const { signal, timeoutMs = STATEMENT_TIMEOUT_MS, readOnly = false, role } = options;
  signal?.throwIfAborted();
  const client = new Client({
    connectionString: urlOf(ref, database),
    application_name: 'dr-bot',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: timeoutMs,
    // The server keeps the limit; ours is only for a server that no longer answers at all.
    query_timeout: timeoutMs + CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // Without a listener a connection that breaks while nobody waits for an answer would end the process.
  client.on('error', () => undefined);
  // Ending a client in the middle of a statement destroys its socket, which rejects the statement at once.
  const stop = () => void client.end().catch(() => undefined);
  signal?.addEventListener('abort', stop, { once: true });

  const rows = async <Row extends QueryResultRow>(
    sql: string,
    params: readonly unknown[] = [],
  ): Promise<Row[]> => {
    signal?.throwIfAborted();
    hop('pg.query:before');
    try {
      const statement: QueryConfig & { queryMode: 'extended' } = {
        text: sql,
        values: [...params],
        queryMode: 'extended',
      };
      const result = await client.query<Row>(statement);
      return result.rows;
    } catch (error) {
      signal?.throwIfAborted();
      throw toAppError(error, name, database);
    } finally {
      hop('pg.query:after');
    }
  };
  const row = async <Row extends QueryResultRow>(
    sql: string,
    params: readonly unknown[] = [],
  ): Promise<Row> => {
    const [first] = await rows<Row>(sql, params);
    if (first !== undefined) return first;
    throw new AppError(
      'outside-refused',
      `\`${database}\` on \`${name}\` gave no row where one was expected.`,
    );
  };

  try {
    hop('pg.connect:before');
    try {
      await client.connect();
    } catch (error) {
      signal?.throwIfAborted();
      throw toAppError(error, name, database);
    }
    hop('pg.connect:after');
    // A worker that dies in the middle of a statement must not leave the server working for it.
    await rows(`set client_connection_check_interval = '2s'`);
    if (role !== undefined) await rows(`set role ${quoteName(role)}`);
    if (readOnly) await rows('begin transaction isolation level repeatable read, read only');
    return await work({ rows, row });
  } finally {
    signal?.removeEventListener('abort', stop);
    // A server that hangs does not answer the goodbye either.
    await Promise.race([client.end().catch(() => undefined), sleep(1_000, undefined, { ref: false })]);
  }
}

/** A name as an SQL identifier, whatever it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as an SQL literal, for the statements that take no parameters (ALTER, COMMENT, CREATE). */
export function quoteText(text: string): string {
  const escaped = text.replaceAll("'", "''");
  return escaped.includes('\\') ? ` E'${escaped.replaceAll('\\', '\\\\')}'` : `'${escaped}'`;
}
