import { z } from 'zod';
import { quoteName } from '../clients/postgres.ts';
import { DB_NAME } from '../domain/plan.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome, type Preview } from './action.ts';
import { readAll } from './pg-check-access.ts';
import { effectiveRights } from './pg-grants.ts';
import { look, type Names, type Place, renameIn, renaming, settle, swapOrReopen } from './pg-rename.ts';
import { readSettings, settingsDifferences } from './pg-settings.ts';
import { copyFacts, readTraffic, scratchBlocked } from './pg-swap-look.ts';
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

const Params = z.strictObject({
  component: z.string(),
  scratch: z.string(),
  keepAs: z
    .string()
    .refine((name) => DB_NAME.test(name) || isSymbol(name), 'expected a database name')
    .optional(),
});
type Params = z.infer<typeof Params>;

/** Puts a checked copy in the live database's place by two renames in one transaction, and keeps the old one, closed. */
export const pgSwap = defineAction<Params>({
  name: 'pg.swap',
  summary: 'Puts a restored database in the place of the live one and keeps the old one, closed.',
  schema: Params,
  class: 'reversible',
  recovery: 'observe',
  gives: {
    liveOid: 'oid of the database that is live now',
    keptAs: 'name of the old database',
    keptOid: 'its oid',
    swappedAt: 'when it was swapped, ISO 8601',
    ms: 'how long it took in milliseconds, or nothing',
  },

  preview: (context, params) => orBlocked(() => preview(context, params)),

  async run(context, params): Promise<Outcome> {
    const target = targetOf(context.plan, params.component);
    const names = namesOf(context, target, params);
    refuseElsewhere(target);
    const { place, ms } = await swapOrReopen(context, target, names, 'after', async (session, signal) => {
      const now = await look(session, names);
      if (now.at === 'after') return;
      if (now.at === 'elsewhere')
        throw new AppError('target-refused', `${names.live} cannot be swapped: ${now.seen.join('; ')}.`);
      const { blocked } = await readTraffic(context, target, session, now.live);
      const reasons = [...blocked, ...scratchBlocked(now)];
      if (reasons.length > 0) throw new AppError('target-refused', reasons.join('\n'));
      await renameIn(context, target, names, session, signal, now);
    });
    return outcomeOf(names, place, ms);
  },

  async verify(context, params) {
    const target = targetOf(context.plan, params.component);
    const names = namesOf(context, target, params);
    // At once, because the application is away; where the names are wrong, that says more than what follows from it.
    const proofs = [requireSwapped(context, target, names), requireReadable(context, target, names)];
    for (const proof of await Promise.allSettled(proofs)) if (proof.status === 'rejected') throw proof.reason;
  },

  async observe(context, params) {
    const target = targetOf(context.plan, params.component);
    const names = namesOf(context, target, params);
    const place = await settle(context, target, names);
    if (place.at === 'after') return { happened: 'yes', outcome: outcomeOf(names, place, null) };
    if (place.at === 'before') return { happened: 'no' };
    return {
      happened: 'unknown',
      seen: place.seen,
      howToTell: `psql -d ${MAINTENANCE} -c "select oid, datname, shobj_description(oid, 'pg_database') from pg_database": swapped means \`${names.kept}\` carries the mark of ${names.run} and its restoredOid is the oid of \`${names.live}\`.`,
    };
  },

  async undo(context, params) {
    const target = targetOf(context.plan, params.component);
    const names = namesOf(context, target, params);
    const place = await settle(context, target, names);
    if (place.at === 'before')
      return {
        summary: `nothing was swapped; \`${names.live}\` is open`,
        facts: [{ name: 'restored copy, closed', value: `\`${names.scratch}\`, oid ${place.scratch.oid}` }],
      };
    if (place.at === 'elsewhere')
      throw new AppError(
        'undo-failed',
        `The swap cannot be taken back by itself: ${place.seen.join('; ')}. A person must look.`,
      );
    return swapOut(context, target, names, { losingWrites: false });
  },

  byHand({ component, scratch, keepAs }, plan) {
    const { database } = targetOf(plan, component);
    const kept = keepAs ?? `${database}_before_restore`;
    const [live, copy, old] = [database, scratch, kept].map(quoteName);
    return [
      '# stop everything that writes; then:',
      `psql -d ${MAINTENANCE} -c 'alter database ${live} with allow_connections false'`,
      `psql -d ${MAINTENANCE} -c "select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'"`,
      `psql -d ${MAINTENANCE} -v ON_ERROR_STOP=1 -c 'begin; alter database ${live} rename to ${old}; alter database ${copy} rename to ${live}; commit'`,
      `psql -d ${MAINTENANCE} -c 'alter database ${live} with allow_connections true'`,
      '# settings, access and the connection limit of a database do not follow its name: compare \\l+ and \\drds of both',
    ];
  },

  needs(params, plan) {
    const { connection, database, component } = targetOf(plan, params.component);
    return [
      {
        kind: 'postgres',
        connection,
        database,
        ...(component.owner === undefined ? {} : { owner: component.owner }),
      },
    ];
  },
});

function namesOf(context: ActionContext, target: Target, { scratch, keepAs }: Params): Names {
  const run = context.run.id;
  return { run, live: target.database, scratch, kept: keepAs ?? keptName(target.database, run) };
}

