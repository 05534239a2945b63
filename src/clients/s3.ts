import { addAbortSignal, Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Connections } from '../domain/connections.ts';
import { AppError } from '../errors.ts';
import { hop } from '../hop.ts';
import { awsError, awsFault, awsSettings } from './aws.ts';
import { createS3Protection } from './s3-protection.ts';

/** One object as a listing shows it. ETags are kept without their quotes. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  readonly modifiedAt: Date;
  readonly storageClass: string;
}

export interface ObjectHead {
  readonly bytes: number;
  readonly etag: string;
  readonly versionId: string | null;
  /** In archive storage and not brought back: it cannot be read now. */
  readonly archived: boolean;
}

/** Exactly one object's content: the ETag is demanded, and the version where the bucket keeps versions. */
export interface ObjectRef {
  readonly key: string;
  readonly etag: string;
  readonly versionId?: string | null | undefined;
}

interface Options {
  readonly signal: AbortSignal;
}

/** Sends one request about a bucket, with the faults of its connection told in our words. */
export type AskS3 = <Answer>(
  name: string,
  options: Options,
  send: (through: {
    readonly sdk: typeof import('@aws-sdk/client-s3');
    readonly client: S3Client;
    readonly bucket: string;
    readonly request: { readonly abortSignal: AbortSignal };
  }) => Promise<Answer>,
) => Promise<Answer>;

/** Reading the XML of a full page of 1,000 keys holds the event loop for 50 to 80 ms. */
const PAGE_KEYS = 500;

/** Loaded when a bucket is first used: a bot that waits does without it (36 MB). */
const loadSdk = () => import('@aws-sdk/client-s3');

