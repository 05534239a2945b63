import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createGunzip, gunzip } from 'node:zlib';
import type { Clients } from '../clients/index.ts';
import { createPrograms, type Programs, parseVersion } from '../clients/programs.ts';
import { fileFormat } from '../domain/file-format.ts';
import type { WholeDump } from '../domain/whole-dump.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { createDumpScan, type DumpText } from './backup-scan.ts';
import { createTarScan } from './backup-tar.ts';

export type DumpFormat = WholeDump['format'];

/** What a file is by its first bytes; names and extensions lie (X1). */
export type Sniffed =
  | { readonly format: DumpFormat; readonly compressed: boolean }
  | { readonly refused: string };

export type Inspection =
  | (DumpText & { readonly format: DumpFormat; readonly compressed: boolean })
  | { readonly refused: string };

/** What stands for a whole dump once it was read, so that the same bytes need not be read again. */
export function wholeDump(
  { format, compressed, tables, rows, pgVersion }: Exclude<Inspection, { readonly refused: string }>,
  sha256: string,
): WholeDump {
  return { sha256, format, compressed, tables, rows, pgVersion };
}

/** Reading a dump of any size is bounded by the step's own timeout; this only ends a program that hangs. */
const READ_TIMEOUT_MS = 12 * 3_600_000;
const HEAD_BYTES = 4_096;
/** Real dumps shrink by up to 50. A larger factor is a bomb once it is also large. */
const MOST_UNPACKED_BYTES = 1_000_000_000;
const MOST_RATIO = 500;

/**
 * Reads a dump from its first to its last byte and tells whether all of it is there. Every format becomes the text that
 * psql would run (pg_restore writes it for archives; `pg_restore -l` would pass a cut one, X7), so one reader judges all.
 */
export async function inspectDump(
  path: string,
  programs: Programs,
  signal: AbortSignal,
): Promise<Inspection> {
  const { head, bytes } = await headOf(path);
  const sniffed = await sniff(head);
  if ('refused' in sniffed) return sniffed;
  const scan = createDumpScan();
  const limit = Math.max(MOST_UNPACKED_BYTES, bytes * MOST_RATIO);
  const consume = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      scan.take(chunk);
      if (scan.size() > limit) throw refusal(`unpacks to more than ${MOST_RATIO} times its size`);
    }
  };
  try {
    const { format, compressed } = sniffed;
    if (format === 'tar') await requireWholeTar(path, compressed, signal);
    if (format === 'plain') await readFile(path, compressed, consume, signal);
    else await readArchive(path, compressed, consume, programs, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { refused: reasonOf(error) };
  }
  const text = scan.result();
  if (!text.complete) return { refused: 'is cut off' };
  if (text.tables === 0) return { refused: 'holds no tables' };
  return { ...text, ...sniffed };
}

type Consume = (source: AsyncIterable<Buffer>) => Promise<void>;

function readFile(path: string, compressed: boolean, consume: Consume, signal: AbortSignal): Promise<void> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  return compressed
    ? pipeline(file, createGunzip({ chunkSize: 64 * 1024 }), consume, { signal })
    : pipeline(file, consume, { signal });
}

async function requireWholeTar(path: string, compressed: boolean, signal: AbortSignal): Promise<void> {
  const scan = createTarScan();
  const follow = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) scan.take(chunk);
  };
  await readFile(path, compressed, follow, signal);
  if (!scan.complete()) throw refusal('is cut off');
}

