import { z } from 'zod';
import { ApiError, invalid } from './api-error.ts';
import type { Store } from './store.ts';
import type { Channel, Json } from './types.ts';

/** Calls per minute; `post` is one a second and channel. */
export type Tier = 1 | 2 | 3 | 4 | 'post';

/** What a method may use of the workspace around it. */
export interface World {
  readonly store: Store;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Throws `missing_scope` unless the bot token holds the scope. */
  readonly need: (scope: string) => void;
  readonly has: (scope: string) => boolean;
  /** A one-time address for a Socket Mode connection. */
  readonly openSocketUrl: () => string;
  /** How long a trigger lives: three seconds, shorter in a test. */
  readonly triggerMs: number;
  /** Sends an event to the app, if it subscribed and may know. */
  readonly emit: (event: Json) => void;
}

export interface Method {
  readonly scopes: readonly string[];
  readonly tier: Tier;
  readonly token: 'bot' | 'app' | 'any';
  readonly run: (raw: Json, world: World) => Json;
}

interface Spec<Args extends z.ZodRawShape> {
  /** Any one of these lets the call through; finer needs are asked inside with `world.need`. */
  readonly scopes?: readonly string[];
  readonly tier: Tier;
  readonly token?: Method['token'];
  readonly args: Args;
  readonly run: (args: z.infer<z.ZodObject<Args>>, world: World) => Json;
}

/** A method whose arguments are checked first; unlike Slack, an unknown one is an error. Bolt adds `team_id` to all calls. */
export function method<Args extends z.ZodRawShape>(spec: Spec<Args>): Method {
  const schema = z.strictObject({ ...spec.args });
  return {
    scopes: spec.scopes ?? [],
    tier: spec.tier,
    token: spec.token ?? 'bot',
    run: ({ team_id: _ofBolt, ...raw }, world) => {
      const parsed = schema.safeParse(raw);
      if (!parsed.success) {
        throw invalid(
          'invalid_arguments',
          parsed.error.issues.map(
            (issue) => `[ERROR] ${issue.message} [json-pointer:/${issue.path.join('/')}]`,
          ),
        );
      }
      return spec.run(parsed.data, world);
    },
  };
}

/** Forms carry everything as text: `"true"`, `"20"`, `"[…]"`; JSON bodies carry the values themselves. */
export const flag = z.union([
  z.boolean(),
  z.enum(['true', '1', 'false', '0']).transform((s) => s === 'true' || s === '1'),
]);
export const count = z.coerce.number().int().min(0);
export const json = z.preprocess((raw) => {
  if (typeof raw !== 'string') return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}, z.unknown());
export const idList = z
  .union([z.string(), z.array(z.string())])
  .transform((raw) =>
    (typeof raw === 'string' ? raw.split(',').map((id) => id.trim()) : raw).filter(Boolean),
  );

export const page = { cursor: z.string().optional(), limit: count.optional() };

/** Cuts one page; the cursor is the place to go on from. */
export function paginate<T>(
  all: readonly T[],
  { cursor, limit }: { cursor?: string | undefined; limit?: number | undefined },
  defaults: { limit: number; max: number },
): { items: T[]; response_metadata: { next_cursor: string } } {
  const start = cursor ? Number(Buffer.from(cursor, 'base64').toString()) : 0;
  if (!Number.isInteger(start)) throw new ApiError('invalid_cursor');
  const size = limit || defaults.limit;
  if (size > defaults.max) throw new ApiError('invalid_limit');
  const end = start + size;
  const next = end < all.length ? Buffer.from(String(end)).toString('base64') : '';
  return { items: all.slice(start, end), response_metadata: { next_cursor: next } };
}

/** A channel the bot may know of: public ones, and those it is in. Names are not accepted, ids only. */
export function channelFor({ store }: World, id: string): Channel {
  const channel = store.channels.get(id);
  if (!channel) throw new ApiError('channel_not_found');
  if (channel.kind !== 'public' && !channel.members.has(store.bot.id))
    throw new ApiError('channel_not_found');
  return channel;
}

/** A channel the bot is in and that still lives: the only kind it may write to. */
export function writableChannel(world: World, id: string): Channel {
  const channel = channelFor(world, id);
  if (channel.archived) throw new ApiError('is_archived');
  if (!channel.members.has(world.store.bot.id)) throw new ApiError('not_in_channel');
  return channel;
}

/** The scope for a kind of channel: `channels:read`, `groups:read` or `im:read`. */
export function kindScope(channel: Pick<Channel, 'kind'>, verb: 'read' | 'history' | 'write'): string {
  const family = { public: 'channels', private: 'groups', im: 'im' }[channel.kind];
  return family === 'channels' && verb === 'write' ? 'channels:manage' : `${family}:${verb}`;
}