/** Objects in the buckets of connections.yml, read only. */
export function createS3(connections: Pick<Connections, 's3'>) {
  const opened = new Map<string, S3Client>();

  function connectionOf(name: string) {
    const found = connections.s3[name];
    if (found !== undefined) return found;
    throw new AppError('config-invalid', `connections.yml has no s3 connection "${name}". Add it under s3.`);
  }

  async function clientOf(name: string): Promise<S3Client> {
    const connection = connectionOf(name);
    const { S3Client } = await loadSdk();
    const client =
      opened.get(name) ??
      new S3Client({
        ...awsSettings(connection),
        // Stores other than AWS have no virtual hosts and no newer checksums.
        forcePathStyle: connection.endpoint !== undefined,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      });
    opened.set(name, client);
    return client;
  }

  function faultOf(name: string, error: unknown, ref: ObjectRef | undefined, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof AppError) return error;
    const { status, name: reason } = awsFault(error);
    const { bucket, region } = connectionOf(name);
    if (ref !== undefined && status === 412) return replaced(name, ref);
    if (ref !== undefined && status === 404 && reason !== 'NoSuchBucket')
      return new AppError(
        'backup-changed',
        `\`${ref.key}\` is no longer in bucket \`${bucket}\`. Run the search again.`,
      );
    if (ref !== undefined && reason === 'InvalidObjectState')
      return new AppError(
        'backup-refused',
        `\`${ref.key}\` is in archive storage. Bring it back with \`aws s3api restore-object\`, which takes hours, or choose another backup.`,
      );
    return awsError(`S3 (bucket ${bucket}, ${region})`, error);
  }

  function replaced(name: string, { key, etag }: ObjectRef): AppError {
    return new AppError(
      'backup-changed',
      `\`${key}\` in bucket \`${place(name).bucket}\` was replaced: it no longer has the ETag ${etag}. Run the search again.`,
    );
  }

  /** Some stores take If-Match and do not heed it. */
  function requireEtag(name: string, ref: ObjectRef, answered: string | undefined): void {
    if (answered !== undefined && unquoted(answered) !== ref.etag) throw replaced(name, ref);
  }

  /** Where a connection points to, for people. */
  function place(name: string): { bucket: string; region: string } {
    const { bucket, region } = connectionOf(name);
    return { bucket, region };
  }

  /** Every object under a prefix in key order, page by page: memory does not grow with the bucket. */
  async function* list(name: string, prefix: string, { signal }: Options): AsyncGenerator<StoredObject> {
    const client = await clientOf(name);
    const { paginateListObjectsV2 } = await loadSdk();
    const where = { Bucket: place(name).bucket, Prefix: prefix };
    const pages = paginateListObjectsV2({ client, pageSize: PAGE_KEYS }, where, { abortSignal: signal });
    try {
      hop('s3.list:before');
      for await (const page of pages) {
        hop('s3.list:after');
        // A proxy's page reads like a bucket without objects.
        if (page.IsTruncated === undefined) throw new SyntaxError('The answer is no listing');
        for (const { Key, Size, ETag, LastModified, StorageClass } of page.Contents ?? []) {
          if (Key === undefined || ETag === undefined || LastModified === undefined) continue;
          yield {
            key: Key,
            bytes: Size ?? 0,
            etag: unquoted(ETag),
            modifiedAt: LastModified,
            storageClass: StorageClass ?? 'STANDARD',
          };
        }
      }
    } catch (error) {
      throw faultOf(name, error, undefined, signal);
    }
  }

  /** Looks at one object without reading it. A replaced or removed one is `backup-changed`. */
  async function head(name: string, ref: ObjectRef, { signal }: Options): Promise<ObjectHead> {
    try {
      const { HeadObjectCommand } = await loadSdk();
      const client = await clientOf(name);
      hop('s3.head:before');
      const found = await client.send(new HeadObjectCommand(requestFor(place(name).bucket, ref)), {
        abortSignal: signal,
      });
      hop('s3.head:after');
      requireEtag(name, ref, found.ETag);
      const frozen = isArchiveClass(found.StorageClass ?? 'STANDARD') || found.ArchiveStatus !== undefined;
      return {
        bytes: found.ContentLength ?? 0,
        etag: unquoted(found.ETag ?? ''),
        versionId: versionOf(found.VersionId),
        archived: frozen && !(found.Restore ?? '').includes('ongoing-request="false"'),
      };
    } catch (error) {
      throw faultOf(name, error, ref, signal);
    }
  }

  /** Opens one object from a byte on. The stream ends with an error when the signal aborts or the connection drops. */
  async function open(
    name: string,
    ref: ObjectRef,
    { signal, from = 0 }: Options & { from?: number },
  ): Promise<Readable> {
    try {
      const { GetObjectCommand } = await loadSdk();
      const client = await clientOf(name);
      hop('s3.get:before');
      const { Body, ETag } = await client.send(
        new GetObjectCommand({
          ...requestFor(place(name).bucket, ref),
          ...(from === 0 ? {} : { Range: `bytes=${from}-` }),
        }),
        { abortSignal: signal },
      );
      hop('s3.get:after');
      if (!(Body instanceof Readable)) throw new TypeError('S3 answered without a body');
      if (ETag !== undefined && unquoted(ETag) !== ref.etag) Body.destroy();
      requireEtag(name, ref, ETag);
      return addAbortSignal(signal, Body);
    } catch (error) {
      throw faultOf(name, error, ref, signal);
    }
  }

  const ask: AskS3 = async (name, { signal }, send) => {
    try {
      const [sdk, client] = [await loadSdk(), await clientOf(name)];
      return await send({ sdk, client, bucket: place(name).bucket, request: { abortSignal: signal } });
    } catch (error) {
      throw faultOf(name, error, undefined, signal);
    }
  };

  return { place, list, head, open, ...createS3Protection(ask) };
}

/** GLACIER_IR is an archive by price only: it reads at once. */
export function isArchiveClass(storageClass: string): boolean {
  return storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
}

function requestFor(bucket: string, { key, etag, versionId }: ObjectRef) {
  return {
    Bucket: bucket,
    Key: key,
    IfMatch: `"${etag}"`,
    ...(versionId === null || versionId === undefined ? {} : { VersionId: versionId }),
  };
}

/** A bucket that never kept versions answers with none or "null", which a request must not repeat. */
function versionOf(id: string | undefined): string | null {
  return id === undefined || id === 'null' ? null : id;
}

function unquoted(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}
