import { AppError } from '../errors.ts';
import { refuseSuperuserOnly } from './pg-extensions.ts';

/** An archive's table of contents, as `pg_restore --list` prints it, without what the copy has already. */
export interface ArchiveList {
  readonly text: string;
  readonly entries: number;
  /** Comments on extensions: only an extension's owner may set them. */
  readonly comments: number;
  /** The other roles whose default privileges stay out: only they may set them. */
  readonly defaults: ReadonlySet<string>;
}

/** What the copy has before the dump is restored into it. */
export interface MadeBefore {
  readonly schemas: ReadonlySet<string>;
  readonly extensions: ReadonlySet<string>;
}

/**
 * Chooses the entries to restore. Extensions that the live database has were made before; others, or all where it is gone, are
 * the dump's own. Default privileges of other roles than `owner` stay out. Throws for entries that only a superuser may create.
 */
export function chooseEntries(list: string, made: MadeBefore, owner: string): ArchiveList {
  const kept: string[] = [];
  let comments = 0;
  const defaults = new Set<string>();
  for (const line of list.split('\n')) {
    if (!/^\d+;/.test(line)) continue;
    refuseSuperuserOnly(line, 'entry');
    const extension = line.match(/^\d+; \d+ \d+ EXTENSION - (.+?) ?$/)?.[1];
    const schema = line.match(/^\d+; \d+ \d+ SCHEMA - (\S+)/)?.[1];
    const giver = line.match(
      /^\d+; \d+ \d+ DEFAULT ACL .* DEFAULT PRIVILEGES FOR (?:LARGE OBJECTS|\w+) (.+)$/,
    )?.[1];
    if (/^\d+; \d+ \d+ COMMENT - EXTENSION /.test(line)) comments += 1;
    else if (giver !== undefined && giver !== owner) defaults.add(giver);
    else if (!made.extensions.has(extension ?? '') && !made.schemas.has(schema ?? '')) kept.push(line);
  }
  if (kept.length === 0)
    throw new AppError('backup-refused', 'The backup holds no tables. Choose another backup.');
  return { text: `${kept.join('\n')}\n`, entries: kept.length, comments, defaults };
}

/** The first error a client program printed, without its position and statement. */
export function firstError(stderr: string): string {
  const lines = stderr.split('\n');
  const error =
    lines.find((line) => /\b(ERROR|FATAL|PANIC):/.test(line)) ?? lines.find((line) => /error:/.test(line));
  return (error ?? lines.findLast((line) => line.trim() !== '') ?? 'it printed nothing')
    .replace(/^.*?\b(?:ERROR|FATAL|PANIC|error):\s*/, '')
    .slice(0, 300);
}
