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
import { backups, brokenBackups } from './numbers.ts';

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
};

/** Dumps each snapshot at its backup's time, adds the two broken ones and a stray file. Returns the truth, oldest first. */
export async function storeDumps(options: DumpOptions, snapshots: readonly Snapshot[]): Promise<Dump[]> {
  const { aws, now } = options;
  const ago = (ms: number) => new Date(now.getTime() - ms);
  const store = async (dump: Omit<Dump, 'key' | 'sizeBytes'>, content: Uint8Array): Promise<Dump> => {
    const key = dumpKey(dump.takenAt, dump.format);
    await aws.put(key, content, dump.takenAt);
    return { ...dump, key, sizeBytes: content.length };
  };

  const good = await Promise.all(
    backups.map(async ({ agoMs, format }, index) => {
      const snapshot = snapshots[index];
      if (snapshot === undefined) throw new Error(`Backup number ${index} has no snapshot.`);
      const content = await dumpDatabase(options, format, snapshot);
      const stored = format === 'plain' ? await gzip(content, { level: 1 }) : content;
      const dump = {
        takenAt: ago(agoMs),
        format: format === 'plain' ? 'plain.gz' : format,
        good: true,
        reason: 'complete',
      } as const;
      return { content, dump: await store(dump, stored) };
    }),
  );

  const empty = await store(
    {
      takenAt: ago(brokenBackups.emptyAgoMs),
      format: 'plain.gz',
      good: false,
      reason: 'gzip of nothing: pg_dump failed and the job did not notice',
    },
    await gzip(''),
  );
  const plain = good.find(({ dump }) => dump.format === 'plain.gz')?.content ?? Buffer.alloc(0);
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
  await aws.put(
    `${prefix}README.txt`,
    Buffer.from('Backups of janua. Written by the nightly job.\n'),
    ago(backups[0].agoMs),
  );
  return [...good.map(({ dump }) => dump), empty, truncated];
}

async function dumpDatabase(
  { cluster, folder, programs }: DumpOptions,
  format: 'plain' | 'custom',
  snapshot: Snapshot,
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
