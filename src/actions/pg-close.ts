import { z } from 'zod';
import { quoteName } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import { defineAction, type Outcome } from './action.ts';
import {
  endSessions,
  findDatabase,
  lookAt,
  MAINTENANCE,
  markScratch,
  orBlocked,
  requireDatabase,
  requireOwnScratch,
  targetOf,
} from './pg-target.ts';

const Params = z.strictObject({ component: z.string(), database: z.string() });
type Params = z.infer<typeof Params>;

/** Shuts a checked copy, so that what was checked is what is swapped in. */
export const pgClose = defineAction<Params>({
  name: 'pg.close',
  summary: 'Closes a restored database to connections, so that nothing changes it after its checks.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    oid: 'oid of the database',
    comment: 'its mark: which run restored it from what',
  },

  preview: (context, params) =>
    orBlocked(async () => {
      const look = await lookAt(context, targetOf(context.plan, params.component), params.database);
      return {
        lines: [`Close \`${params.database}\` to connections and end its sessions.`],
        shown: [],
        undo: [],
        ...look,
      };
    }),

  async run(context, params): Promise<Outcome> {
    const target = targetOf(context.plan, params.component);
    const { database } = params;
    const { signal, clients } = context;
    return clients.postgres.withClient(
      target.into,
      MAINTENANCE,
      async (session) => {
        const found = await requireDatabase(session, database, target.into);
        const mark = requireOwnScratch(context, found);
        if (mark.phase === 'restoring')
          throw new AppError(
            'target-refused',
            `\`${database}\` is still being restored. Close it after its checks.`,
          );
        await session.rows(`alter database ${quoteName(database)} with allow_connections false`);
        const ended = await endSessions(session, found.oid, signal);
        const comment = await markScratch(session, database, { ...mark, phase: 'closed' });
        const verified = mark.rows !== undefined;
        return {
          kind: 'done',
          summary: `\`${database}\` closed`,
          output: { oid: found.oid, comment },
          facts: [
            { name: 'database', value: `\`${database}\`, oid ${found.oid}` },
            { name: 'sessions ended', value: String(ended) },
            { name: 'checked before', value: verified ? 'yes' : 'no: pg.integrity has not passed on it' },
          ],
        };
      },
      { signal },
    );
  },

  async verify(context, params, output) {
    const target = targetOf(context.plan, params.component);
    const { signal, clients } = context;
    const found = await clients.postgres.withClient(
      target.into,
      MAINTENANCE,
      (session) => findDatabase(session, params.database),
      { signal },
    );
    if (found !== undefined && found.oid === output.oid && !found.connectable && found.sessions === 0) return;
    throw new AppError(
      'check-failed',
      `\`${params.database}\` is not closed, or was made anew. Retry the step.`,
    );
  },

  byHand: ({ database }) => [
    `psql -d ${MAINTENANCE} -c 'alter database ${quoteName(database)} with allow_connections false'`,
    `psql -d ${MAINTENANCE} -c "select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'"`,
  ],

  needs(params, plan) {
    return [{ kind: 'postgres', connection: targetOf(plan, params.component).into, database: MAINTENANCE }];
  },
});
