import { z } from 'zod';
import { quoteName, type Session } from '../clients/postgres.ts';
import type { Fact, Output } from '../domain/step.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome, type Preview } from './action.ts';
import { instant, shortName } from './backup-source.ts';
import {
  bornBy,
  copyAccess,
  copyGrants,
  createMarked,
  dropOwn,
  fetchedPath,
  isOwn,
  ownerOf,
  shownFacts,
  spaceBlocked,
  taken,
} from './pg-copy.ts';
import { createExtensions, extensionWays } from './pg-extensions.ts';
import { createLike, readLive, shapeOf } from './pg-live.ts';
import { loadDump } from './pg-load.ts';
import {
  findDatabase,
  isSymbol,
  MAINTENANCE,
  markScratch,
  orBlocked,
  readMark,
  requireDatabase,
  ScratchMark,
  scratchName,
  systemIdentifierOf,
  type Target,
  targetOf,
} from './pg-target.ts';
import { size } from './pg-words.ts';

const Params = z.strictObject({
  component: z.string(),
  path: z.string(),
  sha256: z.string(),
  key: z.string(),
  etag: z.string(),
  takenAt: z.string().optional(),
  format: z.string().optional(),
  jobs: z.number().int().min(1).max(16).default(2),
});
type Params = z.infer<typeof Params>;

/**
 * Builds a copy of a backup in a new database and never touches the live one. The name is made here from the run, so that no
 * parameter can point it at something that exists.
 */
export const pgRestore = defineAction<Params>({
  name: 'pg.restore',
  summary: 'Restores a backup into a new database, as the owner role and never as superuser.',
  schema: Params,
  class: 'read',
  recovery: 'observe',
  gives: {
    database: 'name of the restored database',
    oid: 'its oid',
    systemIdentifier: 'system identifier of its server',
    connection: 'connection of its server',
    key: 'key of the backup',
    sha256: 'SHA-256 of the backup, hex',
    takenAt: 'when the backup was taken, ISO 8601, or nothing',
  },

  preview: (context, params) => orBlocked(() => preview(context, params)),

  async run(context, params): Promise<Outcome> {
    const target = targetOf(context.plan, params.component);
    const database = scratchName(target.database, context.run.id);
    const { postgres } = context.clients;
    const { signal } = context;
    const path = await fetchedPath(context, params);
    const shape = shapeOf(await readLive(context, target));
    const owner = ownerOf(target, shape);
    const mark: ScratchMark = {
      run: context.run.id,
      step: context.step.id,
      attempt: context.step.attempt,
      phase: 'restoring',
      key: params.key,
      sha256: params.sha256,
      takenAt: params.takenAt ?? null,
    };
    const inMaintenance = <Result>(work: (session: Session) => Promise<Result>) =>
      postgres.withClient(target.into, MAINTENANCE, work, { signal, timeoutMs: 300_000 });

    const { ways, besideLive } = await inMaintenance(async (session) => {
      const systemIdentifier = await systemIdentifierOf(session);
      const reasons = spaceBlocked(target, shape, systemIdentifier);
      const extensions = await extensionWays(context, target, session, shape?.extensions ?? []);
      const blocked = [...reasons, ...extensions.blocked];
      if (blocked.length > 0) throw new AppError('target-refused', blocked.join('\n'));
      await dropOwn(context, session, target, database);
      await createMarked(
        context,
        session,
        createLike(database, owner, shape, bornBy(context)),
        database,
        mark,
      );
      return { ways: extensions.ways, besideLive: systemIdentifier === shape?.systemIdentifier };
    });
    await copyAccess(context, target, database);
    const schemas = await createExtensions(context, target, database, owner, ways);
    const made = { schemas, extensions: new Set(ways.map(({ extension }) => extension.name)) };
    const jobs = Math.min(params.jobs, target.component.restore?.maxConnections ?? params.jobs);
    const url = postgres.urlFor(target.into, database);
    const leftOut = await loadDump(context, { path, url, owner, jobs, besideLive, made });
    context.progress('grants and statistics');
    const granted = await copyGrants(context, target, database, owner);
    await postgres.withClient(target.into, database, (session) => session.rows('analyze'), {
      signal,
      role: owner,
      timeoutMs: 3_600_000,
    });

    const done = await inMaintenance(async (session) => {
      const made = await requireDatabase(session, database, target.into);
      const present = readMark(ScratchMark, made);
      if (present?.attempt !== mark.attempt)
        throw new AppError('claim-lost', `\`${database}\` was made anew by a later attempt. This one ends.`);
      await markScratch(session, database, { ...mark, phase: 'restored' });
      return { made, systemIdentifier: await systemIdentifierOf(session) };
    });
    const facts: Fact[] = [
      ...leftOut.map((value) => ({ name: 'not as in the backup', value })),
      ...(granted === undefined ? [] : [{ name: 'grants', value: granted }]),
    ];
    return outcomeOf(target, done.made, done.systemIdentifier, mark, facts);
  },

  async verify(context, params, output) {
    const target = targetOf(context.plan, params.component);
    const { clients, signal } = context;
    const found = await clients.postgres.withClient(
      target.into,
      MAINTENANCE,
      (session) => findDatabase(session, String(output.database)),
      { signal },
    );
    if (found?.oid === output.oid && readMark(ScratchMark, found)?.phase !== 'restoring') return;
    throw new AppError(
      'check-failed',
      `\`${String(output.database)}\` is not there as it was restored. Retry the step.`,
    );
  },

  async observe(context, params) {
    const target = targetOf(context.plan, params.component);
    const { clients, signal } = context;
    return clients.postgres.withClient(
      target.into,
      MAINTENANCE,
      async (session) => {
        const found = await findDatabase(session, scratchName(target.database, context.run.id));
        const mark = readMark(ScratchMark, found);
        // What is there without the mark, or with "restoring" in it, is half made: run drops and rebuilds it.
        if (found === undefined || mark === undefined || mark.phase === 'restoring')
          return { happened: 'no' };
        if (!isOwn(context, mark) || mark.sha256 !== params.sha256) return { happened: 'no' };
        return {
          happened: 'yes',
          outcome: outcomeOf(target, found, await systemIdentifierOf(session), mark, []),
        };
      },
      { signal },
    );
  },

  async undo(context, params) {
    const target = targetOf(context.plan, params.component);
    const database = scratchName(target.database, context.run.id);
    const { clients, signal } = context;
    const options = { signal, timeoutMs: 300_000 };
    const dropped = await clients.postgres.withClient(
      target.into,
      MAINTENANCE,
      (session) => dropOwn(context, session, target, database),
      options,
    );
    return { summary: dropped ? `\`${database}\` dropped` : 'nothing to drop', facts: [] };
  },

  byHand(params, plan) {
    const target = targetOf(plan, params.component);
    const owner = target.component.owner ?? '<owner of the database>';
    const name = `${target.database}_restored`;
    return [
      `psql -d ${MAINTENANCE} -c 'create database ${quoteName(name)} owner ${quoteName(owner)} template template0'`,
      `psql -d ${name} -c '<create extension …, for each one psql -d ${target.database} -c "\\dx" shows>'`,
      `# a custom archive (file says "PostgreSQL custom database dump"):`,
      `PGOPTIONS="-c role=${owner}" pg_restore --exit-on-error --no-owner --jobs=${params.jobs} --dbname=${name} <file>`,
      `# a plain dump (.sql, .sql.gz), only when its last lines hold "-- PostgreSQL database dump complete":`,
      `gunzip -c <file> | PGOPTIONS="-c role=${owner}" psql -X -v ON_ERROR_STOP=1 --single-transaction -d ${name}`,
      `psql -d ${name} -c analyze`,
    ];
  },

  needs(params, plan) {
    const { into, connection, database, component } = targetOf(plan, params.component);
    const owner = component.owner === undefined ? {} : { owner: component.owner };
    return [...new Set([connection, into])].map(
      (name) =>
        ({
          kind: 'postgres',
          connection: name,
          database: name === connection ? database : MAINTENANCE,
          ...owner,
        }) as const,
    );
  },
});

