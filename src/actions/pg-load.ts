import { createReadStream } from 'node:fs';
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ProgramOptions, ProgramResult } from '../clients/programs.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { type DumpFormat, programsOf, sniff } from './backup-dump.ts';
import { chooseEntries, firstError, type MadeBefore } from './pg-archive.ts';
import { guardedScript } from './pg-script.ts';

/** The step's own deadline is the limit; this only ends a program that hangs. */
const LOAD_TIMEOUT_MS = 24 * 3_600_000;

export interface LoadOptions {
  readonly path: string;
  readonly url: string;
  readonly owner: string;
  readonly jobs: number;
  /** The copy is built beside the live database, which needs the memory and the processors. */
  readonly besideLive: boolean;
  readonly made: MadeBefore;
}

/** Restores a dump into the empty database of `url`. What was left out on purpose comes back as sentences. */
export async function loadDump(context: ActionContext, options: LoadOptions): Promise<readonly string[]> {
  const sniffed = await sniffFile(options.path);
  const programs = programsOf(context);
  await programs.requireSafe({ signal: context.signal });
  return sniffed.format === 'plain'
    ? loadPlain(context, options, sniffed.compressed)
    : loadArchive(context, options, sniffed.compressed);
}

async function sniffFile(path: string): Promise<{ format: DumpFormat; compressed: boolean }> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4_096), 0, 4_096, 0);
  const sniffed = await sniff(buffer.subarray(0, bytesRead));
  if ('refused' in sniffed)
    throw new AppError('backup-refused', `The backup ${sniffed.refused}. Choose another backup.`);
  return sniffed;
}

/** Everything runs as the owner role from its first statement on. */
function baseOptions(context: ActionContext, { url, owner, besideLive }: LoadOptions): ProgramOptions {
  const settings = [`role=${owner}`, 'statement_timeout=0', 'lock_timeout=0', 'client_min_messages=warning'];
  if (besideLive)
    settings.push(
      'maintenance_work_mem=64MB',
      'max_parallel_maintenance_workers=0',
      'max_parallel_workers_per_gather=0',
    );
  return {
    signal: context.signal,
    timeoutMs: LOAD_TIMEOUT_MS,
    url,
    env: { PGAPPNAME: 'dr-bot', PGOPTIONS: settings.map((setting) => `-c ${setting}`).join(' ') },
  };
}

async function loadPlain(
  context: ActionContext,
  options: LoadOptions,
  compressed: boolean,
): Promise<readonly string[]> {
  const leftOut = { owners: 0, comments: 0, defaults: new Set<string>() };
  const source = readWithProgress(context, options.path, (await stat(options.path)).size, compressed);
  const script = guardedScript(source, { schemas: options.made.schemas, owner: options.owner }, leftOut);
  const result = await programsOf(context).run(
    'psql',
    ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--file=-'],
    {
      ...baseOptions(context, options),
      input: Readable.from(script, { objectMode: false, highWaterMark: 256 * 1024 }),
    },
  );
  requireDone('psql', result);
  return leftOutLines(options.owner, leftOut.owners, leftOut.comments, leftOut.defaults);
}

async function loadArchive(
  context: ActionContext,
  options: LoadOptions,
  compressed: boolean,
): Promise<readonly string[]> {
  const programs = programsOf(context);
  const { path, jobs } = options;
  const from = () => (compressed ? { args: [], input: unpack(createReadStream(path)) } : { args: [path] });
  const listing = from();
  const list: string[] = [];
  const listed = await programs.run('pg_restore', ['--list', ...listing.args], {
    signal: context.signal,
    timeoutMs: LOAD_TIMEOUT_MS,
    output: async (stdout) => {
      for await (const chunk of stdout.setEncoding('utf8')) list.push(String(chunk));
    },
    ...(listing.input === undefined ? {} : { input: listing.input }),
  });
  requireDone('pg_restore', listed);
  const chosen = chooseEntries(list.join(''), options.made, options.owner);
  const listPath = join(context.workDir, `${context.step.id}-${context.step.attempt}.list`);
  await writeFile(listPath, chosen.text, { mode: 0o600 });
  // Several workers need a file they can jump about in; one transaction needs a single worker.
  const how = compressed || jobs === 1 ? '--single-transaction' : `--jobs=${jobs}`;
  const source = from();
  let seen = 0;
  try {
    const args = [
      '--exit-on-error',
      '--no-owner',
      '--verbose',
      how,
      `--use-list=${listPath}`,
      `--dbname=${new URL(options.url).pathname.slice(1)}`,
    ];
    const result = await programs.run('pg_restore', [...args, ...source.args], {
      ...baseOptions(context, options),
      onLine: (line) => {
        if (!/^pg_restore: (finished item|creating|processing data for|executing)/.test(line)) return;
        seen += 1;
        context.progress(`restoring, ${Math.min(99, Math.floor((seen / chosen.entries) * 100))}%`);
      },
      ...(source.input === undefined ? {} : { input: source.input }),
    });
    requireDone('pg_restore', result);
  } finally {
    await rm(listPath, { force: true });
  }
  return leftOutLines(options.owner, null, chosen.comments, chosen.defaults);
}

function leftOutLines(
  owner: string,
  owners: number | null,
  comments: number,
  defaults: ReadonlySet<string>,
): readonly string[] {
  return [
    ...(owners === 0 ? [] : [`everything belongs to \`${owner}\`, whoever owned it in the backup`]),
    ...(comments === 0
      ? []
      : [`${comments} comments on extensions, which only an extension's owner may set`]),
    ...(defaults.size === 0
      ? []
      : [
          `default privileges of ${[...defaults].map((role) => `\`${role}\``).join(', ')}, which only that role may set`,
        ]),
  ];
}

function requireDone(program: string, { code, stderr }: ProgramResult): void {
  if (code === 0) return;
  const said = firstError(stderr);
  const extension = said.match(/permission denied to create extension "([^"]+)"/)?.[1];
  const advice =
    extension === undefined
      ? 'The half-filled copy is dropped at the next attempt. Choose another backup, or repair what the message names and retry.'
      : `Only an administrator may create the extension \`${extension}\`. Give the connection an adminUrl in connections.yml, and create it in the live database, from which the bot reads the list.`;
  throw new AppError('backup-refused', `${program} stopped at the first error: ${said}. ${advice}`, {
    // DETAIL and CONTEXT lines quote rows, which belong neither on a card nor in the log.
    details: stderr
      .split('\n')
      .filter((line) => /\b(ERROR|FATAL|error):/.test(line))
      .slice(0, 5),
  });
}

function unpack(file: Readable): Readable {
  const text = createGunzip();
  file.once('error', (error) => text.destroy(error));
  return file.pipe(text);
}

async function* readWithProgress(
  context: ActionContext,
  path: string,
  bytes: number,
  compressed: boolean,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  let shown = -1;
  try {
    for await (const chunk of compressed ? unpack(file) : file) {
      const percent = Math.min(99, Math.floor((file.bytesRead / bytes) * 100));
      if (percent > shown) context.progress(`restoring, ${percent}%`);
      shown = percent;
      yield Buffer.from(chunk);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new AppError(
        'backup-refused',
        `The backup is cut off or damaged (gzip: ${error.message}). Choose another backup.`,
        { cause: error },
      );
    }
    throw error;
  }
}
