import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxAws, startAws } from '../../sandbox/aws.ts';

let aws: SandboxAws;
let s3: S3Client;

beforeAll(async () => {
  aws = await startAws();
  s3 = new S3Client({ ...aws, forcePathStyle: true });
});
afterAll(async () => {
  s3.destroy();
  await aws.stop();
});

test('an object stored with a time of its own has that time wherever S3 tells it', async () => {
  const at = new Date('2026-11-20T02:00:04Z');
  await aws.put('postgres/daily/a b.dump', Buffer.from('x'), at);
  await aws.put('postgres/daily/now.dump', Buffer.from('y'));

  const where = { Bucket: aws.bucket, Key: 'postgres/daily/a b.dump' };
  const head = await s3.send(new HeadObjectCommand(where));
  const got = await s3.send(new GetObjectCommand(where));
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: aws.bucket }));

  expect(head.LastModified).toEqual(at);
  expect(got.LastModified).toEqual(at);
  expect(await got.Body?.transformToString()).toBe('x');
  const [old, recent] = listed.Contents ?? [];
  expect(old?.LastModified).toEqual(at);
  expect(recent?.LastModified?.getTime()).toBeGreaterThan(Date.now() - 60_000);
});

test('an upload over it has the present time', async () => {
  await aws.put('again', Buffer.from('x'), new Date('2026-11-20T02:00:04Z'));

  await aws.put('again', Buffer.from('y'));

  const head = await s3.send(new HeadObjectCommand({ Bucket: aws.bucket, Key: 'again' }));
  expect(head.LastModified?.getTime()).toBeGreaterThan(Date.now() - 60_000);
});

test('what is published to the topic can be read once, in order', async () => {
  const sns = new SNSClient({ ...aws });
  for (const Message of ['restored', 'verified'])
    await sns.send(new PublishCommand({ TopicArn: aws.topicArn, Subject: 'Janua', Message }));

  const published = await aws.takePublished();
  const again = await aws.takePublished();

  expect(published.map(({ Message }) => Message)).toEqual(['restored', 'verified']);
  expect(published[0]?.Subject).toBe('Janua');
  expect(again).toEqual([]);
  sns.destroy();
});

test('nobody on another address of the machine can reach it', () => {
  expect(new URL(aws.endpoint).hostname).toBe('127.0.0.1');
});

test('a guarded bucket tells how, and has everything in its copy too', async () => {
  const guarded = await startAws({ copies: ['elsewhere'], guard: { key: 'alias/backups' } });
  const client = new S3Client({ ...guarded, forcePathStyle: true });
  const at = new Date('2026-11-20T02:00:04Z');

  await guarded.put('daily/a.dump', Buffer.from('x'), at);

  const where = { Bucket: 'elsewhere', Key: 'daily/a.dump' };
  const copied = await client.send(new HeadObjectCommand(where));
  const listed = await client.send(new ListObjectsV2Command({ Bucket: 'elsewhere' }));
  const versioning = await client.send(new GetBucketVersioningCommand({ Bucket: guarded.bucket }));
  const access = await client.send(new GetPublicAccessBlockCommand({ Bucket: guarded.bucket }));
  client.destroy();
  await guarded.stop();

  expect(copied).toMatchObject({ ServerSideEncryption: 'aws:kms', ContentLength: 1 });
  expect(copied.SSEKMSKeyId).toMatch(/:alias\/backups$/);
  expect(listed.Contents?.[0]?.LastModified).toEqual(at);
  expect(versioning.Status).toBe('Enabled');
  expect(access.PublicAccessBlockConfiguration).toEqual({
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  });
});
