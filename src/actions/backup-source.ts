import { patternToRegExp, takenAtFromName } from '../domain/backup-name.ts';
import type { Connections } from '../domain/connections.ts';
import type { Backup, Plan } from '../domain/plan.ts';
import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';

/** One entry of plan.backups with what its keys mean. */
export interface BackupSource {
  readonly backup: Backup;
  readonly connection: string;
  readonly prefix: string;
  readonly namePattern: string;
  /** When the backup under a key began, or undefined when the key is not one of this backup. */
  takenAt(key: string): Date | undefined;
}

export function sourceOf(plan: Plan, id: string): BackupSource {
  const backup = plan.backups.find((candidate) => candidate.id === id);
  if (backup === undefined) {
    const known = plan.backups.map((candidate) => candidate.id).join(', ') || 'none';
    throw new AppError('plan-invalid', `The plan has no backup "${id}". Its backups: ${known}.`);
  }
  if (backup.kind !== 'logical')
    throw new AppError(
      'plan-invalid',
      `The backup "${id}" is of kind ${backup.kind}. Only logical ones (pg_dump) can be found, fetched and verified here.`,
    );
  const [first] = backup.locations;
  if (first?.source !== 's3' || backup.namePattern === undefined)
    throw new AppError(
      'plan-invalid',
      `The backup "${id}" cannot be restored from its first location${first === undefined ? '' : ` "${first.id}" (source: ${first.source})`}. Backups are found and fetched in buckets: put a location with source: s3 first, and say namePattern.`,
    );
  const { connection, prefix } = first;
  const { namePattern } = backup;
  const pattern = patternToRegExp(namePattern);
  return {
    backup,
    connection,
    prefix,
    namePattern,
    takenAt: (key) =>
      key.startsWith(prefix)
        ? takenAtFromName(pattern, key.slice(prefix.length), backup.timeZone)
        : undefined,
  };
}

/** The time in a key; a key from outside the plan's place is refused, whoever wrote it into the plan. */
export function requireTakenAt(source: BackupSource, key: string): Date {
  const takenAt = source.takenAt(key);
  if (takenAt !== undefined) return takenAt;
  throw new AppError(
    'backup-refused',
    `The key \`${key}\` is not one of the backup "${source.backup.id}" (\`${source.prefix}${source.namePattern}\`). Correct the plan.`,
  );
}

/** `s3://janua-backups/postgres/daily/` */
export function placeOf(context: ActionContext, source: BackupSource): string {
  return `s3://${context.clients.s3.place(source.connection).bucket}/${source.prefix}`;
}

/**
 * The latest instant a backup may be from; undefined when any will do. `02:30` is the last time it was 02:30 UTC before the
 * run began, so that a retry after midnight looks for the same backup.
 */
export function restorePoint(before: string | undefined, startedAt: Date): Date | undefined {
  const text = before?.trim() ?? '';
  if (text === '' || hasSymbols(text)) return undefined;
  const [, hours, minutes] = text.match(/^([01]\d|2[0-3]):([0-5]\d)(?: ?UTC)?$/i) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const today = new Date(startedAt);
    today.setUTCHours(Number(hours), Number(minutes), 0, 0);
    return today <= startedAt ? today : new Date(today.getTime() - 86_400_000);
  }
  const iso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.test(text)
    ? new Date(zoned(text))
    : undefined;
  if (iso !== undefined && !Number.isNaN(iso.getTime())) return iso;
  throw new AppError(
    'backup-not-found',
    `"${text.slice(0, 40)}" is not a restore point. Write a time of day like 02:30 (UTC), or 2026-11-20T02:30Z.`,
  );
}

/** A time without a zone means UTC here, not the zone of the machine. */
function zoned(text: string): string {
  return /(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`;
}

/** A date and a time at the end of a name, with what follows them: `20261121_020004.dump`. */
const DATED = /(?<!\d)\d{8}[_-]\d{4,6}(?:\.[a-z0-9.]*)?$/i;

/** `…20261121_020004.dump`: enough of a key to know it on a phone, and one night from another. */
export function shortName(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (name.length <= 20) return name;
  const [dated] = name.match(DATED) ?? [];
  if (dated !== undefined) return dated === name ? name : `…${dated}`;
  const cut = name.lastIndexOf('_');
  return `…${name.slice(cut > 0 && name.length - cut <= 20 ? cut : -16)}`;
}

/** `2026-11-21 02:00:04 UTC` */
export function instant(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Where a bucket is, for the aws command line; only its connection where connections.yml is not at hand. */
export function bucketByHand(connection: string, connections: Connections | undefined): string {
  const s3 = connections?.s3[connection];
  if (s3 === undefined) return `--bucket <bucket of ${connection}>`;
  const endpoint = s3.endpoint === undefined ? '' : ` --endpoint-url ${s3.endpoint}`;
  return `--bucket ${s3.bucket} --region ${s3.region}${endpoint}`;
}
