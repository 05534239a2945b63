import { z } from 'zod';
import { hasSymbols } from '../domain/template.ts';
import { WholeDump } from '../domain/whole-dump.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction } from './action.ts';
import { hashFile, sizeOf } from './backup-download.ts';
import { inspectDump, programsOf, requireClientFor } from './backup-dump.ts';
import { ensureFetched } from './backup-fetch.ts';
import { shortName, sourceOf } from './backup-source.ts';
import { count, plural } from './pg-words.ts';

export const Params = z.strictObject({
  backup: z.string(),
  path: z.string().min(1),
  sha256: z.string().min(1),
  key: z.string().min(1),
  etag: z.string().min(1),
  versionId: z.string().nullish(),
});
export type Params = z.infer<typeof Params>;

export const backupVerify = defineAction<Params>({
  name: 'backup.verify',
  summary: 'Proves that a fetched backup is what was found and whole from its first to its last byte.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    format: '`plain`, `custom` or `tar`',
    compressed: 'whether it is gzip',
    tables: 'how many tables it holds',
    rows: 'how many rows it holds, or nothing when it does not tell',
    pgVersion: 'version of PostgreSQL that made it, or nothing',
    sha256: 'SHA-256 of its bytes, hex',
  },

  async preview(context, params) {
    sourceOf(context.plan, params.backup);
    const { key, etag, sha256 } = params;
    const open = hasSymbols([key, etag]);
    return {
      lines: [
        `Verify ${open ? 'the fetched backup' : `\`${shortName(key)}\``}: SHA-256, format, completeness, tables, client version`,
      ],
      bound: open || hasSymbols(sha256) ? null : { key, etag, sha256 },
      shown: [],
      undo: [],
      blocked: [],
    };
  },

  async run(context, params) {
    const { backup } = sourceOf(context.plan, params.backup);
    const { signal } = context;
    const refuse = (reason: string) =>
      new AppError(
        'backup-refused',
        `The backup \`${params.key}\` ${reason}. Nothing was touched. Choose another backup: retry from the search, or take an older restore point.`,
      );
    const path = await ensureFetched(context, params);
    const bytes = (await sizeOf(path)) ?? 0;
    if (bytes < backup.minBytes)
      throw refuse(`holds ${count(bytes)} bytes, fewer than ${count(backup.minBytes)}`);
    const sha256 = await hashFile(path, signal);
    if (sha256 !== params.sha256)
      throw refuse(
        `is not what was fetched: SHA-256 ${sha256.slice(0, 8)}…, before ${params.sha256.slice(0, 8)}…`,
      );
    const programs = programsOf(context);
    const dump = readBefore(context, params) ?? (await inspectDump(path, programs, signal));
    if ('refused' in dump) throw refuse(dump.refused);
    await requireClientFor(dump.pgVersion, programs, signal);

    const { format, compressed, tables, rows, pgVersion } = dump;
    const held = rows === null ? plural(tables, 'table') : plural(rows, 'row');
    return {
      kind: 'done',
      summary: `complete, ${held}`,
      output: { format, compressed, tables, rows, pgVersion, sha256 },
      facts: [
        { name: 'backup', value: params.key },
        { name: 'format', value: `${format}${compressed ? ', gzip' : ''}` },
        { name: 'tables', value: count(tables) },
        { name: 'rows', value: rows === null ? 'not known (no COPY data)' : count(rows) },
        { name: 'made by PostgreSQL', value: pgVersion ?? 'not known' },
        { name: 'SHA-256', value: sha256 },
      ],
    };
  },

  byHand({ sha256 }) {
    return [
      `echo '${sha256}  backup.dump' | sha256sum --check`,
      '# plain dump: its last lines must read "-- PostgreSQL database dump complete"',
      'tail -n 5 backup.dump    # or, when it is gzip: gunzip -c backup.dump | tail -n 5',
      '# custom or tar archive: a full read; pg_restore -l proves nothing',
      'pg_restore --file=/dev/null backup.dump && echo complete',
    ];
  },
});

/** What the search or the watch found when it read exactly these bytes to their end. */
function readBefore({ outputs }: ActionContext, { key, etag, sha256 }: Params): WholeDump | undefined {
  return Object.values(outputs)
    .filter((output) => output.key === key && output.etag === etag)
    .map(({ whole }) => WholeDump.safeParse(whole).data)
    .find((dump) => dump?.sha256 === sha256);
}
