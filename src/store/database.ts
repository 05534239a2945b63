import pg from 'pg';
import { AppError, messageOf } from '../errors.ts';

/** A transaction's client. Only `transact` makes one; nothing outside is called while it is open. */
export interface Tx {
  query<Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<Row>>;
}

export type Database = ReturnType<typeof createDatabase>;

// bigint columns here are sequence numbers and counts far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** A connection whose server fell silent without a word is given up after this; no statement of ours takes so long. */
export const SILENCE_MS = 10_000;
/** How long a stop waits for connections to say goodbye. */
const GOODBYE_MS = 1_000;

/** Between two statements of a transaction nothing is waited for, so a longer pause is a worker that sleeps. */
const IDLE_MS = 5_000;

/** Opens a pool to the bot's own PostgreSQL. Connections are made when first used. */
export function createDatabase(url: string, options: { max?: number; log?: (message: string) => void } = {}) {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 8,
    application_name: 'dr-bot',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // A worker that is paused in the middle of a transaction holds its locks, the head of the log among them, only so long.
    idle_in_transaction_session_timeout: IDLE_MS,
    query_timeout: SILENCE_MS,
  });
  pool.on('error', (error) => options.log?.(`database connection lost: ${error.message}`));

  /** Runs `work` in one transaction and commits it; any throw rolls back. */
  async function transact<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const client = await checkout();
    let broken: Error | undefined;
    const onError = (error: Error) => {
      broken = error;
    };
    // A checked-out client without a listener would end the process when its backend dies.
    client.on('error', onError);
    try {
      await client.query('begin');
      const result = await work(bind(client));
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((fault: Error) => {
        broken = fault;
      });
      throw asAppError(error);
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  async function checkout(): Promise<pg.PoolClient> {
    return pool.connect().catch((error: unknown) => {
      throw asAppError(error);
    });
  }

  async function query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) {
    return pool.query<Row>(text, [...values]).catch((error: unknown) => {
      throw asAppError(error);
    });
  }

  async function close(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, GOODBYE_MS).unref());
    await Promise.race([pool.end(), late]);
  }

  return { transact, query, url, close };
}

function bind(client: pg.PoolClient): Tx {
  return { query: (text, values = []) => client.query(text, [...values]) };
}

/** Connection faults become an AppError that can be tried again; SQL errors keep their own shape. */
function asAppError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const away =
    /^(ECONN|ETIMEDOUT|ENOTFOUND|EPIPE|57P0|08|53|25P03)/.test(code) ||
    /Connection terminated|not queryable|timeout exceeded|read timeout/.test(messageOf(error));
  if (!away) return error;
  return new AppError(
    'database-unreachable',
    "The bot's own database does not answer. Nothing was recorded; it is tried again.",
    {
      retry: 'later',
      cause: error,
    },
  );
}
