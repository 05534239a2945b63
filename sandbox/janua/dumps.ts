import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { Client } from 'pg';
import type { SandboxAws } from '../aws.ts';
import type { SandboxFolder } from '../folder.ts';
import { connectionEnv, type PostgresCluster } from '../postgres.ts';
import type { Programs } from '../programs.ts';
import { database } from './database.ts';
import { backups, brokenBackups, nightly, olderNights, rowsOf, type Share } from './numbers.ts';
import { slotsBefore } from './slots.ts';

const run = promisify(execFile);
const gzip = promisify(gzipCallback);

export type DumpFormat = 'plain.gz' | 'custom';

/** What is true of one object in the bucket, whatever its name promises. */
export type Dump = {
  key: string;
  takenAt: Date;
  format: DumpFormat;
  sizeBytes: number;
  good: boolean;
  reason: string;
};

export const prefix = 'postgres/daily/';

/** Janua's own pattern: postgres_{db}_{YYYYmmdd_HHMMSS} in UTC. */
export function dumpKey(takenAt: Date, format: DumpFormat): string {
  const stamp = takenAt.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
  return `${prefix}postgres_${database}_${stamp}${format === 'custom' ? '.dump' : '.sql.gz'}`;
}

/**
 * Holds the database as it is now for a pg_dump that comes later. Seeding goes on meanwhile, and all dumps are then written
 * side by side.
 */
export async function takeSnapshot(cluster: PostgresCluster) {
  const client = new Client({ connectionString: cluster.superuserUrl(database) });
  await client.connect();
  await client.query('begin isolation level repeatable read, read only');
  const { rows } = await client.query<{ id: string }>('select pg_export_snapshot() as id');
  return { id: rows[0]?.id ?? '', release: () => client.end() };
}

export type Snapshot = Awaited<ReturnType<typeof takeSnapshot>>;

export type DumpOptions = {
  cluster: PostgresCluster;
  aws: SandboxAws;
  folder: SandboxFolder;
  programs: Programs;
  now: Date;
  /** One good backup each night, as the plan asks, and none that is broken. */
  watched?: boolean;
  /** Of all rows; the whole unless told. */
  share?: Share;
};

/** When the nightly dumps before a moment began, oldest first. */
export function nightsBefore(now: Date, count: number): Date[] {
  // A job that is still at work has not made its dump.
  const over = new Date(now.getTime() - nightly.beginsMs - nightly.lastsMs);
  return slotsBefore(nightly, over, count).map((slot) => new Date(slot.getTime() + nightly.beginsMs));
}

/** Puts a dump where its name says. */
export async function storeDump(
  aws: SandboxAws,
  dump: Omit<Dump, 'key' | 'sizeBytes'>,
  content: Uint8Array,
): Promise<Dump> {
  const key = dumpKey(dump.takenAt, dump.format);
  await aws.put(key, content, dump.takenAt);
  return { ...dump, key, sizeBytes: content.length };
}

/**
 * Dumps each snapshot at its backup's time. Adds a stray file, and the two broken ones or the nights before. Returns the truth
 * about those of the last days, oldest first.
 */
export async function storeDumps(
  options: DumpOptions,
  takenAt: readonly Date[],
  snapshots: readonly Snapshot[],
): Promise<Dump[]> {
  const { aws, now, watched = false, share = 1 } = options;
  const good = await Promise.all(
    backups.map(async ({ format }, index) => {
      const [snapshot, at] = [snapshots[index], takenAt[index]];
      if (snapshot === undefined || at === undefined)
        throw new Error(`Backup number ${index} has no snapshot.`);
      const content = await dumpDatabase(options, format, snapshot);
      const stored = format === 'plain' ? await gzip(content, { level: 1 }) : content;
      const dump = {
        takenAt: at,
        format: format === 'plain' ? 'plain.gz' : format,
        good: true,
        reason: 'complete',
      } as const;
      return { content, dump: await storeDump(aws, dump, stored) };
    }),
  );
  const plain = good.find(({ dump }) => dump.format === 'plain.gz')?.content ?? Buffer.alloc(0);
  await aws.put(
    `${prefix}README.txt`,
    Buffer.from('Backups of janua. Written by the nightly job.\n'),
    takenAt[0] ?? now,
  );
  const dumps = good.map(({ dump }) => dump);
  if (!watched) return [...dumps, ...(await storeBroken(options, plain))];
  await storeOlder(aws, takenAt[0] ?? now, plain, rowsOf(share).sessionsFewer);
  return dumps;
}

