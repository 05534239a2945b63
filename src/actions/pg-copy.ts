import { quoteName, type Session } from '../clients/postgres.ts';
import type { Fact } from '../domain/step.ts';
import { AppError, messageOf } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { hashFile } from './backup-download.ts';
import { ensureFetched, type Fetched } from './backup-fetch.ts';
import { sourceOf } from './backup-source.ts';
import { applyGrants, holdsNoGrants, readGrants } from './pg-grants.ts';
import type { LiveShape } from './pg-live.ts';
import { applyAccess, readSettings } from './pg-settings.ts';
import {
  endSessions,
  findDatabase,
  MAINTENANCE,
  markScratch,
  readMark,
  requireDatabase,
  runNumber,
  ScratchMark,
  type Target,
} from './pg-target.ts';
import { named, size } from './pg-words.ts';

/** A live server that still serves people is left this much room. */
const ROOM = 1.2;

export function ownerOf(target: Target, shape: LiveShape | undefined): string {
  const owner = target.component.owner ?? shape?.owner;
  if (owner !== undefined) return owner;
  throw new AppError(
    'plan-invalid',
    `The owner of \`${target.database}\` is not known, because it cannot be read. Write \`owner\` into the component \`${target.component.id}\`.`,
  );
}

/** A live server must be known to have room: a full disk stops every database on it. */
export function spaceBlocked(
  target: Target,
  shape: LiveShape | undefined,
  systemIdentifier: string,
): readonly string[] {
  const besideLive =
    shape === undefined ? target.into === target.connection : shape.systemIdentifier === systemIdentifier;
  if (!besideLive) return [];
  const free = target.component.restore?.freeBytes;
  const wanted = Math.ceil((shape?.sizeBytes ?? 0) * ROOM);
  if (free === undefined) {
    return [
      `The free space of the live server \`${target.into}\` is not known. Look there (df), and write restore.freeBytes into the component \`${target.component.id}\`: at least ${size(wanted)}.`,
    ];
  }
  return free >= wanted
    ? []
    : [
        `The live server \`${target.into}\` has ${size(free)} free, a copy needs ${size(wanted)}. Free some space, or name another server in restore.into.`,
      ];
}

export const isOwn = (context: ActionContext, mark: ScratchMark | undefined) =>
  mark?.run === context.run.id && mark.step === context.step.id;

export function taken(database: string, target: Target, mark: ScratchMark | undefined): string {
  const whose =
    mark === undefined ? 'carries no mark of a run' : `was made by step \`${mark.step}\` of ${mark.run}`;
  return `\`${database}\` exists on \`${target.into}\` already and ${whose}. The bot does not overwrite it. Rename or drop it by hand.`;
}

/**
 * CREATE DATABASE cannot be in one transaction with its comment. Between the two, this connection limit says whose the
 * database is: it is set by CREATE DATABASE itself, and nobody would choose it.
 */
const BIRTH = 1_000_000;
const birthLimit = (context: ActionContext) => BIRTH + runNumber(context.run.id);
export const bornBy = (context: ActionContext) =>
  `allow_connections false connection limit ${birthLimit(context)}`;

export async function createMarked(
  context: ActionContext,
  session: Session,
  create: string,
  database: string,
  mark: ScratchMark,
): Promise<void> {
  await session.rows(create);
  await markScratch(session, database, mark);
  context.signal.throwIfAborted();
  await session.rows(`alter database ${quoteName(database)} with allow_connections true connection limit -1`);
}

/** Drops what an earlier attempt of this run left, and refuses to drop anything else. */
export async function dropOwn(
  context: ActionContext,
  session: Session,
  target: Target,
  database: string,
): Promise<boolean> {
  const found = await findDatabase(session, database);
  if (found === undefined) return false;
  const mark = readMark(ScratchMark, found);
  const newborn =
    found.comment === null && !found.connectable && found.connectionLimit === birthLimit(context);
  if (!newborn && !isOwn(context, mark)) throw new AppError('target-refused', taken(database, target, mark));
  await session.rows(`alter database ${quoteName(database)} with allow_connections false`);
  await endSessions(session, found.oid, context.signal);
  await session.rows(`drop database ${quoteName(database)}`);
  return true;
}

