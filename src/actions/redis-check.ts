import { z } from 'zod';
import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import { defineAction } from './action.ts';
import { count, plural } from './pg-words.ts';

export const Params = z.strictObject({
  connection: z.string(),
  expect: z
    .strictObject({
      role: z.enum(['master', 'replica']).optional(),
      /** False: it must refuse writing, as a replica does. */
      writable: z.boolean().default(true),
    })
    .prefault({}),
});
export type Params = z.infer<typeof Params>;

export const redisCheck = defineAction<Params>({
  name: 'redis.check',
  summary: 'Asks a Redis for its role and writes, reads and deletes a test key.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    role: '`master` or `replica`',
    writable: 'whether it takes writes',
    version: 'version of Redis',
    keys: 'how many keys it holds',
  },

  async preview(_context, { connection, expect }) {
    const parts = [
      ...(expect.role === undefined ? [] : [`is a ${expect.role}`]),
      expect.writable ? 'takes a test key (deleted again, at most 30 s)' : 'refuses writing',
    ];
    return {
      lines: [`Redis \`${connection}\` answers, ${parts.join(', ')}`],
      bound: hasSymbols(connection) ? null : { connection },
      shown: [],
      undo: [],
      blocked: [],
    };
  },

  async run(context, { connection, expect }) {
    const state = await context.clients.redis.inspect(connection, {
      testKey: `dr-bot:check:${context.key}`,
      signal: context.signal,
    });
    const fail = (reason: string) =>
      new AppError('check-failed', `Redis ${connection} ${reason}.`, { retry: 'later' });
    if (expect.role !== undefined && state.role !== expect.role)
      throw fail(`is a ${state.role}, not a ${expect.role}`);
    if (expect.writable && state.written !== true) throw fail(`does not take writes: ${state.written}`);
    if (!expect.writable && state.written === true) throw fail('takes writes, and should not');
    const writable = state.written === true;
    return {
      kind: 'done',
      summary: `${state.role}, ${writable ? 'writable' : 'read-only'}, ${plural(state.keys, 'key')}`,
      output: { role: state.role, writable, version: state.version, keys: state.keys },
      facts: [
        { name: 'role', value: state.role },
        { name: 'writable', value: writable ? 'yes' : `no: ${state.written}` },
        { name: 'keys', value: count(state.keys) },
        { name: 'version', value: state.version },
      ],
    };
  },

  byHand: ({ connection }) => [
    `# url: the one of the redis connection ${connection}`,
    'redis-cli -u "$REDIS_URL" ping',
    'redis-cli -u "$REDIS_URL" role',
    'redis-cli -u "$REDIS_URL" set dr-bot:check by-hand ex 30',
  ],

  needs: ({ connection }) => [{ kind: 'redis', connection }],
});