/**
 * The nights before, each without the sessions that came later: they are at the end of their table. Members of a gzip file
 * stand one after the other (RFC 1952 §2.2), so that what all of them share is packed once.
 */
async function storeOlder(
  aws: SandboxAws,
  before: Date,
  plain: Buffer,
  sessionsFewer: number,
): Promise<void> {
  const begin = plain.indexOf('\n', plain.indexOf('COPY public.sessions ')) + 1;
  const end = plain.indexOf('\n\\.\n', begin) + 1;
  const ends: number[] = [];
  for (let at = begin; at < end; at = plain.indexOf('\n', at) + 1) ends.push(plain.indexOf('\n', at) + 1);
  const nights = nightsBefore(before, olderNights);
  const kept = nights.map((_, index) => {
    const sessions = ends.length - (nights.length - index) * sessionsFewer;
    return ends[sessions - 1] ?? begin;
  });
  const shared = kept[0] ?? begin;
  const pack = (part: Uint8Array) => gzip(part, { level: 1 });
  const [first, last] = await Promise.all([pack(plain.subarray(0, shared)), pack(plain.subarray(end))]);
  const older = nights.map(async (takenAt, index) => {
    const dump = { takenAt, format: 'plain.gz', good: true, reason: 'complete' } as const;
    const own = await pack(plain.subarray(shared, kept[index]));
    await storeDump(aws, dump, Buffer.concat([first, own, last]));
  });
  await Promise.all(older);
}

async function storeBroken({ aws, now }: DumpOptions, plain: Buffer): Promise<Dump[]> {
  const ago = (ms: number) => new Date(now.getTime() - ms);
  const store = (dump: Omit<Dump, 'key' | 'sizeBytes'>, content: Uint8Array) => storeDump(aws, dump, content);

  const empty = await store(
    {
      takenAt: ago(brokenBackups.emptyAgoMs),
      format: 'plain.gz',
      good: false,
      reason: 'gzip of nothing: pg_dump failed and the job did not notice',
    },
    await gzip(''),
  );
  const truncated = await store(
    {
      takenAt: ago(brokenBackups.truncatedAgoMs),
      format: 'plain.gz',
      good: false,
      reason: 'cut in the middle of the sessions inside a valid gzip file: pg_dump was killed',
    },
    // At the end of a line psql takes the missing rest for the end of the data, commits and says nothing (exit code 0).
    await gzip(plain.subarray(0, plain.lastIndexOf('\n', Math.floor(plain.length * 0.7)) + 1), { level: 1 }),
  );
  return [empty, truncated];
}

export async function dumpDatabase(
  { cluster, folder, programs }: Omit<DumpOptions, 'now'>,
  format: 'plain' | 'custom',
  snapshot: Pick<Snapshot, 'id'>,
): Promise<Buffer> {
  const file = join(folder.path, `dump-${snapshot.id}`);
  await run(
    programs.pg_dump,
    [
      `--format=${format}`,
      `--compress=${format === 'plain' ? 0 : 1}`,
      `--snapshot=${snapshot.id}`,
      `--file=${file}`,
    ],
    { env: { ...process.env, ...connectionEnv(cluster.superuserUrl(database)) } },
  );
  const content = await readFile(file);
  await rm(file);
  return content;
}