/** A copy holds the same secrets as the live database, so from the start the same roles may enter it. */
export async function copyAccess(context: ActionContext, target: Target, database: string): Promise<void> {
  const { postgres } = context.clients;
  const { signal } = context;
  const access = await postgres
    .withClient(
      target.connection,
      MAINTENANCE,
      async (session) => {
        const live = await findDatabase(session, target.database);
        return live === undefined ? [] : (await readSettings(session, live)).access;
      },
      { signal },
    )
    .catch((error: unknown) =>
      error instanceof AppError && error.code.startsWith('outside-') ? [] : Promise.reject(error),
    );
  const appAccess = target.component.appRoles.map((grantee) => ({
    grantee,
    privilege: 'CONNECT',
    grantable: false,
  }));
  await postgres.withClient(
    target.into,
    MAINTENANCE,
    async (session) => {
      const made = await requireDatabase(session, database, target.into);
      const others = (access.length > 0 ? access : appAccess).filter(({ grantee }) => grantee !== made.owner);
      // The restore itself makes schemas and temporary tables as the owner, whatever the live database allows him.
      const own = ['CONNECT', 'CREATE', 'TEMPORARY'].map((privilege) => ({
        grantee: made.owner,
        privilege,
        grantable: false,
      }));
      await applyAccess(session, made, [...own, ...others]);
    },
    { signal },
  );
}

/** A dump taken with --no-acl restores without a complaint, and then no role may read anything (X12). */
export async function copyGrants(
  context: ActionContext,
  target: Target,
  database: string,
  owner: string,
): Promise<string | undefined> {
  const { postgres } = context.clients;
  const { signal } = context;
  const copy = { signal, role: owner, timeoutMs: 300_000 };
  const none = await postgres.withClient(target.into, database, holdsNoGrants, copy);
  if (!none) return undefined;
  const list = await postgres
    .withClient(target.connection, target.database, readGrants, { signal, readOnly: true })
    .catch((error: unknown) => messageOf(error));
  if (typeof list === 'string') return `the backup holds none, and the live database cannot be read: ${list}`;
  const made = await postgres.withClient(
    target.into,
    database,
    (session) => applyGrants(session, owner, list),
    copy,
  );
  return `the backup holds none; ${made} taken from the live database`;
}

/** The file of the fetch step, fetched anew where this worker has none, and proved to be the same bytes. */
export async function fetchedPath(
  context: ActionContext,
  params: Omit<Fetched, 'backup'> & { component: string },
): Promise<string> {
  const backup = context.plan.backups.find(
    ({ id, component, kind, locations }) =>
      component === params.component &&
      kind === 'logical' &&
      locations[0]?.source === 's3' &&
      sourceOf(context.plan, id).takenAt(params.key) !== undefined,
  );
  if (backup === undefined)
    throw new AppError(
      'backup-refused',
      `\`${params.key}\` is no backup of the component \`${params.component}\` in the plan. Nothing was touched. Correct the plan.`,
    );
  const path = await ensureFetched(context, { ...params, backup: backup.id });
  const sha256 = await hashFile(path, context.signal);
  if (sha256 === params.sha256) return path;
  throw new AppError(
    'backup-changed',
    `\`${params.key}\` is not what was verified: SHA-256 ${sha256.slice(0, 8)}…, before ${params.sha256.slice(0, 8)}…. Nothing was touched. Fetch and verify it again.`,
  );
}

/** What a person should see of the live database before a copy is built. */
export function shownFacts(
  target: Target,
  shape: LiveShape | undefined,
  unreadable: string | undefined,
): readonly Fact[] {
  const free = target.component.restore?.freeBytes;
  return [
    shape === undefined
      ? { name: 'live database', value: `not known: ${unreadable}` }
      : {
          name: 'live database',
          value: `${size(shape.sizeBytes)}, ${shape.encoding}, owner \`${shape.owner}\``,
        },
    ...(shape?.extensions.length
      ? [{ name: 'extensions', value: named(shape.extensions.map(({ name }) => name)) }]
      : []),
    {
      name: `free space on ${target.into}`,
      value: free === undefined ? 'not known' : `${size(free)}, from the plan`,
    },
  ];
}