function refuseElsewhere({ connection, into, component }: Target): void {
  if (connection === into) return;
  throw new AppError(
    'target-refused',
    `The copy is on \`${into}\`, the live database of \`${component.id}\` on \`${connection}\`. A swap needs both on one server. Let the plan switch the application's DATABASE_URL instead.`,
  );
}

async function preview(context: ActionContext, params: Params): Promise<Preview> {
  const target = targetOf(context.plan, params.component);
  const names = namesOf(context, target, params);
  refuseElsewhere(target);
  return renaming(context, target, context.signal, async (session) => {
    const systemIdentifier = await systemIdentifierOf(session);
    const place = await look(session, names);
    const live = place.live ?? (await findDatabase(session, names.live));
    if (live === undefined)
      throw new AppError(
        'target-refused',
        `\`${names.live}\` does not exist on \`${target.connection}\`, so there is nothing to swap with. Rename the copy by hand.`,
      );
    refuseOwnStore(context, systemIdentifier, live);
    const traffic = await readTraffic(context, target, session, live);
    const ready = place.at === 'before' ? place : undefined;
    const known =
      ready === undefined
        ? {}
        : { scratch: { name: names.scratch, oid: ready.scratch.oid, comment: ready.scratch.comment } };
    return {
      lines: [
        `Swap: database \`${names.live}\` → \`${names.kept}\`; ${isSymbol(names.scratch) ? 'the copy' : `\`${names.scratch}\``} → \`${names.live}\`.`,
      ],
      bound: {
        connection: target.connection,
        systemIdentifier,
        owner: live.owner,
        live: { name: live.name, oid: live.oid },
        kept: names.kept,
        ...known,
      },
      shown: [...traffic.shown, ...(ready === undefined ? [] : copyFacts(ready))],
      undo: [
        `Swap back: \`${names.kept}\` becomes \`${names.live}\` again, as long as the restored database has taken no writes.`,
      ],
      blocked: [
        ...traffic.blocked,
        ...missingCopy(context, target, names, place),
        ...(ready === undefined ? [] : scratchBlocked(ready)),
      ],
      output: {
        keptAs: names.kept,
        keptOid: live.oid,
        ...(ready === undefined ? {} : { liveOid: ready.scratch.oid }),
      },
    };
  });
}

/** Before the run the copy need not exist yet; at the gate it must. */
function missingCopy(context: ActionContext, target: Target, names: Names, place: Place): readonly string[] {
  if (place.at === 'before') return [];
  const toBeMade = isSymbol(names.scratch) || names.scratch === scratchName(target.database, context.run.id);
  const taken =
    place.at === 'after' || place.seen.some((line) => line.startsWith(`\`${names.kept}\` exists`));
  if (context.phase === 'plan' && toBeMade && !taken) return [];
  return place.at === 'after'
    ? [`\`${names.live}\` is swapped already by ${names.run}.`]
    : [`The swap does not find what it needs: ${place.seen.join('; ')}.`];
}

function outcomeOf(names: Names, place: Place, ms: number | null): Extract<Outcome, { kind: 'done' }> {
  if (place.at !== 'after') throw notProved(names, 'the databases are not swapped');
  const { live, kept, mark } = place;
  return {
    kind: 'done',
    summary:
      ms === null ? `\`${names.live}\` swapped` : `\`${names.live}\` swapped in ${(ms / 1000).toFixed(1)} s`,
    output: { liveOid: live.oid, keptAs: kept.name, keptOid: kept.oid, swappedAt: mark.at, ms },
    facts: [
      { name: 'live now', value: `\`${live.name}\`, oid ${live.oid}, from ${mark.scratch.key}` },
      { name: 'kept, closed', value: `\`${kept.name}\`, oid ${kept.oid}` },
      { name: 'swap took', value: ms === null ? 'not known: the worker stopped during it' : `${ms} ms` },
    ],
  };
}

async function requireSwapped(context: ActionContext, target: Target, names: Names): Promise<void> {
  await renaming(context, target, context.signal, async (session) => {
    const place = await look(session, names);
    if (place.at !== 'after' || !place.live.connectable || place.kept.connectable)
      throw notProved(names, 'the names, marks and open doors are not as they should be');
    const [wanted, found] = [
      await readSettings(session, place.kept),
      await readSettings(session, place.live),
    ];
    const differences = settingsDifferences(wanted, found);
    if (differences.length > 0) throw notProved(names, differences.join('; '));
  });
}

/** Each role of the application that the bot knows logs in and reads what it may read. */
async function requireReadable(context: ActionContext, target: Target, names: Names): Promise<void> {
  const { signal, clients } = context;
  const roles = target.component.appRoles.filter((role) => clients.postgres.hasRole(target.connection, role));
  const rights = await clients.postgres.withClient(
    target.connection,
    names.live,
    (session) => effectiveRights(session, roles),
    { signal, readOnly: true },
  );
  const readings = roles.map((role) => {
    const prefix = `${role} select table `;
    const tables = [...rights]
      .filter((line) => line.startsWith(prefix))
      .map((line) => line.slice(prefix.length));
    return readAll(context, target.connection, names.live, role, tables);
  });
  for (const { failed } of await Promise.all(readings))
    if (failed !== undefined) throw notProved(names, failed);
}

function notProved({ live }: Names, why: string): AppError {
  return new AppError('check-failed', `The swap of \`${live}\` is not proved: ${why}.`);
}
