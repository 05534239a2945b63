import type { App } from '../app.ts';
import type { StoredObject } from '../clients/s3.ts';
import { patternToRegExp, takenAtFromName } from '../domain/backup-name.ts';
import type { Backup } from '../domain/plan.ts';
import type { LocationOf } from '../domain/plan-backup.ts';
import { AppError } from '../errors.ts';
import { bad, type Check, type Finding, ok } from './finding.ts';

/** A bucket of 100,000 backups is listed in about 15 s. */
const LIST_LIMIT_MS = 60_000;

interface Place extends LocationOf<'s3'> {
  readonly namePattern: string;
  readonly timeZone: string;
}

/** Each backup that runbooks restore from: something is there under its name, and it can be read. */
export function backupChecks(app: App): readonly Check[] {
  return app.folder.plans.flatMap(({ plan }) =>
    plan.backups.flatMap((backup) => {
      const place = placeOf(backup);
      if (place === undefined) return [];
      const what = `backup ${backup.id} of ${plan.system}`;
      return {
        what,
        limitMs: LIST_LIMIT_MS,
        look: (signal: AbortSignal) => backupFinding(app, what, place, signal),
      };
    }),
  );
}

/** Where a runbook finds it; of all other backups and copies the watch tells. */
function placeOf({ kind, locations, namePattern, timeZone }: Backup): Place | undefined {
  const [first] = locations;
  if (kind !== 'logical' || first?.source !== 's3' || namePattern === undefined) return undefined;
  return { ...first, namePattern, timeZone };
}

async function backupFinding(
  app: App,
  what: string,
  place: Place,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { connection, prefix, namePattern } = place;
  const url = `s3://${app.clients.s3.place(connection).bucket}/${prefix}`;
  try {
    const { objects, stranger, newest } = await search(app, place, signal);
    if (objects === 0)
      return [
        bad(
          what,
          `${url} holds nothing. Check that backups are written there, or correct locations in the plan.`,
        ),
      ];
    if (newest === undefined)
      return [
        bad(
          what,
          `None of the ${objects} objects in ${url} is called like ${namePattern} (there is ${stranger}). Correct namePattern in the plan.`,
        ),
      ];
    await readLastByte(app, connection, newest, signal);
    return [ok(`${what}: ${newest.key} can be read`)];
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'outside-refused') throw error;
    return [bad(what, `${error.message} It needs what deploy/iam/backup-read.json grants.`)];
  }
}

async function search(app: App, place: Place, signal: AbortSignal) {
  const { connection, prefix, namePattern, timeZone } = place;
  const pattern = patternToRegExp(namePattern);
  let objects = 0;
  let stranger: string | undefined;
  let newest: (StoredObject & { readonly takenAt: Date }) | undefined;
  for await (const object of app.clients.s3.list(connection, prefix, { signal })) {
    objects += 1;
    const takenAt = takenAtFromName(pattern, object.key.slice(prefix.length), timeZone);
    if (takenAt === undefined) stranger = object.key;
    else if (newest === undefined || takenAt > newest.takenAt) newest = { ...object, takenAt };
  }
  return { objects, stranger, newest };
}

/** Listing and reading are two rights, and a third one decrypts. */
async function readLastByte(app: App, connection: string, object: StoredObject, signal: AbortSignal) {
  const body = await app.clients.s3.open(connection, object, { signal, from: Math.max(object.bytes - 1, 0) });
  for await (const _ of body) break;
}
