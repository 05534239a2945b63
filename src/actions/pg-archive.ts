import { AppError } from '../errors.ts';
import { refuseSuperuserOnly } from './pg-extensions.ts';

/** An archive's table of contents, as `pg_restore --list` prints it, without what the copy has already. */
export interface ArchiveList {
  readonly text: string;
  readonly entries: number;
  readonly extensions: readonly string[];
  /** Comments on extensions: only an extension's owner may set them. */
  readonly comments: number;
}

/** Chooses the entries to restore. Throws for those that only a superuser may create. */
export function chooseEntries(list: string, skip: { readonly schemas: ReadonlySet<string> }): ArchiveList {
  const kept: string[] = [];
  const extensions: string[] = [];
  let comments = 0;
  for (const line of list.split('\n')) {
    if (!/^\d+;/.test(line)) continue;
    refuseSuperuserOnly(line, 'entry');
    const extension = line.match(/^\d+; \d+ \d+ EXTENSION - (.+?) ?$/)?.[1];
    const schema = line.match(/^\d+; \d+ \d+ SCHEMA - (\S+)/)?.[1];
    if (extension !== undefined) extensions.push(extension);
    else if (/^\d+; \d+ \d+ COMMENT - EXTENSION /.test(line)) comments += 1;
    else if (schema === undefined || !skip.schemas.has(schema)) kept.push(line);
  }
  if (kept.length === 0)
    throw new AppError('backup-refused', 'The backup holds no tables. Choose another backup.');
  return { text: `${kept.join('\n')}\n`, entries: kept.length, extensions, comments };
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
