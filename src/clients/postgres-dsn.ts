import type { SecretRef } from '../domain/connections.ts';
import { AppError } from '../errors.ts';
import { createPostgres } from './postgres.ts';
import { sqlState } from './postgres-errors.ts';
import { resolveSecret } from './secrets.ts';

const TIME_LIMIT_MS = 5_000;

/** What answers behind an application's connection string, in the server's own words. */
export interface DsnServer {
  readonly address: string;
  readonly database: string;
  readonly role: string;
  readonly standby: boolean;
  /** A session of this role may not write, whoever said so: the server, the database or the role. */
  readonly readOnly: boolean;
}

const LOOK = `
  select coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'a local socket') as address,
         current_database()::text as database,
         current_user::text as role,
         pg_is_in_recovery() as standby,
         current_setting('transaction_read_only') = 'on' as "readOnly"`;

/**
 * Opens the connection string behind a reference as the application would. A string with a fault in it may put a part of
 * its password anywhere, so that errors say a code and nothing of what the library said.
 */
export async function lookBehindDsn(name: string, ref: SecretRef, signal: AbortSignal): Promise<DsnServer> {
  const text = resolveSecret(ref);
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw new AppError(
      'config-invalid',
      `The secret \`${name}\` (${ref}) is not a connection string like postgres://role@host:5432/database. Correct it.`,
    );
  }
  try {
    const { url, roleUrls } = { url: ref, roleUrls: {} };
    const database = decodeURIComponent(new URL(text).pathname.slice(1));
    const postgres = createPostgres({ postgres: { [name]: { url, roleUrls } } });
    const [row] = await postgres.query<DsnServer>(name, database, LOOK, [], {
      signal,
      timeoutMs: TIME_LIMIT_MS,
    });
    if (row !== undefined) return row;
  } catch (error) {
    signal.throwIfAborted();
    throw faultOf(error, name, ref);
  }
  throw faultOf(undefined, name, ref);
}

function faultOf(error: unknown, name: string, ref: SecretRef): AppError {
  const state = sqlState(error);
  const away = error instanceof AppError && error.retry === 'later';
  const why = (state && REASONS[state]) ?? (away ? 'no server answers there' : 'it cannot be opened');
  const code = state ?? codeOf(error);
  return new AppError(
    away ? 'outside-unreachable' : 'outside-refused',
    `The secret \`${name}\` (${ref}) does not lead to a database: ${why}${code === undefined ? '' : ` (${code})`}. Correct it, or see to that server.`,
    away ? { retry: 'later' } : {},
  );
}

const REASONS: Readonly<Record<string, string>> = {
  '28P01': 'the server refuses its password',
  '28000': 'the server refuses its role',
  '3D000': 'the server has no such database',
};

/** `ECONNREFUSED`, `ENOTFOUND`: never a message. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z_]+$/.test(error.code)) return error.code;
  return codeOf(error.cause);
}
