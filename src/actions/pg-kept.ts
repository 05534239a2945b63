import type { Session } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import type { Names } from './pg-rename.ts';
import { type Database, findDatabase, KeptMark, readMark, scratchName, type Target } from './pg-target.ts';

export interface Kept {
  readonly database: Database;
  readonly mark: KeptMark;
}

/** The database a run's swap put aside, known by its mark and not by its name, which the plan may choose. */
export async function findKept(session: Session, target: Target, run: string): Promise<Kept | undefined> {
  const candidates = await session.rows<{ name: string }>(
    `select datname as name from pg_database where starts_with(shobj_description(oid, 'pg_database'), '{') order by 1`,
  );
  for (const { name } of candidates) {
    const database = await findDatabase(session, name);
    const mark = readMark(KeptMark, database);
    if (database !== undefined && mark?.run === run && mark.live === target.database)
      return { database, mark };
  }
  return undefined;
}

export async function requireKept(session: Session, target: Target, run: string): Promise<Kept> {
  const kept = await findKept(session, target, run);
  if (kept !== undefined) return kept;
  throw new AppError(
    'target-refused',
    `No database on \`${target.connection}\` carries the mark of a swap of \`${target.database}\` by ${run}. It was swapped back, dropped, or never kept.`,
  );
}

export function namesOfKept(target: Target, run: string, kept: string): Names {
  return { run, live: target.database, scratch: scratchName(target.database, run), kept };
}

/** Nobody approves a name that is filled in after the votes. */
export function runNotKnown({ phase }: ActionContext): readonly string[] {
  return phase === 'gate'
    ? [
        'Which run kept the database is not known yet. Name it before the gate, by an input or an earlier step.',
      ]
    : [];
}
