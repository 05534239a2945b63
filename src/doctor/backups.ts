import type { App } from '../app.ts';
import type { StoredObject } from '../clients/s3.ts';
import { patternToRegExp, takenAtFromName } from '../domain/backup-name.ts';
import type { Backup } from '../domain/plan.ts';
import { AppError } from '../errors.ts';
import { bad, type Check, type Finding, ok } from './finding.ts';

/** A bucket of 100,000 backups is listed in about 15 s. */
const LIST_LIMIT_MS = 60_000;

/** Each backup of each plan: something is there under its name, and it can be read. */
export function backupChecks(app: App): readonly Check[] {
  return app.folder.plans.flatMap(({ plan }) =>
    plan.backups.map((backup) => {
      const what = `backup ${backup.id} of ${plan.system}`;
      return {
        what,
        limitMs: LIST_LIMIT_MS,
        look: (signal: AbortSignal) => backupFinding(app, what, backup, signal),
      };
    }),
  );
}

async function backupFinding(
  app: App,
  what: string,
  backup: Backup,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { connection, prefix } = backup.location;
  const place = `s3://${app.clients.s3.place(connection).bucket}/${prefix}`;
  try {
    const { objects, stranger, newest } = await search(app, backup, signal);
    if (objects === 0)
      return [
        bad(
          what,
          `${place} holds nothing. Check that backups are written there, or correct location in the plan.`,
        ),
      ];
    if (newest === undefined)
      return [
        bad(
          what,
          `None of the ${objects} objects in ${place} is called like ${backup.namePattern} (there is ${stranger}). Correct namePattern in the plan.`,
        ),
      ];
    await readLastByte(app, connection, newest, signal);
    return [ok(`${what}: ${newest.key} can be read`)];
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'outside-refused') throw error;
    return [bad(what, `${error.message} It needs what deploy/iam/backup-read.json grants.`)];
  }
}

async function search(app: App, { location, namePattern, timeZone }: Backup, signal: AbortSignal) {
  const pattern = patternToRegExp(namePattern);
  let objects = 0;
  let stranger: string | undefined;
  let newest: (StoredObject & { readonly takenAt: Date }) | undefined;
  for await (const object of app.clients.s3.list(location.connection, location.prefix, { signal })) {
    objects += 1;
    const takenAt = takenAtFromName(pattern, object.key.slice(location.prefix.length), timeZone);
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
