import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectRef } from '../clients/s3.ts';
import { sha256 as sha256Of } from '../domain/canonical.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { size } from './pg-words.ts';

export interface Wanted extends ObjectRef {
  readonly connection: string;
  readonly bytes: number;
}

export interface Downloaded {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface Limits {
  /** A window in which fewer bytes than `stallBytes` arrive ends the download: 100 kB/s over a minute. */
  readonly stallWindowMs: number;
  readonly stallBytes: number;
  /** Connections in a row that brought nothing. */
  readonly fruitless: number;
  readonly pauseMs: number;
}

const LIMITS: Limits = { stallWindowMs: 60_000, stallBytes: 6_000_000, fruitless: 5, pauseMs: 1_000 };
const ROOM_FACTOR = 1.2;

/** What of a step's context a download needs. */
export type Worker = Pick<ActionContext, 'clients' | 'workDir' | 'signal' | 'progress'>;

/**
 * Brings one object into the work folder, hashing it in the same read. What an earlier attempt left is hashed and kept:
 * the object is the same byte for byte, because its ETag is demanded at each connection. The local name is a hash, never a
 * part of the key. Bytes are written at their place and never cut off, so two workers on one file write the same.
 */
export async function download(context: Worker, wanted: Wanted, limits = LIMITS): Promise<Downloaded> {
  const path = localPath(context.workDir, wanted);
  const part = `${path}.part`;
  await mkdir(context.workDir, { recursive: true, mode: 0o700 });
  const whole = (await sizeOf(path)) === wanted.bytes;
  if (whole) return { path, bytes: wanted.bytes, sha256: await hashFile(path, context.signal) };

  if (((await sizeOf(part)) ?? 0) > wanted.bytes) await rm(part, { force: true });
  await using file = await open(part, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  const left = (await file.stat()).size;
  await requireRoom(context.workDir, wanted, left);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(part, { signal: context.signal })) hash.update(chunk);

  let offset = left;
  let fruitless = 0;
  while (offset < wanted.bytes) {
    const before = offset;
    try {
      for await (const chunk of chunksFrom(context, wanted, offset, limits)) {
        if (offset + chunk.length > wanted.bytes) throw grown(wanted);
        await writeAll(file, chunk, offset);
        hash.update(chunk);
        offset += chunk.length;
      }
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof AppError && (error.retry === 'never' || error.code === 'step-timeout'))
        throw error;
      fruitless = offset > before ? 0 : fruitless + 1;
      if (fruitless >= limits.fruitless) throw dropped(context, wanted, offset, error);
      await sleep(limits.pauseMs, undefined, { signal: context.signal });
      continue;
    }
    if (offset < wanted.bytes && offset === before) throw grown(wanted);
  }
  await settle(part, path, wanted.bytes);
  return { path, bytes: wanted.bytes, sha256: hash.digest('hex') };
}

/** Removes what was brought of an object that turned out to be of no use. */
export async function discard(context: Worker, wanted: Wanted): Promise<void> {
  const path = localPath(context.workDir, wanted);
  await rm(path, { force: true });
  await rm(`${path}.part`, { force: true });
}

/** The SHA-256 of a file, in lower-case hex. */
export async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 256 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}

/** The size of a regular file; undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

function localPath(workDir: string, { connection, key, etag, versionId }: Wanted): string {
  return join(
    workDir,
    `${sha256Of(JSON.stringify([connection, key, etag, versionId ?? null])).slice(0, 32)}.backup`,
  );
}

/** One connection's worth of bytes. It ends early with an error when the connection drops or crawls. */
async function* chunksFrom(
  context: Worker,
  wanted: Wanted,
  from: number,
  limits: Limits,
): AsyncGenerator<Buffer> {
  const stall = new AbortController();
  const signal = AbortSignal.any([context.signal, stall.signal]);
  let arrived = 0;
  const watch = setInterval(() => {
    if (arrived < limits.stallBytes) stall.abort(crawling(context, wanted));
    arrived = 0;
  }, limits.stallWindowMs);
  let at = from;
  let toldAt = 0;
  try {
    for await (const chunk of await context.clients.s3.open(wanted.connection, wanted, { signal, from })) {
      arrived += chunk.length;
      at += chunk.length;
      if (performance.now() - toldAt > 1_000) {
        toldAt = performance.now();
        context.progress(`fetching, ${Math.floor((at / wanted.bytes) * 100)}%`);
      }
      yield chunk;
    }
  } catch (error) {
    if (stall.signal.aborted) throw stall.signal.reason;
    throw error;
  } finally {
    clearInterval(watch);
  }
}

async function writeAll(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}

/** Gives the file its final name. Another worker on the same object may have been first. */
async function settle(part: string, path: string, bytes: number): Promise<void> {
  try {
    await rename(part, path);
  } catch (error) {
    if ((await sizeOf(path)) !== bytes) throw error;
  }
}

async function requireRoom(folder: string, wanted: Wanted, left: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const needed = Math.ceil(wanted.bytes * ROOM_FACTOR) - left;
  if (bavail * bsize >= needed) return;
  throw new AppError(
    'outside-refused',
    `The worker has no room for \`${wanted.key}\`: ${size(needed)} are needed in ${folder}, ${size(bavail * bsize)} are free. Nothing was touched. Free space there, or point DR_WORK_DIR to a larger disk.`,
  );
}

function crawling(context: Worker, { connection, key }: Wanted): AppError {
  return new AppError(
    'step-timeout',
    `S3 (bucket ${context.clients.s3.place(connection).bucket}) sends \`${key}\` slower than 100 kB/s. The download stopped and goes on from there when the step is tried again.`,
    { retry: 'later' },
  );
}

function dropped(
  context: Worker,
  { connection, key, bytes }: Wanted,
  offset: number,
  cause: unknown,
): AppError {
  return new AppError(
    'outside-unreachable',
    `S3 (bucket ${context.clients.s3.place(connection).bucket}) drops the connection again and again: ${size(offset)} of ${size(bytes)} of \`${key}\` have arrived. The step goes on from there when it is tried again.`,
    { retry: 'later', cause },
  );
}

function grown({ key, bytes }: Wanted): AppError {
  return new AppError(
    'backup-changed',
    `\`${key}\` does not hold the ${size(bytes)} S3 speaks of. It is still changing; run the search again.`,
  );
}
