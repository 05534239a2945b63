import { z } from 'zod';
import { quoteName, quoteText, type Session } from '../clients/postgres.ts';
import { type Component, componentOf, type Plan } from '../domain/plan.ts';
import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import type { ActionContext, Preview } from './action.ts';

/** Databases are renamed and dropped from here, because nobody may be connected to the one that is. */
export const MAINTENANCE = 'postgres';

/** Where a component lives and where its restored copies are built. */
export interface Target {
  readonly component: Component;
  readonly database: string;
  readonly connection: string;
  /** The connection restored copies are built on; the same as `connection` unless the plan says otherwise. */
  readonly into: string;
}

export function targetOf(plan: Plan, id: string): Target {
  const component = componentOf(plan, id);
  if (component === undefined) throw planFault(`The plan has no component \`${id}\`.`);
  const { connection, database } = component;
  if (component.kind !== 'postgres' || connection === undefined || database === undefined) {
    throw planFault(
      `The component \`${id}\` is no PostgreSQL database. Give it kind: postgres, a connection and a database.`,
    );
  }
  return { component, database, connection, into: component.restore?.into ?? connection };
}

function planFault(message: string): AppError {
  return new AppError('plan-invalid', message);
}

/** `janua` and RUN-31 give `janua_run31`. */
export const scratchName = (database: string, run: string) => nameWith(database, '_run', run);
/** `janua` and RUN-31 give `janua_before_run31`. */
export const keptName = (database: string, run: string) => nameWith(database, '_before_run', run);

/** PostgreSQL cuts names after 63 bytes without a word, so that two of them could meet: the front is cut instead. */
function nameWith(database: string, word: string, run: string): string {
  const suffix = word + (hasSymbols(run) ? '<number>' : runNumber(run));
  return database.slice(0, 63 - suffix.length) + suffix;
}

export function runNumber(run: string): number {
  const digits = run.match(/(\d+)$/)?.[1];
  if (digits === undefined) throw planFault(`\`${run}\` is no run id. Expected one like RUN-31.`);
  return Number(digits);
}

/** True while a parameter waits for an earlier step. */
export const isSymbol = (value: string | undefined): boolean => value !== undefined && hasSymbols(value);

/** What a database is, as far as renaming, comparing and copying it needs. */
export interface Database {
  readonly oid: string;
  readonly name: string;
  readonly owner: string;
  readonly connectable: boolean;
  readonly connectionLimit: number;
  readonly comment: string | null;
  readonly sizeBytes: number | null;
  readonly sessions: number;
}

const DATABASES = `
  select d.oid::text, d.datname as name, pg_get_userbyid(d.datdba) as owner, d.datallowconn as connectable,
         d.datconnlimit as "connectionLimit", shobj_description(d.oid, 'pg_database') as comment,
         case when pg_has_role(d.datdba, 'usage') or pg_has_role('pg_read_all_stats', 'usage')
              then pg_database_size(d.oid)::float8 end as "sizeBytes",
         (select count(*)::int from pg_stat_activity a
           where a.datid = d.oid and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()) as sessions
    from pg_database d`;

export async function findDatabase(session: Session, name: string): Promise<Database | undefined> {
  const [found] = await session.rows<Database & Record<string, unknown>>(
    `${DATABASES} where d.datname = $1`,
    [name],
  );
  return found;
}

export async function requireDatabase(session: Session, name: string, connection: string): Promise<Database> {
  const found = await findDatabase(session, name);
  if (found !== undefined) return found;
  throw new AppError('target-refused', `The database \`${name}\` does not exist on \`${connection}\`.`);
}

/** Tells one cluster from another whatever its address: every copy and every promoted standby of it keeps the number. */
export async function systemIdentifierOf(session: Session): Promise<string> {
  return (await session.row<{ id: string }>('select system_identifier::text as id from pg_control_system()'))
    .id;
}

/** The bot must not restore over, rename or drop the database that holds its own record of doing so. */
export function refuseOwnStore(
  context: ActionContext,
  systemIdentifier: string,
  database: Pick<Database, 'oid' | 'name'>,
): void {
  const { ownStore } = context;
  if (ownStore.systemIdentifier !== systemIdentifier || ownStore.databaseOid !== database.oid) return;
  throw new AppError(
    'target-refused',
    `\`${database.name}\` is the bot's own database. It is never a target. Correct the component's connection or database in the plan.`,
  );
}

const Rows = z.record(z.string(), z.number());

