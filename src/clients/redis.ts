import type { Redis } from 'ioredis';
import type { Connections } from '../domain/connections.ts';
import { AppError, messageOf } from '../errors.ts';
import { hop } from '../hop.ts';
import { resolveSecret } from './secrets.ts';

export interface RedisState {
  readonly role: 'master' | 'replica';
  readonly version: string;
  readonly keys: number;
  /** Undefined when writing was not tried; else true, or the server's reason. */
  readonly written: true | string | undefined;
}

interface InspectOptions {
  /** A key that is written, read back and deleted; it disappears by itself after 30 s. */
  readonly testKey?: string | undefined;
  readonly signal: AbortSignal;
}

/** What a server says of its own snapshots (RDB) and its log of writes (AOF). */
export interface RedisPersistence {
  /** The end of the last good snapshot. A server that made none since it started says when it started. */
  readonly savedAt: Date;
  /** Seconds the last snapshot took; null when none was made since the start. */
  readonly saveSeconds: number | null;
  readonly lastSave: 'ok' | 'failed';
  /** How long it has been making one by now; null while it makes none. */
  readonly savingSeconds: number | null;
  readonly changesSinceSave: number;
  /** Null without AOF. */
  readonly lastAppend: 'ok' | 'failed' | null;
  /** What the data takes in memory: no server tells the size of its files. */
  readonly dataBytes: number;
}

/** Looks at the Redis servers of connections.yml. A connection lives for one look: nothing reconnects in the background. */
export function createRedis(connections: Pick<Connections, 'redis'>) {
  async function withRedis<Result>(
    name: string,
    signal: AbortSignal,
    work: (redis: Redis) => Promise<Result>,
  ): Promise<Result> {
    const connection = connections.redis[name];
    if (connection === undefined)
      throw new AppError(
        'config-invalid',
        `connections.yml has no redis connection "${name}". Add it under redis.`,
      );
    // Few systems have a Redis to look at: the library is loaded with the first.
    const { Redis } = await import('ioredis');
    signal.throwIfAborted();
    const redis = new Redis(resolveSecret(connection.url), {
      lazyConnect: true,
      connectTimeout: 2_000,
      commandTimeout: 2_000,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      // A server that is still loading must say so instead of being waited for.
      enableReadyCheck: false,
    });
    // What fails, fails the command too; without a listener the library writes to the console.
    let lastFault: unknown;
    redis.on('error', (error) => {
      lastFault = error;
    });
    const leave = () => redis.disconnect();
    signal.addEventListener('abort', leave, { once: true });
    try {
      await redis.connect();
      return await work(redis);
    } catch (error) {
      signal.throwIfAborted();
      throw faultOf(name, lastFault ?? error);
    } finally {
      signal.removeEventListener('abort', leave);
      redis.disconnect();
    }
  }

  async function inspect(name: string, { testKey, signal }: InspectOptions): Promise<RedisState> {
    hop('redis.inspect:before');
    const state = await withRedis(name, signal, async (redis) => {
      await redis.ping();
      const state = parseInfo(await redis.info());
      const written = testKey === undefined ? undefined : await writeTest(redis, testKey);
      return { ...state, written };
    });
    hop('redis.inspect:after');
    return state;
  }

  /** Reads only. A watch looks all the time, so that this passes no hop. */
  function persistence(name: string, { signal }: { signal: AbortSignal }): Promise<RedisPersistence> {
    return withRedis(name, signal, async (redis) =>
      persistenceOf(await redis.lastsave(), fieldsOf(await redis.info())),
    );
  }

  return { inspect, persistence };
}

async function writeTest(redis: Redis, key: string): Promise<true | string> {
  try {
    await redis.set(key, 'dr-bot', 'EX', 30);
    const read = await redis.get(key);
    await redis.del(key);
    return read === 'dr-bot' ? true : 'the test key came back changed';
  } catch (error) {
    const reason = messageOf(error);
    if (/^(READONLY|MISCONF|OOM|NOPERM|NOREPLICAS)\b/.test(reason)) return reason.slice(0, 120);
    throw error;
  }
}

function parseInfo(info: string): Omit<RedisState, 'written'> {
  const field = fieldsOf(info);
  const keys = [...info.matchAll(/^db\d+:keys=(\d+)/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
  return { role: field('role') === 'master' ? 'master' : 'replica', version: field('redis_version'), keys };
}

/** The value of a field of INFO; empty where the server does not have it. */
function fieldsOf(info: string) {
  return (name: string): string => info.match(new RegExp(`^${name}:(.*?)\\r?$`, 'm'))?.[1] ?? '';
}

function persistenceOf(savedAtSeconds: number, field: (name: string) => string): RedisPersistence {
  const status = (name: string) => (field(name) === 'ok' ? 'ok' : 'failed');
  const saveSeconds = Number(field('rdb_last_bgsave_time_sec'));
  return {
    savedAt: new Date(savedAtSeconds * 1000),
    saveSeconds: saveSeconds < 0 ? null : saveSeconds,
    lastSave: status('rdb_last_bgsave_status'),
    savingSeconds:
      field('rdb_bgsave_in_progress') === '1' ? Number(field('rdb_current_bgsave_time_sec')) : null,
    changesSinceSave: Number(field('rdb_changes_since_last_save')),
    lastAppend: field('aof_enabled') === '1' ? status('aof_last_write_status') : null,
    dataBytes: Number(field('used_memory_dataset')),
  };
}

function faultOf(name: string, error: unknown): AppError {
  const reason = messageOf(error);
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b|invalid password/i.test(reason))
    return new AppError(
      'outside-refused',
      `Redis ${name} refuses the bot's login. Check the user and password behind its url in connections.yml.`,
      { cause: error },
    );
  const state = /^LOADING\b/.test(reason)
    ? 'is still loading its data'
    : `does not answer (${faultWord(error)})`;
  return new AppError('outside-unreachable', `Redis ${name} ${state}. It is looked at again in a while.`, {
    retry: 'later',
    cause: error,
  });
}

/** A word without addresses or credentials: `ECONNREFUSED`, `Command timed out`. */
function faultWord(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return messageOf(error).slice(0, 60);
}
