import { quoteName } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import type { ActionContext, Undone } from './action.ts';
import { look, type Names, renameOut, swapOrReopen } from './pg-rename.ts';
import { endSessions, type Target } from './pg-target.ts';
import { tookWrites, type Writes, writesInWords, writesSince } from './pg-writes.ts';

/** Counting the writes reads every table once, while the database is closed. */
const SWAP_OUT_DEADLINE_MS = 120_000;

/**
 * Gives the kept database its name back. Writes are counted when nobody can write any more: our session is let in before the
 * door is shut, and it counts after everyone else was put out.
 */
export async function swapOut(
  context: ActionContext,
  target: Target,
  names: Names,
  { losingWrites }: { losingWrites: boolean },
): Promise<Undone> {
  let writes: Writes | undefined;
  const { ms } = await swapOrReopen(
    context,
    target,
    names,
    'before',
    async (session, signal) => {
      const place = await look(session, names);
      if (place.at !== 'after') {
        if (place.at === 'before') return;
        throw new AppError(
          'undo-failed',
          `\`${names.live}\` cannot be swapped back: ${place.seen.join('; ')}.`,
        );
      }
      const { live, mark } = place;
      writes = await context.clients.postgres.withClient(
        target.connection,
        names.live,
        async (counting) => {
          const { pid } = await counting.row<{ pid: number }>('select pg_backend_pid() as pid');
          await session.rows(`alter database ${quoteName(names.live)} with allow_connections false`);
          await endSessions(session, live.oid, signal, pid);
          return writesSince(counting, mark);
        },
        { signal, timeoutMs: SWAP_OUT_DEADLINE_MS },
      );
      if (tookWrites(writes) && !losingWrites) {
        throw new AppError(
          'undo-failed',
          `\`${names.live}\` was not swapped back: ${writesInWords(writes)}. Swapping back would lose them. It is open as it was. Decide, and use pg.swapBack, which asks for an approval of its own.`,
        );
      }
      await endSessions(session, live.oid, signal);
      await renameOut(names, session, place);
    },
    SWAP_OUT_DEADLINE_MS,
  );
  return {
    summary: `\`${names.live}\` is the old database again`,
    facts: [
      {
        name: 'swapped back',
        value: `\`${names.kept}\` → \`${names.live}\`, \`${names.live}\` → \`${names.scratch}\`, ${ms} ms`,
      },
      {
        name: 'given up',
        value: writes === undefined ? 'not known: it had been swapped back before' : writesInWords(writes),
      },
    ],
  };
}
