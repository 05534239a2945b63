import { DatabaseError } from 'pg';
import { AppError, messageOf } from '../errors.ts';
import { scrub } from './secrets.ts';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);
/** Class 08 is a lost connection; 57P01–57P05 a server that stops, crashed, starts or cut the session; 53300 too many connections. */
const AWAY = /^(08...|57P0[1-5]|53300)$/;

/** The SQLSTATE behind an error, however deep it is wrapped; undefined when the server did not speak. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof DatabaseError) return error.code;
  return error instanceof Error && error.cause !== undefined ? sqlState(error.cause) : undefined;
}

/** What went wrong with a server, in the user's words and without secrets. `where` is like "`janua` on `janua-primary`". */
export function toAppError(error: unknown, connection: string, database: string): AppError {
  if (error instanceof AppError) return error;
  const where = `\`${database}\` on \`${connection}\``;
  const state = sqlState(error);
  const said = scrub(messageOf(error));
  if (state === undefined ? isConnectionFault(error) : AWAY.test(state)) {
    return new AppError(
      'outside-unreachable',
      `${where} does not answer (${said}). Check that the server runs and that the bot can reach it.`,
      { retry: 'later', cause: error },
    );
  }
  if (state === '57014') {
    return new AppError('outside-unreachable', `${where} did not finish a statement within its time limit.`, {
      retry: 'later',
      cause: error,
    });
  }
  if (state === '55P03' || state === '55006') {
    return new AppError(
      'outside-unreachable',
      `${where} is held by another session. Find it in pg_stat_activity, or wait.`,
      { retry: 'later', cause: error },
    );
  }
  if (state === undefined) return new AppError('outside-refused', `${where}: ${said}`, { cause: error });
  const hint =
    error instanceof DatabaseError && error.hint !== undefined ? ` Hint: ${scrub(error.hint)}.` : '';
  return new AppError('outside-refused', `${where} refused: ${said} (${state}).${hint}`, { cause: error });
}

/** pg throws plain errors with these words when the socket goes away under it. */
function isConnectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isConnectionFault);
  if ('code' in error && typeof error.code === 'string' && UNREACHABLE.has(error.code)) return true;
  return /connection terminated|not queryable|connection error|timeout expired|read timeout|socket/i.test(
    error.message,
  );
}
