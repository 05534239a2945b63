import { z } from 'zod';
import type { Session } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome } from './action.ts';
import { rebuildCommands, sourceOf, unknownSource } from './pg-rebuild-commands.ts';
import { lookOrReason } from './pg-standby-look.ts';
import { type Pair, pairOf } from './pg-standby-pair.ts';
import { MAINTENANCE, orBlocked } from './pg-target.ts';
import { size } from './pg-words.ts';

const Params = z.strictObject({ component: z.string() });
type Params = z.infer<typeof Params>;

const LOOK_EVERY_MS = 15_000;

/** Waits, as a standing alert on the run's card, until a person has given the new primary a standby again. */
export const pgRebuildStandby = defineAction<Params>({
  name: 'pg.rebuildStandby',
  summary:
    'Waits until the new primary has a standby again, and gives the commands that make the old one that.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    address: 'address of the standby',
    name: 'name it streams under',
    lagBytes: 'WAL it has not replayed, in bytes, or nothing',
  },

  preview: (context, { component }) =>
    orBlocked(async () => {
      const pair = pairOf(context.plan, component);
      const look = await lookOrReason(context, pair);
      const source = typeof look === 'string' ? unknownSource(pair) : sourceOf(context, pair, look);
      return {
        lines: [
          `Wait until a standby streams from \`${pair.standby}\` by the slot \`${pair.slot}\`. By hand, on the old primary:`,
          ...rebuildCommands(pair, source),
        ],
        bound: { connection: pair.standby, slot: pair.slot },
        shown: [],
        undo: [],
        blocked: [],
      };
    }),

  async run(context, { component }): Promise<Outcome> {
    const pair = pairOf(context.plan, component);
    const found = await streamer(context, pair);
    if (typeof found === 'string')
      return {
        kind: 'wait',
        until: new Date(context.now.getTime() + LOOK_EVERY_MS),
        note: found,
        memory: null,
      };
    const { address, name, lagBytes } = found;
    const lag = lagBytes === null ? 'not known' : size(lagBytes);
    return {
      kind: 'done',
      summary: `\`${name}\` streams from \`${pair.standby}\``,
      output: { address, name, lagBytes },
      facts: [
        { name: 'standby', value: `\`${name}\` at ${address}, by the slot \`${pair.slot}\`` },
        { name: 'lag', value: lag },
      ],
    };
  },

  byHand({ component }, plan) {
    const pair = pairOf(plan, component);
    return rebuildCommands(pair, unknownSource(pair));
  },

  needs({ component }, plan) {
    return [{ kind: 'postgres', connection: pairOf(plan, component).standby, database: MAINTENANCE }];
  },
});

interface Streamer extends Record<string, unknown> {
  readonly address: string;
  readonly name: string;
  readonly lagBytes: number | null;
}

/** The standby that streams by the slot of the plan, or the note that stands until there is one. */
async function streamer(context: ActionContext, pair: Pair): Promise<Streamer | string> {
  const { signal, clients } = context;
  const look = async (session: Session) => {
    const { inRecovery } = await session.row<{ inRecovery: boolean }>(
      'select pg_is_in_recovery() as "inRecovery"',
    );
    if (inRecovery)
      throw new AppError(
        'check-failed',
        `\`${pair.standby}\` is a standby itself, so no standby of it is waited for. It is promoted first.`,
      );
    const [found] = await session.rows<Streamer>(STREAMER, [pair.slot]);
    return found ?? `no standby streams from ${pair.standby}`;
  };
  try {
    return await clients.postgres.withClient(pair.standby, MAINTENANCE, look, { signal });
  } catch (error) {
    if (error instanceof AppError && error.code === 'outside-unreachable') return error.message;
    throw error;
  }
}

const STREAMER = `
  select coalesce(host(r.client_addr), 'local') as address, coalesce(r.application_name, '') as name,
         pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::float8 as "lagBytes"
    from pg_replication_slots s join pg_stat_replication r on r.pid = s.active_pid
   where s.slot_name = $1 and r.state = 'streaming'`;
