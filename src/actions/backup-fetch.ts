import { z } from 'zod';
import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction } from './action.ts';
import { type Downloaded, download, sizeOf } from './backup-download.ts';
import { bucketByHand, instant, placeOf, requireTakenAt, shortName, sourceOf } from './backup-source.ts';
import { orReference } from './params.ts';
import { size } from './pg-words.ts';

export const Params = z.strictObject({
  backup: z.string(),
  key: z.string().min(1),
  etag: z.string().min(1),
  versionId: z.string().nullish(),
  /** As the search saw it; asked for again when it is left out. */
  bytes: orReference(z.number().int().nonnegative()).optional(),
});
export type Params = z.infer<typeof Params>;

/** The output of a finished fetch, as far as a later step needs it to get at the file. */
export const Fetched = z.object({
  backup: z.string(),
  path: z.string(),
  sha256: z.string(),
  key: z.string(),
  etag: z.string(),
  versionId: z.string().nullish(),
});
export type Fetched = z.infer<typeof Fetched>;

export const backupFetch = defineAction<Params>({
  name: 'backup.fetch',
  summary: 'Brings a backup to the worker and takes its SHA-256.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    backup: 'id of the backup in the plan',
    path: 'the file on the worker',
    sha256: 'SHA-256 of its bytes, hex',
    bytes: 'size in bytes',
    key: 'its key in the store',
    etag: 'ETag of its bytes',
    versionId: 'its version in the bucket, or nothing',
    takenAt: 'when the backup was taken, ISO 8601',
  },

  async preview(context, params) {
    const { backup, key, etag } = params;
    const source = sourceOf(context.plan, backup);
    const rest = { shown: [], undo: [], blocked: [] };
    if (hasSymbols([key, etag]))
      return {
        ...rest,
        lines: [`Fetch the backup an earlier step finds in \`${placeOf(context, source)}\``],
        bound: null,
      };
    const versionId = known(params.versionId);
    const takenAt = requireTakenAt(source, key).toISOString();
    const head = await context.clients.s3.head(source.connection, { key, etag, versionId }, context);
    return {
      ...rest,
      lines: [`Fetch \`${shortName(key)}\` to the worker (${size(head.bytes)})`],
      bound: { backup, key, etag, versionId: head.versionId },
      output: { backup, key, etag, versionId: head.versionId, bytes: head.bytes, takenAt },
    };
  },

  async run(context, params) {
    const { backup, key, etag } = params;
    const fetched = await fetchBackup(context, { ...params, versionId: known(params.versionId) });
    const { takenAt, versionId } = fetched;
    return {
      kind: 'done',
      summary: `${size(fetched.bytes)}, SHA-256 ${fetched.sha256.slice(0, 8)}…`,
      output: {
        backup,
        path: fetched.path,
        sha256: fetched.sha256,
        bytes: fetched.bytes,
        key,
        etag,
        versionId,
        takenAt: takenAt.toISOString(),
      },
      facts: [
        { name: 'backup', value: key },
        { name: 'taken', value: instant(takenAt) },
        { name: 'size', value: size(fetched.bytes) },
        { name: 'SHA-256', value: fetched.sha256 },
      ],
    };
  },

  byHand({ key, etag, backup }, plan, connections) {
    const { connection } = sourceOf(plan, backup);
    return [
      `aws s3api get-object ${bucketByHand(connection, connections)} --key '${key.replaceAll("'", `'\\''`)}' --if-match '"${etag}"' backup.dump`,
      'sha256sum backup.dump',
    ];
  },

  needs({ backup }, plan) {
    const { connection, prefix } = sourceOf(plan, backup);
    return [{ kind: 's3', connection, prefix }];
  },
});

/** The path of a fetched backup on this worker. Another worker may have fetched it: then it is fetched again and must be the same. */
export async function ensureFetched(context: ActionContext, fetched: Fetched): Promise<string> {
  if ((await sizeOf(fetched.path)) !== undefined) return fetched.path;
  const { path, sha256 } = await fetchBackup(context, fetched);
  if (sha256 === fetched.sha256) return path;
  throw new AppError(
    'backup-changed',
    `\`${fetched.key}\` was fetched again and is no longer the same: SHA-256 ${sha256}, before ${fetched.sha256}. Nothing was touched. Start a new run.`,
  );
}

/** Demands the ETag before anything is read, even where the bytes are here already: a replaced backup is no longer the one chosen. */
async function fetchBackup(
  context: ActionContext,
  wanted: Pick<Fetched, 'backup' | 'key' | 'etag' | 'versionId'>,
) {
  const source = sourceOf(context.plan, wanted.backup);
  const takenAt = requireTakenAt(source, wanted.key);
  const { connection } = source;
  const { bytes, versionId, archived } = await context.clients.s3.head(connection, wanted, context);
  if (archived)
    throw new AppError(
      'backup-refused',
      `\`${wanted.key}\` is in archive storage. Bring it back, or choose another backup.`,
    );
  const { key, etag } = wanted;
  const fetched: Downloaded = await download(context, { connection, key, etag, versionId, bytes });
  return { ...fetched, versionId, takenAt };
}

/** A version that an earlier step has not told yet, or that there is none of. */
function known(versionId: string | null | undefined): string | null {
  return versionId === undefined || versionId === null || versionId === '' || hasSymbols(versionId)
    ? null
    : versionId;
}
