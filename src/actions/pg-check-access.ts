import type { Session, SessionOptions } from '../clients/postgres.ts';
import { sqlState } from '../clients/postgres-errors.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import type { Check } from './pg-check-data.ts';
import { effectiveRights, grantableObjects } from './pg-grants.ts';
import { readExtensions } from './pg-live.ts';
import type { Target } from './pg-target.ts';
import { named, plural } from './pg-words.ts';

type Answer<Value> = { readonly value: Value } | { readonly unreadable: string };

/** Asks the live database, which may be the very thing that is broken. */
async function askLive<Value>(
  context: ActionContext,
  target: Target,
  work: (session: Session) => Promise<Value>,
): Promise<Answer<Value>> {
  const options: SessionOptions = { signal: context.signal, readOnly: true };
  try {
    return {
      value: await context.clients.postgres.withClient(target.connection, target.database, work, options),
    };
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('outside-')) return { unreadable: error.message };
    throw error;
  }
}

/**
 * The application's roles may do the same as in the live database, and each one really logs in and reads what it may read.
 * A dump without grants restores without a word of complaint (X12).
 */
export async function checkGrants(
  context: ActionContext,
  target: Target,
  database: string,
  session: Session,
): Promise<Check> {
  const { postgres } = context.clients;
  const roles = target.component.appRoles;
  const existing = await session.rows<{ name: string }>(
    'select rolname as name from pg_roles where rolname = any($1)',
    [roles],
  );
  const gone = roles.filter((role) => !existing.some(({ name }) => name === role));
  if (gone.length > 0)
    return { result: 'fail', says: `roles that do not exist on \`${target.into}\`: ${named(gone)}` };

  const copy = await effectiveRights(session, roles);
  const objects = await grantableObjects(session);
  const live = await askLive(context, target, async (other) => ({
    rights: await effectiveRights(other, roles),
    objects: await grantableObjects(other),
  }));
  // Only what both have can be compared: live may have lost the very table this copy was made for.
  const wanted =
    'value' in live ? [...live.value.rights].filter((line) => objects.has(objectOf(line))) : [...copy];
  const missing = wanted.filter((line) => !copy.has(line));
  const surplus =
    'value' in live
      ? [...copy].filter((line) => !live.value.rights.has(line) && live.value.objects.has(objectOf(line)))
      : [];
  const faults = [
    ...missing.map((line) => `missing: ${line}`),
    ...surplus.map((line) => `not in live: ${line}`),
  ];
  if (faults.length > 0) return { result: 'fail', says: `rights differ: ${named(faults)}` };

  const readers = roles.filter((role) => postgres.hasRole(target.into, role));
  const notes: string[] = [];
  let read = 0;
  for (const role of readers) {
    const tables = wanted
      .filter((line) => line.startsWith(`${role} select table `))
      .map((line) => line.slice(`${role} select table `.length));
    const { failed, unread } = await readAll(context, target.into, database, role, tables);
    if (failed !== undefined) return { result: 'fail', says: failed };
    read += tables.length - unread.length;
    notes.push(...unread);
  }
  const silent = roles.filter((role) => !readers.includes(role));
  if ('unreadable' in live) notes.push('live cannot be read, so rights are not compared');
  if (silent.length > 0) notes.push(`no login to try for ${named(silent)} (roleUrls)`);
  const proved = `${plural(readers.length, 'role')} logged in and read ${plural(read, 'table')}`;
  return { result: notes.length === 0 ? 'pass' : 'not known', says: [proved, ...notes].join('; ') };
}

const objectOf = (line: string) => line.split(' ').slice(2).join(' ');

interface Reading {
  /** The first thing the role may not do. */
  readonly failed: string | undefined;
  /** Tables that could not be read for another reason, one sentence each. */
  readonly unread: readonly string[];
}

/** insufficient_privilege */
const FORBIDDEN = '42501';

/** Logs in as a role and asks each table for no row: the server checks the rights, and runs no policy, view or foreign server. */
export async function readAll(
  context: ActionContext,
  connection: string,
  database: string,
  role: string,
  tables: readonly string[],
): Promise<Reading> {
  const options = { signal: context.signal, readOnly: true };
  const unread: string[] = [];
  try {
    await context.clients.postgres.asRole(
      connection,
      role,
      database,
      async (session) => {
        await session.rows('savepoint reading');
        for (const table of tables) {
          try {
            // The server checks the rights to what it need not even plan; planning it could evaluate a policy.
            await session.rows(`select 1 from (select from ${table} offset 0) unread where false`);
          } catch (error) {
            if (!isRefused(error) || sqlState(error) === FORBIDDEN) throw error;
            unread.push(`\`${table}\` could not be read as \`${role}\`: ${said(error)}`);
            await session.rows('rollback to savepoint reading');
          }
        }
      },
      options,
    );
    return { failed: undefined, unread };
  } catch (error) {
    if (isRefused(error)) return { failed: `as \`${role}\`: ${said(error)}`, unread };
    throw error;
  }
}

/** Without its full stop, as a part of a sentence. */
const said = (error: AppError) => error.message.replace(/\.$/, '');

const isRefused = (error: unknown): error is AppError =>
  error instanceof AppError && error.code === 'outside-refused';

export async function checkExtensions(
  context: ActionContext,
  target: Target,
  session: Session,
): Promise<Check> {
  const copy = await readExtensions(session);
  const live = await askLive(context, target, readExtensions);
  if ('unreadable' in live)
    return { result: 'not known', says: `${plural(copy.length, 'extension')}; live cannot be read` };
  const missing = live.value.filter(({ name }) => !copy.some((other) => other.name === name));
  if (missing.length > 0)
    return { result: 'fail', says: `missing: ${named(missing.map(({ name }) => name))}` };
  const other = live.value.flatMap(({ name, version }) => {
    const here = copy.find((extension) => extension.name === name)?.version;
    return here === version ? [] : [`${name} ${here}, live has ${version}`];
  });
  return {
    result: 'pass',
    says:
      other.length === 0
        ? `${plural(copy.length, 'extension')} as in live`
        : `all there, other versions: ${other.join(', ')}`,
  };
}
