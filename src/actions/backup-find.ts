import { z } from 'zod';
import type { Fact, Output } from '../domain/step.ts';
import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction } from './action.ts';
import { type Found, searchBackup } from './backup-search.ts';
import { bucketByHand, instant, placeOf, restorePoint, shortName, sourceOf } from './backup-source.ts';
import { orReference } from './params.ts';
import { count, size } from './pg-words.ts';

export const Params = z.strictObject({
  backup: z.string(),
  /** Empty: any backup will do. */
  before: z.string().default(''),
  /** How many plausible backups are read before giving up. */
  maxCandidates: orReference(z.number().int().min(1).max(200)).default(12),
});
export type Params = z.infer<typeof Params>;

/** A preview reads backups up to this size in full, so that it stays quick; of larger ones it reads the first bytes. */
const PREVIEW_READS_BYTES = 200_000_000;

export const backupFind = defineAction<Params>({
  name: 'backup.find',
  summary: 'Finds the newest backup that is really usable: read whole by the watch, or now.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    key: 'its key in the store',
    etag: 'ETag of its bytes',
    versionId: 'its version in the bucket, or nothing',
    bytes: 'size in bytes',
    takenAt: 'when the backup was taken, ISO 8601',
    format: '`plain`, `custom` or `tar`',
    whole: 'what a full read found: `sha256`, `format`, `tables`, `rows`; or nothing',
    refused: 'newer ones that are of no use, each with `key` and `reason`',
    looked: 'how many were looked at',
  },

  async preview(context, params) {
    const source = sourceOf(context.plan, params.backup);
    const title = `Find the newest good backup in \`${placeOf(context, source)}\``;
    const empty = { bound: null, shown: [], undo: [], blocked: [] };
    if (hasSymbols([params.before, params.maxCandidates])) return { ...empty, lines: [title] };
    try {
      const found = await search(context, params, PREVIEW_READS_BYTES);
      const { key, etag, bytes, takenAt } = found.candidate;
      const unread = found.whole !== null ? '' : '; it is read in full when the run begins';
      return {
        ...empty,
        lines: [`${title}: \`${shortName(key)}\`, taken ${instant(takenAt)}, ${size(bytes)}${unread}`],
        bound: { key, etag, versionId: found.versionId },
        shown: factsOf(found),
        output: outputOf(found),
      };
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'backup-not-found') throw error;
      return { ...empty, lines: [title], blocked: [error.message, ...error.details] };
    }
  },

  async run(context, params) {
    const found = await search(context, params, Number.POSITIVE_INFINITY);
    const refused = found.looked - 1;
    return {
      kind: 'done',
      summary: `\`${shortName(found.candidate.key)}\`${refused === 0 ? '' : `, ${count(refused)} refused`}`,
      output: outputOf(found),
      facts: factsOf(found),
    };
  },

  byHand(params, plan, connections) {
    const { backup, connection, prefix, namePattern } = sourceOf(plan, params.backup);
    return [
      `# newest key like ${namePattern}, at least ${backup.minBytes} bytes`,
      `aws s3api list-objects-v2 ${bucketByHand(connection, connections)} --prefix '${prefix}' --query 'sort_by(Contents,&LastModified)[-12:].[Key,Size,ETag]' --output table`,
    ];
  },

  needs(params, plan) {
    const { connection, prefix } = sourceOf(plan, params.backup);
    return [{ kind: 's3', connection, prefix }];
  },
});

function search(context: ActionContext, params: Params, readUpTo: number): Promise<Found> {
  return searchBackup(context, sourceOf(context.plan, params.backup), {
    before: restorePoint(params.before, context.run.startedAt),
    most: Number(params.maxCandidates),
    readUpTo,
  });
}

function outputOf({ candidate, versionId, format, refused, looked, whole }: Found): Output {
  const { key, etag, bytes, takenAt } = candidate;
  return {
    key,
    etag,
    versionId,
    bytes,
    takenAt: takenAt.toISOString(),
    format,
    whole,
    refused: refused.map(({ key, reason }) => ({ key, reason })),
    looked,
  };
}

function factsOf({ candidate, format, readAt, refused, looked }: Found): readonly Fact[] {
  return [
    { name: 'backup', value: candidate.key },
    { name: 'taken', value: instant(candidate.takenAt) },
    { name: 'size', value: size(candidate.bytes) },
    { name: 'format', value: format },
    ...(readAt === null
      ? []
      : [
          {
            name: 'read whole',
            value: `by the watch, ${instant(readAt)}; its SHA-256 is compared when it is fetched`,
          },
        ]),
    { name: 'looked at', value: count(looked) },
    ...refused.map(({ key, reason }) => ({ name: 'refused', value: `${shortName(key)} ${reason}` })),
  ];
}
