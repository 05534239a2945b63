import { AppError, messageOf } from '../errors.ts';
import type { Database } from './database.ts';

/** Throws an `AppError` with the next step unless the bot's own database lets it in and has its tables. */
export async function requireTables(db: Pick<Database, 'query'>): Promise<void> {
  const { rows } = await db
    .query<{ role: string; there: boolean }>(
      "select current_user as role, to_regclass('chain_head') is not null as there",
    )
    .catch((error: unknown): never => {
      throw notLetIn(error instanceof AppError && error.cause !== undefined ? error.cause : error);
    });
  const [first] = rows;
  if (first?.there === true) return;
  throw new AppError(
    'config-invalid',
    `The bot's own database has no tables yet. Type: DR_DATABASE_OWNER_URL=… DR_DATABASE_ROLE=${first?.role ?? 'drbot'} dr migrate`,
  );
}

/** No connection, or one that was refused, as the bot's own database or something before it says. */
export function notLetIn(reason: unknown): AppError {
  return new AppError(
    'database-unreachable',
    `The bot's own database does not let it in (${messageOf(reason)}). Check DR_DATABASE_URL and that the server runs.`,
    { retry: 'later', cause: reason },
  );
}
