import { quoteName, type Session } from '../clients/postgres.ts';
import { AppError, isHandedOver } from '../errors.ts';
import { hop } from '../hop.ts';
import type { ActionContext } from './action.ts';
import { applyAccess, applyValues, readSettings } from './pg-settings.ts';
import {
  type Database,
  endSessions,
  findDatabase,
  KeptMark,
  MAINTENANCE,
  readMark,
  refuseOwnStore,
  ScratchMark,
  systemIdentifierOf,
  type Target,
  writeComment,
} from './pg-target.ts';
import { whenBack } from './when-back.ts';

/** The three names a swap is about. */
export interface Names {
  readonly run: string;
  readonly live: string;
  readonly scratch: string;
  readonly kept: string;
}

/** The only two lasting states, told by names, oids and the comments written with the renames; anything else needs a person. */
export type Place =
  | { readonly at: 'before'; readonly live: Database; readonly scratch: Database; readonly mark: ScratchMark }
  | { readonly at: 'after'; readonly live: Database; readonly kept: Database; readonly mark: KeptMark }
  | { readonly at: 'elsewhere'; readonly live: Database | undefined; readonly seen: readonly string[] };

export async function look(session: Session, names: Names): Promise<Place> {
  const [live, scratch, kept] = [
    await findDatabase(session, names.live),
    await findDatabase(session, names.scratch),
    await findDatabase(session, names.kept),
  ];
  const keptMark = readMark(KeptMark, kept);
  const mark = readMark(ScratchMark, scratch);
  if (
    live !== undefined &&
    kept !== undefined &&
    keptMark?.run === names.run &&
    keptMark.restoredOid === live.oid
  )
    return { at: 'after', live, kept, mark: keptMark };
  if (live !== undefined && scratch !== undefined && kept === undefined && mark?.run === names.run)
    return { at: 'before', live, scratch, mark };
  const say = (name: string, database: Database | undefined) =>
    database === undefined ? `\`${name}\` does not exist` : `\`${name}\` exists, oid ${database.oid}`;
  const marked =
    keptMark?.run === names.run
      ? `the mark of ${names.run} is on \`${names.kept}\``
      : `the mark of ${names.run} is not on \`${names.kept}\``;
  return {
    at: 'elsewhere',
    live,
    seen: [say(names.live, live), say(names.scratch, scratch), say(names.kept, kept), marked],
  };
}

/** From closing the live database to the commit of both renames, and the way back if it fails. */
const SWAP_DEADLINE_MS = 10_000;
const nameOfSessions = (context: ActionContext) => `dr-bot ${context.run.id}/${context.step.id}/`;

/** A session on the maintenance database that later attempts can find and end. */
export function renaming<Result>(
  context: ActionContext,
  target: Target,
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  return context.clients.postgres.withClient(
    target.connection,
    MAINTENANCE,
    async (session) => {
      await session.rows(`select set_config('application_name', $1, false)`, [
        `${nameOfSessions(context)}${context.step.attempt}`,
      ]);
      return work(session);
    },
    { signal, timeoutMs: SWAP_DEADLINE_MS },
  );
}

/**
 * Ends what an earlier attempt may still be doing, a worker that was only paused included, then looks. A live database that
 * was closed and not swapped is opened again: nothing else closes it, because a swap refuses to begin on a closed one.
 */
export function settle(context: ActionContext, target: Target, names: Names): Promise<Place> {
  return renaming(context, target, AbortSignal.timeout(SWAP_DEADLINE_MS), async (session) => {
    const others = await session.rows<{ pid: number; attempt: number }>(
      `select pid, split_part(application_name, '/', 3)::int as attempt from pg_stat_activity
        where usename = session_user and starts_with(application_name, $1) and pid <> pg_backend_pid()`,
      [nameOfSessions(context)],
    );
    if (others.some(({ attempt }) => attempt > context.step.attempt)) {
      throw new AppError('claim-lost', `A later attempt works on \`${names.live}\`. This one ends.`);
    }
    for (const { pid } of others) await session.rows('select pg_terminate_backend($1, 2000)', [pid]);
    const place = await look(session, names);
    if (place.live === undefined || place.live.connectable) return place;
    await session.rows(`alter database ${quoteName(names.live)} with allow_connections true`);
    return look(session, names);
  });
}

/**
 * Runs a rename with its deadline. What fails is settled first: done after all, or the live database is open again. Everything
 * that writes stands still meanwhile, so what surely failed is not tried a second time: the gate goes its way back at once.
 */
