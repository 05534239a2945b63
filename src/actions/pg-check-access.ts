import type { Session, SessionOptions } from '../clients/postgres.ts';
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
  const live = await askLive(context, target, (other) => effectiveRights(other, roles));
  const wanted = 'value' in live ? [...live.value].filter((line) => objects.has(objectOf(line))) : [...copy];
  const missing = wanted.filter((line) => !copy.has(line));
  const surplus = 'value' in live ? [...copy].filter((line) => !live.value.has(line)) : [];
  const faults = [
    ...missing.map((line) => `missing: ${line}`),
    ...surplus.map((line) => `not in live: ${line}`),
  ];
  if (faults.length > 0) return { result: 'fail', says: `rights differ: ${named(faults)}` };

  const readers = roles.filter((role) => postgres.hasRole(target.into, role));
  let read = 0;
  for (const role of readers) {
    const tables = wanted
      .filter((line) => line.startsWith(`${role} select table `))
      .map((line) => line.slice(`${role} select table `.length));
    const failed = await readAll(context, target.into, database, role, tables);
    if (failed !== undefined) return { result: 'fail', says: failed };
    read += tables.length;
  }
  const silent = roles.filter((role) => !readers.includes(role));
  const notes = [
    ...('unreadable' in live ? ['live cannot be read, so rights are not compared'] : []),
    ...(silent.length > 0 ? [`no login to try for ${named(silent)} (roleUrls)`] : []),
  ];
  const proved = `${plural(readers.length, 'role')} logged in and read ${plural(read, 'table')}`;
  return { result: notes.length === 0 ? 'pass' : 'not known', says: [proved, ...notes].join('; ') };
}

const objectOf = (line: string) => line.split(' ').slice(2).join(' ');

/** The first thing that goes wrong for a role, or undefined. */
export async function readAll(
  context: ActionContext,
  connection: string,
  database: string,
  role: string,
  tables: readonly string[],
): Promise<string | undefined> {
  const options = { signal: context.signal, readOnly: true };
  try {
    await context.clients.postgres.asRole(
      connection,
      role,
      database,
      async (session) => {
        for (const table of tables) await session.rows(`select 1 from ${table} limit 1`);
      },
      options,
    );
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'outside-refused')
      return `as \`${role}\`: ${error.message}`;
    throw error;
  }
}

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