async function preview(context: ActionContext, params: Params): Promise<Preview> {
  const target = targetOf(context.plan, params.component);
  const database = scratchName(target.database, context.run.id);
  const live = await readLive(context, target);
  const shape = shapeOf(live);
  const owner = ownerOf(target, shape);
  const { clients, signal } = context;
  const { systemIdentifier, found, extensions } = await clients.postgres.withClient(
    target.into,
    MAINTENANCE,
    async (session) => ({
      systemIdentifier: await systemIdentifierOf(session),
      found: await findDatabase(session, database),
      extensions: await extensionWays(context, target, session, shape?.extensions ?? []),
    }),
    { signal },
  );
  const mark = readMark(ScratchMark, found);
  const blocked = [...extensions.blocked, ...spaceBlocked(target, shape, systemIdentifier)];
  if (found !== undefined && !isOwn(context, mark)) blocked.push(taken(database, target, mark));
  const source = isSymbol(params.key) ? 'the backup' : `\`${shortName(params.key)}\``;
  return {
    lines: [
      `Restore ${source} into the new database \`${database}\` on \`${target.into}\`, as \`${owner}\`. \`${target.database}\` is not touched.`,
    ],
    bound: {
      connection: target.into,
      systemIdentifier,
      database,
      owner,
      key: params.key,
      etag: params.etag,
      sha256: params.sha256,
    },
    shown: shownFacts(target, shape, 'unreadable' in live ? live.unreadable : undefined),
    undo: [`Drop \`${database}\`.`],
    blocked,
    output: { database, connection: target.into },
  };
}

function outcomeOf(
  target: Target,
  made: { oid: string; name: string; sizeBytes: number | null },
  systemIdentifier: string,
  mark: ScratchMark,
  facts: readonly Fact[],
): Extract<Outcome, { kind: 'done' }> {
  const output: Output = {
    database: made.name,
    oid: made.oid,
    systemIdentifier,
    connection: target.into,
    key: mark.key,
    sha256: mark.sha256,
    takenAt: mark.takenAt,
  };
  const bytes = made.sizeBytes === null ? '' : `, ${size(made.sizeBytes)}`;
  const taken =
    mark.takenAt === null ? [] : [{ name: 'backup taken', value: instant(new Date(mark.takenAt)) }];
  return {
    kind: 'done',
    summary: `\`${made.name}\`${bytes}`,
    output,
    facts: [
      { name: 'database', value: `\`${made.name}\` on \`${target.into}\`${bytes}` },
      { name: 'backup', value: mark.key },
      ...taken,
      ...facts,
    ],
  };
}