export async function swapOrReopen(
  context: ActionContext,
  target: Target,
  names: Names,
  wanted: 'before' | 'after',
  work: (session: Session, signal: AbortSignal) => Promise<void>,
  deadlineMs = SWAP_DEADLINE_MS,
): Promise<{ readonly place: Place; readonly ms: number }> {
  const started = performance.now();
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  let failure: unknown;
  try {
    await renaming(context, target, signal, (session) => work(session, signal));
  } catch (error) {
    // A refusal comes before anything is closed; a live database that somebody else closed stays so.
    if (error instanceof AppError && error.code === 'target-refused') throw error;
    failure = error;
  }
  const ms = Math.round(performance.now() - started);
  const late = deadline.aborted && !context.signal.aborted;
  const settled = whenBack(context.signal, () => settle(context, target, names));
  const place = await settled.catch((error: unknown) => {
    if (isHandedOver(error)) throw error;
    throw new AppError(
      'outside-unreachable',
      `The connection to \`${target.connection}\` was lost during the swap, and it does not answer. Whether \`${names.live}\` is swapped, and whether it is open, is not known yet.`,
      { cause: failure ?? error },
    );
  });
  if (place.at === wanted) return { place, ms };
  if (late) {
    throw new AppError(
      'step-timeout',
      `The swap was not done within ${deadlineMs / 1000} s, so it was not made: \`${names.live}\` is open and unchanged. Look for sessions that hold it, then run it again.`,
      { cause: failure },
    );
  }
  if (failure instanceof AppError && failure.retry === 'later') {
    throw new AppError(
      failure.code,
      `${failure.message} The swap was not made: \`${names.live}\` is open and unchanged.`,
      { cause: failure },
    );
  }
  throw (
    failure ??
    new AppError('check-failed', `The swap of \`${names.live}\` did not take effect. Look at the server.`)
  );
}

/** Live becomes kept, the copy becomes live. Everything checked here is checked again under the locks of the renames. */
export async function renameIn(
  context: ActionContext,
  target: Target,
  names: Names,
  session: Session,
  signal: AbortSignal,
  place: Extract<Place, { at: 'before' }>,
): Promise<void> {
  const { live, scratch, mark } = place;
  refuseOwnStore(context, await systemIdentifierOf(session), live);
  const settings = await readSettings(session, live);
  await applyAccess(session, scratch, settings.access);
  await applyValues(context, target.connection, session, scratch.name, settings.values);

  hop('pg.swap.close:before');
  await session.rows(`alter database ${quoteName(live.name)} with allow_connections false`);
  await endSessions(session, live.oid, signal);
  await renameBoth(
    session,
    [
      [live, names.kept],
      [scratch, names.live],
    ],
    async () => {
      const { xid } = await session.row<{ xid: string }>('select pg_current_xact_id()::xid::text as xid');
      const kept: KeptMark = {
        run: names.run,
        kept: true,
        live: names.live,
        at: context.now.toISOString(),
        xid,
        restoredOid: scratch.oid,
        comment: live.comment,
        scratch: mark,
      };
      await writeComment(session, names.kept, JSON.stringify(kept));
      await writeComment(session, names.live, live.comment);
      // Opened by the same commit: no crash can leave the new live database closed.
      await session.rows(
        `alter database ${quoteName(names.live)} with allow_connections true connection limit ${settings.connectionLimit}`,
      );
    },
  );
}

/** The way back: live becomes the copy again, kept becomes live. The live database is closed already. */
export async function renameOut(
  names: Names,
  session: Session,
  place: Extract<Place, { at: 'after' }>,
): Promise<void> {
  const { live, kept, mark } = place;
  await renameBoth(
    session,
    [
      [live, names.scratch],
      [kept, names.live],
    ],
    async () => {
      await writeComment(session, names.scratch, JSON.stringify(mark.scratch));
      await writeComment(session, names.live, mark.comment);
      await session.rows(`alter database ${quoteName(names.live)} with allow_connections true`);
    },
  );
}

/** Renames in one transaction, which is undone unless exactly these databases, by oid, ended up under these names. */
async function renameBoth(
  session: Session,
  moves: readonly (readonly [Database, string])[],
  more: () => Promise<void>,
): Promise<void> {
  await session.rows('begin');
  await session.rows(`set local lock_timeout = '3s'`);
  for (const [database, name] of moves)
    await session.rows(`alter database ${quoteName(database.name)} rename to ${quoteName(name)}`);
  for (const [database, name] of moves) {
    const found = await findDatabase(session, name);
    if (found?.oid !== database.oid)
      throw new AppError(
        'facts-changed',
        `\`${name}\` would not be the database that was approved (oid ${found?.oid}, expected ${database.oid}). Nothing was renamed.`,
      );
  }
  await more();
  hop('pg.swap.commit:before');
  await session.rows('commit');
  hop('pg.swap.commit:after');
}