/** Written as the comment of every database a run makes: whose it is, and how far it has come. */
export const ScratchMark = z.object({
  run: z.string(),
  step: z.string(),
  attempt: z.number(),
  phase: z.enum(['restoring', 'restored', 'verified', 'closed']),
  key: z.string(),
  sha256: z.string(),
  takenAt: z.string().nullable(),
  /** Exact row counts at the integrity check: after a swap they tell whether rows were deleted. */
  rows: Rows.optional(),
});
export type ScratchMark = z.infer<typeof ScratchMark>;

/** Written as the comment of the database a swap put aside, in the transaction of the swap itself. */
export const KeptMark = z.object({
  run: z.string(),
  kept: z.literal(true),
  /** The name it had, which the restored database has now. */
  live: z.string(),
  at: z.string(),
  /** Transaction id of the swap: rows of the restored database with a younger xmin were written after it. */
  xid: z.string(),
  restoredOid: z.string(),
  /** Comment the database had before, to be given back with its name. */
  comment: z.string().nullable(),
  scratch: ScratchMark,
});
export type KeptMark = z.infer<typeof KeptMark>;

/** The mark in a database's comment; undefined for a comment a person wrote. */
export function readMark<Mark>(
  schema: z.ZodType<Mark>,
  database: Pick<Database, 'comment'> | undefined,
): Mark | undefined {
  if (!database?.comment?.startsWith('{')) return undefined;
  try {
    return schema.safeParse(JSON.parse(database.comment)).data;
  } catch {
    return undefined;
  }
}

export async function writeComment(
  session: Session,
  database: string,
  comment: string | null,
): Promise<void> {
  await session.rows(
    `comment on database ${quoteName(database)} is ${comment === null ? 'null' : quoteText(comment)}`,
  );
}

/** Moves a scratch database's mark on to its next phase. */
export async function markScratch(session: Session, database: string, mark: ScratchMark): Promise<string> {
  const comment = JSON.stringify(mark);
  await writeComment(session, database, comment);
  return comment;
}

/** The scratch database of this run, or an error that says why it is none. */
export function requireOwnScratch(context: ActionContext, database: Database): ScratchMark {
  const mark = readMark(ScratchMark, database);
  if (mark?.run === context.run.id) return mark;
  const whose = mark === undefined ? 'carries no mark of a run' : `belongs to ${mark.run}`;
  throw new AppError(
    'target-refused',
    `\`${database.name}\` ${whose}, so ${context.run.id} does not touch it. Check the name in the plan.`,
  );
}

/** Ends every session of a database and waits until they are gone. Nobody may be able to come back meanwhile. One may be spared. */
export async function endSessions(
  session: Session,
  oid: string,
  signal: AbortSignal,
  spared = 0,
): Promise<number> {
  let ended = 0;
  for (;;) {
    signal.throwIfAborted();
    const gone = await session.rows<{ pid: number }>(
      `select pid, pg_terminate_backend(pid, 1000) from pg_stat_activity
        where datid = $1::oid and backend_type = 'client backend' and pid not in (pg_backend_pid(), $2)`,
      [oid, spared],
    );
    if (gone.length === 0) return ended;
    ended += gone.length;
  }
}

/** A preview that cannot be made because the step must not happen says so instead of failing. Faults that pass are thrown on. */
export async function orBlocked(preview: () => Promise<Preview>): Promise<Preview> {
  try {
    return await preview();
  } catch (error) {
    if (!(error instanceof AppError) || error.retry === 'later') throw error;
    return { lines: [], bound: null, shown: [], undo: [], blocked: [error.message] };
  }
}

/** What a preview of a step on a restored copy can tell: its identity, once it exists, and what stands against it. */
export async function lookAt(
  context: ActionContext,
  target: Target,
  database: string,
): Promise<Pick<Preview, 'bound' | 'blocked'>> {
  const { signal, clients } = context;
  const at = { connection: target.into, database };
  const later =
    context.phase === 'plan' &&
    (isSymbol(database) || database === scratchName(target.database, context.run.id));
  return clients.postgres.withClient(
    target.into,
    MAINTENANCE,
    async (session) => {
      const found = isSymbol(database) ? undefined : await findDatabase(session, database);
      const systemIdentifier = await systemIdentifierOf(session);
      if (found !== undefined) {
        refuseOwnStore(context, systemIdentifier, found);
        return { bound: { ...at, systemIdentifier, oid: found.oid }, blocked: [] };
      }
      return {
        bound: { ...at, systemIdentifier },
        blocked: later
          ? []
          : [`The database \`${database}\` does not exist on \`${target.into}\`. Restore it first.`],
      };
    },
    { signal },
  );
}
