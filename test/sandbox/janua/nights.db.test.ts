import {
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Nights } from '../../../sandbox/janua/nights.ts';
import { backupKey, copyBucket } from '../../../sandbox/janua/numbers.ts';
import { queryOnce } from '../../../sandbox/postgres.ts';
import { startWorld, type World } from '../../../sandbox/world.ts';

let world: World;
let nights: Nights;
let s3: S3Client;

beforeAll(async () => {
  world = await startWorld({ watched: true });
  if (world.nights === undefined) throw new Error('Nobody makes backups.');
  nights = world.nights;
  s3 = new S3Client({ ...world.aws, forcePathStyle: true });
});
afterAll(async () => {
  s3?.destroy();
  await world?.stop();
});

/** How far the pretend clock is ahead of the machine's. */
let aheadMs = 0;
const advance = async (ms: number) => {
  aheadMs += ms;
  await nights.advance(ms);
};
const pastNextNight = () => nights.next().getTime() + 300_000 - (Date.now() + aheadMs);
const jobs = () => world.kubernetes.control.list('jobs', 'janua');
const dumps = async (bucket: string) => {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: 'postgres/daily/postgres_' }),
  );
  return Contents.map(({ Key, Size, LastModified }) => ({ Key, Size, LastModified }));
};

test('there are two weeks of growing backups, in both places, guarded as the plan asks', async () => {
  const { bucket } = world.aws;

  const found = await dumps(bucket);
  const newest = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: found.at(-1)?.Key }));
  const versioning = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  const access = await s3.send(new GetPublicAccessBlockCommand({ Bucket: bucket }));

  const sizes = found.map(({ Size = 0 }) => Size);
  expect(found).toHaveLength(14);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(await dumps(copyBucket)).toEqual(found);
  expect(found.at(-1)?.Key).toBe(world.janua.truth.newestGood.key);
  expect(newest.ServerSideEncryption).toBe('aws:kms');
  expect(newest.SSEKMSKeyId?.endsWith(backupKey)).toBe(true);
  expect(versioning.Status).toBe('Enabled');
  expect(Object.values(access.PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
});

test('when the clock moves past a night there is a backup of it, and everything tells the time of that clock', async () => {
  const slot = nights.next();

  await advance(pastNextNight());

  const { truth } = world.janua;
  expect(truth.newestGood.takenAt.getTime() - slot.getTime()).toBe(4_000);
  expect((await dumps(copyBucket)).at(-1)?.Key).toBe(truth.newestGood.key);
  expect(jobs()).toHaveLength(3);
  expect(nights.next().getTime() - slot.getTime()).toBe(24 * 3_600_000);
  const [archiver] = await queryOnce(
    world.janua.url('dr_restore').replace(/\/janua(?=$|\?)/, '/postgres'),
    'select last_archived_time as at from pg_stat_archiver',
  );
  expect(Math.abs(Number(archiver?.at) - Date.now() - aheadMs)).toBeLessThan(120_000);
  const redis = new Redis(nights.redisUrl);
  const [saved, info] = await Promise.all([redis.lastsave(), redis.info('persistence')]);
  redis.disconnect();
  const age = Date.now() + aheadMs - saved * 1000;
  expect(age).toBeGreaterThan(0);
  expect(age).toBeLessThan(6 * 3_600_000);
  expect(info).toContain(`rdb_last_save_time:${saved}\r\n`);
});

test('a night that fails leaves a part of a dump and a job that says it is done, and a run by hand makes a whole one', async () => {
  const good = world.janua.truth.newestGood;
  nights.failNext();

  await advance(pastNextNight());
  const cut = (await dumps(world.aws.bucket)).at(-1);
  const whole = await nights.runNow();

  expect(cut?.Size).toBeLessThan(good.sizeBytes / 2);
  expect(jobs().every((job) => JSON.stringify(job).includes('"Complete"'))).toBe(true);
  expect(whole).toMatchObject({ good: true });
  expect(whole.sizeBytes).toBeGreaterThan(good.sizeBytes * 0.9);
  expect(whole.takenAt.getTime()).toBeGreaterThan(cut?.LastModified?.getTime() ?? Infinity);
  expect(world.janua.truth.newestGood).toEqual(whole);
});
