import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { database } from '../sandbox/janua/database.ts';
import { dumpKey } from '../sandbox/janua/dumps.ts';
import { totalRows } from '../sandbox/janua/janua.ts';
import { connectionEnv } from '../sandbox/postgres.ts';
import type { World } from '../sandbox/world.ts';

const run = promisify(execFile);

const SIZES = { accounts: 280_000, sessions: 1_120_000 } as const;
const PART_BYTES = 8 * 1_048_576;
/** Outside of the folder the bot searches. */
const PLAIN_KEY = 'bench/postgres_janua.sql.gz';

export interface LargeJanua {
  readonly databaseBytes: number;
  readonly rows: number;
  /** The same data twice: what the plan's script reads, and what the bot reads. */
  readonly plain: { readonly key: string; readonly bytes: number };
  readonly custom: { readonly key: string; readonly bytes: number };
}

/** Makes Janua as large as a small company's, and backs it up in both formats into the bucket. */
export async function growJanua(world: World): Promise<LargeJanua> {
  const { cluster, janua } = world;
  await cluster.psql(
    database,
    `set session_replication_role = replica;
     insert into accounts (organization_id, email, display_name, password_hash, created_at)
     select 1 + n % (select count(*) from organizations), 'more' || n || '@janua.example', 'Person ' || n,
            (select password_hash from accounts order by id limit 1), timestamptz '2026-01-01' + n * interval '1 minute'
       from generate_series(1, ${SIZES.accounts}) n;
     insert into sessions (account_id, token_hash, created_at, expires_at)
     select 1 + n * 7919 % (select max(id) from accounts), sha256(('more' || n)::bytea), at, at + interval '12 hours'
       from generate_series(1::bigint, ${SIZES.sessions}) n, lateral (select timestamptz '2025-06-01' + n * interval '20 seconds' as at) moment;
     vacuum analyze;`,
  );
  const [custom, plain] = await Promise.all([
    store(world, dumpKey(new Date(world.now.getTime() - 60_000), 'custom'), ['--format=custom']),
    // As the plan's backup job writes it, but for grants: without them nobody could sign in after its restore.
    store(world, PLAIN_KEY, ['--format=plain', '--no-owner', '--clean', '--if-exists']),
  ]);
  const [size] = await cluster.query('postgres', 'select pg_database_size($1)::float8 as bytes', [database]);
  return { databaseBytes: Number(size?.bytes), rows: totalRows(await janua.countRows()), plain, custom };
}

async function store({ cluster, programs, folder, aws }: World, key: string, args: readonly string[]) {
  const file = join(folder.path, `bench-${key.replaceAll('/', '-')}`);
  const env = { ...process.env, ...connectionEnv(cluster.superuserUrl(database)) };
  await run(programs.pg_dump, [...args, `--file=${file}`], { env });
  const packed = key.endsWith('.gz') ? `${file}.packed` : file;
  if (packed !== file) await pipeline(createReadStream(file), createGzip(), createWriteStream(packed));
  const { size: bytes } = await stat(packed);
  await upload(aws, key, packed);
  await Promise.all([file, packed].map((each) => rm(each, { force: true })));
  return { key, bytes };
}

/** In parts, as large objects are stored; the pretend S3 takes no more than 11 MiB at once. */
async function upload({ endpoint, region, credentials, bucket }: World['aws'], key: string, path: string) {
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const where = { Bucket: bucket, Key: key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(where));
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for await (const Body of createReadStream(path, { highWaterMark: PART_BYTES })) {
    const PartNumber = Parts.length + 1;
    const { ETag } = await s3.send(new UploadPartCommand({ ...where, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload: { Parts } }));
  s3.destroy();
}

/** The accident: some sessions are gone and the app still answers. Also what was written since the backup. */
export async function damageJanua({ cluster, app, worker }: World): Promise<void> {
  await cluster.query(database, 'delete from sessions where id % 20 = 0');
  await app.write(1_000);
  await worker.write(500);
  await cluster.query(database, 'vacuum analyze');
  await cluster.query(database, 'checkpoint');
}

/** Databases kept by earlier swaps go, so that each side has the same room. */
export async function dropOthers({ cluster }: World): Promise<void> {
  const others = await cluster.query(
    'postgres',
    `select datname as name from pg_database where datname like $1`,
    [`${database}\\_%`],
  );
  for (const { name } of others) await cluster.query('postgres', `drop database "${name}" with (force)`);
}
