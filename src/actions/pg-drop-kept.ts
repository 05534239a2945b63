import { z } from 'zod';
import { quoteName } from '../clients/postgres.ts';
import { parseDuration } from '../domain/duration.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome } from './action.ts';
import { DurationText } from './params.ts';
import { findKept, type Kept, requireKept, runNotKnown } from './pg-kept.ts';
import {
  isSymbol,
  keptName,
  MAINTENANCE,
  orBlocked,
  refuseOwnStore,
  systemIdentifierOf,
  targetOf,
} from './pg-target.ts';
import { size } from './pg-words.ts';

const Params = z.strictObject({
  component: z.string(),
  run: z.string(),
  minAge: DurationText.default('72h'),
});
type Params = z.infer<typeof Params>;

/** Drops the database a swap put aside. After this there is no way back. */
export const pgDropKept = defineAction<Params>({
  name: 'pg.dropKept',
  summary: 'Drops the database a swap put aside, once it is old enough.',
  schema: Params,
  class: 'irreversible',
  recovery: 'observe',
  gives: {
    dropped: 'name of the dropped database',
  },

  preview: (context, params) =>
    orBlocked(async () => {
      const target = targetOf(context.plan, params.component);
      const { signal, clients } = context;
      if (isSymbol(params.run)) {
        return {
          lines: [`Drop the database a swap of \`${target.database}\` put aside. It cannot be brought back.`],
          bound: null,
          shown: [],
          undo: [],
          blocked: runNotKnown(context),
        };
      }
      return clients.postgres.withClient(
        target.connection,
        MAINTENANCE,
        async (session) => {
          const kept = await requireKept(session, target, params.run);
          const systemIdentifier = await systemIdentifierOf(session);
          refuseOwnStore(context, systemIdentifier, kept.database);
          const { name, oid, comment, sizeBytes, sessions } = kept.database;
          return {
            lines: [
              `Drop \`${name}\`, the database ${params.run} put aside at ${kept.mark.at.slice(0, 16).replace('T', ' ')} UTC. It cannot be brought back.`,
            ],
            bound: { connection: target.connection, systemIdentifier, name, oid, comment },
            shown: [
              { name: 'size', value: sizeBytes === null ? 'not known' : size(sizeBytes) },
              { name: 'sessions', value: String(sessions) },
            ],
            undo: [],
            blocked: reasonsAgainst(context, params, kept),
          };
        },
        { signal },
      );
    }),

  async run(context, params): Promise<Outcome> {
    const target = targetOf(context.plan, params.component);
    const { signal, clients } = context;
    return clients.postgres.withClient(
      target.connection,
      MAINTENANCE,
      async (session) => {
        const kept = await requireKept(session, target, params.run);
        refuseOwnStore(context, await systemIdentifierOf(session), kept.database);
        const blocked = reasonsAgainst(context, params, kept);
        if (blocked.length > 0) throw new AppError('target-refused', blocked.join('\n'));
        // Without FORCE: if somebody is in it after all, PostgreSQL refuses.
        await session.rows(`drop database ${quoteName(kept.database.name)}`);
        return outcomeOf(kept.database.name, kept.database.sizeBytes);
      },
      { signal, timeoutMs: 300_000 },
    );
  },

  async observe(context, params) {
    const target = targetOf(context.plan, params.component);
    const { signal, clients } = context;
    const kept = await clients.postgres.withClient(
      target.connection,
      MAINTENANCE,
      (session) => findKept(session, target, params.run),
      { signal },
    );
    // It was there when the step began, and nothing but this step drops it or takes its mark away while the step runs.
    return kept === undefined
      ? { happened: 'yes', outcome: outcomeOf(keptName(target.database, params.run), null) }
      : { happened: 'no' };
  },

  byHand({ component, run }, plan) {
    return [
      `psql -d ${MAINTENANCE} -c 'drop database ${quoteName(keptName(targetOf(plan, component).database, run))}'`,
    ];
  },

  needs(params, plan) {
    const { connection, database } = targetOf(plan, params.component);
    return [{ kind: 'postgres', connection, database }];
  },
});

function reasonsAgainst(
  context: ActionContext,
  { minAge }: Params,
  { database, mark }: Kept,
): readonly string[] {
  const age = context.now.getTime() - new Date(mark.at).getTime();
  const least = parseDuration(minAge) ?? Number.POSITIVE_INFINITY;
  const name = `\`${database.name}\``;
  return [
    ...(age >= least
      ? []
      : [
          `${name} was put aside ${hours(age)} ago and is kept for ${minAge}. It may be dropped from ${new Date(context.now.getTime() + least - age).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
        ]),
    ...(database.connectable
      ? [
          `${name} is open to connections, so somebody may be using it. Look first; then: alter database ${quoteName(database.name)} with allow_connections false`,
        ]
      : []),
    ...(database.sessions > 0
      ? [`${name} has ${database.sessions} sessions. Find out who uses it, and end them.`]
      : []),
  ];
}

const hours = (ms: number) => `${(ms / 3_600_000).toFixed(1)} h`;

function outcomeOf(name: string, bytes: number | null): Extract<Outcome, { kind: 'done' }> {
  const freed = bytes === null ? 'not known' : size(bytes);
  return {
    kind: 'done',
    summary: `\`${name}\` dropped`,
    output: { dropped: name },
    facts: [
      { name: 'dropped', value: `\`${name}\`` },
      { name: 'space freed', value: freed },
    ],
  };
}
