import { patternToRegExp, takenAtFromName } from '../domain/backup-name.ts';
import type { Backup } from '../domain/plan-backup.ts';

/** When the backup under a name began; undefined for a name that is none of this backup. */
export type TakenAt = (name: string, storedAt: Date) => Date | undefined;

/** Without a pattern every object is one, taken when it was stored: files that are copied as they are say no more. */
export function takenAtOf({ namePattern, timeZone }: Backup): TakenAt {
  if (namePattern === undefined) return (_name, storedAt) => storedAt;
  const pattern = patternToRegExp(namePattern);
  return (name) => takenAtFromName(pattern, name, timeZone);
}
