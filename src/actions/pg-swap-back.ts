import { z } from 'zod';
import { quoteName } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome, type Preview } from './action.ts';
import { findKept, type Kept, namesOfKept, requireKept, runNotKnown } from './pg-kept.ts';
import { look, renaming, settle } from './pg-rename.ts';
import { readTraffic } from './pg-swap-look.ts';
import { swapOut } from './pg-swap-out.ts';
import {
  findDatabase,
  isSymbol,
  keptName,
  MAINTENANCE,
  orBlocked,
  refuseOwnStore,
  scratchName,
  systemIdentifierOf,
  type Target,
  targetOf,
} from './pg-target.ts';
import { tookWrites, type Writes, writesInWords, writesSince } from './pg-writes.ts';

const Params = z.strictObject({ component: z.string(), run: z.string().optional() });
type Params = z.infer<typeof Params>;

/** A preview must be quick: what cannot be counted in this time counts as written. */
const COUNT_TIMEOUT_MS = 20_000;

/** Gives the kept database its name back. Once the restored one has taken writes they are lost with it, so it is irreversible. */
export const pgSwapBack = defineAction<Params>({
  name: 'pg.swapBack',
  summary: 'Gives the database a swap put aside its name back.',
  schema: Params,
  class: 'reversible',
  recovery: 'observe',
  gives: {
    liveOid: 'oid of the database that is live again',
    database: 'name the restored database has now',
  },

  preview: (context, params) => orBlocked(() => preview(context, params)),

  async run(context, params): Promise<Outcome> {
    const target = targetOf(context.plan, params.component);
    const run = params.run ?? context.run.id;
    const kept = await renaming(context, target, context.signal, async (session) => {
      refuseOwnStore(
        context,
        await systemIdentifierOf(session),
        (await findDatabase(session, target.database)) ?? { oid: '', name: '' },
      );
      return requireKept(session, target, run);
    });
    const { facts } = await swapOut(context, target, namesOfKept(target, run, kept.database.name), {
      // Approved as losing nothing, it loses nothing: the count behind the closed door decides, not the preview's.
      losingWrites: context.approvedClass === 'irreversible',
    });
    return { ...outcomeOf(target, run, kept.database.oid), facts };
  },

  async verify(context, params, output) {
    const target = targetOf(context.plan, params.component);
    const live = await renaming(context, target, context.signal, (session) =>
      findDatabase(session, target.database),
    );
    if (live !== undefined && live.oid === output.liveOid && live.connectable) return;
    throw new AppError(
      'check-failed',
      `\`${target.database}\` is not the old database, or is closed. Look at the server.`,
    );
  },

  async observe(context, params) {
    const target = targetOf(context.plan, params.component);
    const run = params.run ?? context.run.id;
    const kept = await renaming(context, target, context.signal, (session) => findKept(session, target, run));
    const place = await settle(
      context,
      target,
      namesOfKept(target, run, kept?.database.name ?? keptName(target.database, run)),
    );
    if (place.at === 'before')
      return { happened: 'yes', outcome: { ...outcomeOf(target, run, place.live.oid), facts: [] } };
    return place.at === 'after' ? { happened: 'no' } : { happened: 'unknown', seen: place.seen };
  },

  byHand({ component, run }, plan) {
    const { database } = targetOf(plan, component);
    const names =
      run === undefined
        ? [`${database}_before_<run>`, `${database}_<run>`]
        : [keptName(database, run), scratchName(database, run)];
    const [kept, copy] = names.map(quoteName);
    const live = quoteName(database);
    return [
      `psql -d ${MAINTENANCE} -c 'alter database ${live} with allow_connections false'`,
      `psql -d ${MAINTENANCE} -c "select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'"`,
      `psql -d ${MAINTENANCE} -v ON_ERROR_STOP=1 -c 'begin; alter database ${live} rename to ${copy}; alter database ${kept} rename to ${live}; commit'`,
      `psql -d ${MAINTENANCE} -c 'alter database ${live} with allow_connections true'`,
    ];
  },

  needs(params, plan) {
    const { connection, database } = targetOf(plan, params.component);
    return [{ kind: 'postgres', connection, database }];
  },
});

async function preview(context: ActionContext, params: Params): Promise<Preview> {
  const target = targetOf(context.plan, params.component);
  const run = params.run ?? context.run.id;
  if (isSymbol(run)) {
    return {
      lines: [`Swap \`${target.database}\` back to the database an earlier run kept.`],
      bound: null,
      shown: [],
      undo: [],
      blocked: runNotKnown(context),
    };
  }
  const { live, kept, traffic, systemIdentifier } = await renaming(
    context,
    target,
    context.signal,
    async (session) => {
      const found = await requireKept(session, target, run);
      const place = await look(session, namesOfKept(target, run, found.database.name));
      if (place.at !== 'after')
        throw new AppError(
          'target-refused',
          `\`${target.database}\` is not the database ${run} swapped in any more. Look at the server before anything is renamed.`,
        );
      const id = await systemIdentifierOf(session);
      refuseOwnStore(context, id, place.live);
      return {
        live: place.live,
        kept: found,
        traffic: await readTraffic(context, target, session, place.live),
        systemIdentifier: id,
      };
    },
  );
  const writes = await countWrites(context, target, kept);
  const lost = tookWrites(writes);
  const scratch = scratchName(target.database, run);
  return {
    lines: [
      `Swap back: database \`${live.name}\` → \`${scratch}\`; \`${kept.database.name}\` → \`${live.name}\`.`,
      lost
        ? `Lost with the restored database: ${writesInWords(writes)}.`
        : `The restored database has taken no writes since ${run} swapped it in.`,
    ],
    bound: {
      connection: target.connection,
      systemIdentifier,
      live: { name: live.name, oid: live.oid },
      kept: { name: kept.database.name, oid: kept.database.oid, comment: kept.database.comment },
      scratch,
      losesWrites: lost,
    },
    shown: [...traffic.shown, { name: 'written since the swap', value: writesInWords(writes) }],
    undo: [],
    blocked: traffic.blocked,
    output: { liveOid: kept.database.oid, database: scratch },
    class: lost ? 'irreversible' : 'reversible',
  };
}

async function countWrites(context: ActionContext, target: Target, { mark }: Kept): Promise<Writes> {
  const options = { signal: context.signal, readOnly: true, timeoutMs: COUNT_TIMEOUT_MS };
  try {
    return await context.clients.postgres.withClient(
      target.connection,
      target.database,
      (session) => writesSince(session, mark),
      options,
    );
  } catch (error) {
    if (error instanceof AppError) return { tables: {}, others: [], notKnown: error.message };
    throw error;
  }
}

function outcomeOf(target: Target, run: string, liveOid: string) {
  return {
    kind: 'done',
    summary: `\`${target.database}\` is the old database again`,
    output: { liveOid, database: scratchName(target.database, run) },
  } as const;
}