async function readArchive(
  path: string,
  compressed: boolean,
  consume: Consume,
  programs: Programs,
  signal: AbortSignal,
): Promise<void> {
  await programs.requireSafe({ signal });
  const args = ['--file=-', ...(compressed ? [] : [path])];
  const { code, stderr } = await programs.run('pg_restore', args, {
    signal,
    timeoutMs: READ_TIMEOUT_MS,
    output: consume,
    ...(compressed ? { input: unpacked(path) } : {}),
  });
  if (code === 0) return;
  if (code === null)
    throw new AppError(
      'outside-unreachable',
      'pg_restore was killed on this worker, perhaps for want of memory. The backup is not judged; the step is tried again.',
      { retry: 'later' },
    );
  const fault = stderr.match(/error: (.+)/)?.[1] ?? stderr.trim().split('\n').at(-1) ?? '';
  if (/unsupported version|not support/.test(fault))
    throw new AppError(
      'client-too-old',
      `The PostgreSQL client programs here cannot read this dump (${fault}). Nothing was touched. Install the client package of the version that made it.`,
    );
  throw refusal(
    /end of file|could not find header|incomplete tar|corrupt tar header/.test(fault)
      ? 'is cut off'
      : `is damaged (pg_restore: ${fault.slice(0, 120)})`,
  );
}

function unpacked(path: string) {
  const file = createReadStream(path);
  const text = createGunzip({ chunkSize: 64 * 1024 });
  file.once('error', (error) => text.destroy(error));
  return file.pipe(text);
}

/** Tells a dump from its first bytes, looking into gzip. */
export async function sniff(head: Buffer): Promise<Sniffed> {
  if (head[0] !== 0x1f || head[1] !== 0x8b) return formatOf(head, false);
  try {
    // The head of a gzip file is a cut gzip file: what it holds so far is enough.
    const start = await promisify(gunzip)(head, { finishFlush: constants.Z_SYNC_FLUSH });
    return formatOf(start, true);
  } catch (error) {
    return { refused: reasonOf(error) };
  }
}

function formatOf(start: Buffer, compressed: boolean): Sniffed {
  if (start.length === 0) return { refused: 'holds no tables' };
  if (start.subarray(0, 5).equals(Buffer.from('PGDMP'))) return { format: 'custom', compressed };
  if (start.subarray(257, 262).equals(Buffer.from('ustar'))) return { format: 'tar', compressed };
  const text = start.toString('latin1', 0, HEAD_BYTES);
  if (text.includes('-- PostgreSQL database cluster dump'))
    return { refused: 'is a dump of a whole server (pg_dumpall), not of one database' };
  if (text.includes('-- PostgreSQL database dump')) return { format: 'plain', compressed };
  const found = fileFormat(start);
  if (found?.is === 'encrypted') return { refused: `is encrypted (${found.name})` };
  if (found?.is === 'packed') return { refused: `is packed with ${found.name}, which the bot does not read` };
  return { refused: 'is not a PostgreSQL dump' };
}

async function headOf(path: string): Promise<{ head: Buffer; bytes: number }> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return { head: buffer.subarray(0, bytesRead), bytes: (await file.stat()).size };
}

function refusal(reason: string): AppError {
  return new AppError('backup-refused', reason);
}

/** The reason a broken file is refused with. What is not the file's fault is thrown on. */
function reasonOf(error: unknown): string {
  if (error instanceof AppError && error.code === 'backup-refused') return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR') return 'is cut off';
  if (error instanceof Error && (code === 'Z_DATA_ERROR' || code === 'Z_NEED_DICT'))
    return `is damaged (gzip: ${error.message})`;
  throw error;
}

/** Refuses a dump of a newer PostgreSQL than the client programs: they would restore it wrongly or not at all (X17). */
export async function requireClientFor(
  pgVersion: string | null,
  programs: Programs,
  signal: AbortSignal,
): Promise<void> {
  const dump = parseVersion(pgVersion ?? '');
  const client = await programs.requireSafe({ signal });
  if (dump === undefined || dump.major <= client.major) return;
  throw new AppError(
    'client-too-old',
    `The dump was made by PostgreSQL ${dump.text}; the client programs here are ${client.text}. Nothing was touched. Install the package postgresql-client-${dump.major}.`,
  );
}

/** The client programs of this worker. Without the connections' own, none with known holes is run. */
export function programsOf(context: ActionContext): Programs {
  const { programs }: Clients & { readonly programs?: Programs } = context.clients;
  return programs ?? createPrograms({});
}
