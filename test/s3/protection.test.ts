import {
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { bucketOf, ceph, keyOf, put, round } from './store.ts';

/**
 * What Ceph does not know, and the emulator or the pretend store of test/inventory proves in its place: encryption of the
 * store's own (SSE-S3, AES256), the encryption a bucket gives by default, replication to another region, storage classes of
 * archives, and the age of keys.
 */

const LOCK = { mode: 'COMPLIANCE', for: '30d' };

async function lockedBucket(mode?: 'COMPLIANCE' | 'GOVERNANCE', days = 30): Promise<string> {
  const bucket = await bucketOf({ ObjectLockEnabledForBucket: true });
  if (mode === undefined) return bucket;
  const rule = {
    ObjectLockEnabled: 'Enabled',
    Rule: { DefaultRetention: { Mode: mode, Days: days } },
  } as const;
  await ceph.send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration: rule }));
  return bucket;
}

async function versionedBucket(...states: readonly ('Enabled' | 'Suspended')[]): Promise<string> {
  const bucket = await bucketOf();
  for (const Status of states)
    await ceph.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }));
  return bucket;
}

async function policyOf(bucket: string, principal: unknown): Promise<void> {
  const statement = {
    Effect: 'Allow',
    Principal: principal,
    Action: ['s3:GetObject'],
    Resource: [`arn:aws:s3:::${bucket}/*`],
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await ceph.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
}

test('object lock is held against the plan: as asked, for too short, of a weaker kind, and none at all', async () => {
  const buckets = {
    asked: await lockedBucket('COMPLIANCE', 30),
    short: await lockedBucket('COMPLIANCE', 7),
    weak: await lockedBucket('GOVERNANCE', 30),
    ruleless: await lockedBucket(),
    none: await bucketOf(),
  };
  for (const bucket of Object.values(buckets)) await put(bucket);

  const { told, neighbour } = await round(
    Object.fromEntries(
      Object.entries(buckets).map(([id, bucket]) => [id, { bucket, protection: { lock: LOCK } }]),
    ),
  );

  const lock = (id: string) => {
    const { health, text } = told(id, 'R13', 'lock') ?? {};
    return [health, text];
  };
  expect(lock('asked')).toEqual(['ok', expect.stringMatching(/^Object lock COMPLIANCE for 30 d, asked/)]);
  expect(lock('short')).toEqual(['critical', 'Object lock COMPLIANCE for 7 d, asked COMPLIANCE for 30 d']);
  expect(lock('weak')).toEqual(['critical', 'Object lock GOVERNANCE for 30 d, asked COMPLIANCE for 30 d']);
  expect(lock('ruleless')).toEqual(['critical', 'Object lock none, asked COMPLIANCE for 30 d']);
  expect(lock('none')).toEqual(['critical', 'Object lock none, asked COMPLIANCE for 30 d']);
  expect(neighbour).toEqual([]);
});

test('what was stored before the lock came is not taken for locked', async () => {
  const bucket = await lockedBucket();
  await put(bucket);
  const rule = {
    ObjectLockEnabled: 'Enabled',
    Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 30 } },
  } as const;
  await ceph.send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration: rule }));

  const before = await round({ pg: { bucket, protection: { lock: LOCK } } });
  await put(bucket, keyOf(0));
  const after = await round({ pg: { bucket, protection: { lock: LOCK } } });

  expect(before.told('pg', 'R13', 'lock')).toMatchObject({ health: 'critical' });
  expect(after.told('pg', 'R13', 'lock')).toMatchObject({ health: 'ok' });
});

test('an empty bucket is judged by the lock that it will give', async () => {
  const bucket = await lockedBucket('COMPLIANCE', 30);

  const { told } = await round({ pg: { bucket, protection: { lock: LOCK } } });

  expect(told('pg', 'R13', 'lock')).toMatchObject({ health: 'ok' });
  expect(told('pg', 'R4', 'bucket')).toMatchObject({
    health: 'unknown',
    title: 'no backup of PostgreSQL was ever found',
  });
});

test('that a writer cannot delete is known of what is locked for compliance, and of nothing else', async () => {
  const [held, loose] = [await lockedBucket('COMPLIANCE', 30), await bucketOf()];
  const key = await put(held);
  await put(loose);
  const protection = { writerDelete: 'denied' };

  const { told } = await round({ held: { bucket: held, protection }, loose: { bucket: loose, protection } });
  const { Versions: [version] = [] } = await ceph.send(new ListObjectVersionsCommand({ Bucket: held }));
  const deleting = ceph.send(
    new DeleteObjectCommand({ Bucket: held, Key: key, VersionId: version?.VersionId }),
  );

  await expect(deleting).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(told('held', 'R13', 'writer-delete')).toMatchObject({ health: 'ok' });
  expect(told('loose', 'R13', 'writer-delete')).toMatchObject({
    health: 'unknown',
    text: 'not known: the store does not tell the right of the writer to delete',
  });
});

test('versioning that is on, was never on and is suspended', async () => {
  const buckets = {
    on: await versionedBucket('Enabled'),
    never: await versionedBucket(),
    suspended: await versionedBucket('Enabled', 'Suspended'),
  };
  for (const bucket of Object.values(buckets)) await put(bucket);
  const protection = { versioning: true };

  const { told, neighbour } = await round(
    Object.fromEntries(Object.entries(buckets).map(([id, bucket]) => [id, { bucket, protection }])),
  );

  const off = { health: 'critical', text: 'Versioning is off, asked on' };
  expect(told('on', 'R13', 'versioning')).toMatchObject({
    health: 'ok',
    text: 'Versioning is on, asked on',
  });
  expect(told('never', 'R13', 'versioning')).toMatchObject(off);
  expect(told('suspended', 'R13', 'versioning')).toMatchObject(off);
  expect(neighbour).toEqual([]);
});

test('a deleted backup of which a version is left is no backup, and the one before it gives the age', async () => {
  const bucket = await versionedBucket('Enabled');
  await put(bucket, keyOf(30));
  const newest = await put(bucket, keyOf(1));
  const before = await round({ pg: { bucket } });
  await ceph.send(new DeleteObjectCommand({ Bucket: bucket, Key: newest }));

  const after = await round({ pg: { bucket } });

  const { DeleteMarkers = [], Versions = [] } = await ceph.send(
    new ListObjectVersionsCommand({ Bucket: bucket }),
  );
  expect([DeleteMarkers.length, Versions.length]).toEqual([1, 2]);
  expect(before.told('pg', 'R2', 'age')).toMatchObject({ health: 'ok' });
  expect(after.told('pg', 'R2', 'age')).toMatchObject({
    health: 'critical',
    title: 'newest good backup of PostgreSQL is too old',
    text: expect.stringMatching(/^Age 30 h, limit 25 h$/),
  });
  expect(after.neighbour).toEqual([]);
});

test('an overwritten backup counts once, as what it is now', async () => {
  const bucket = await versionedBucket('Enabled');
  const key = await put(bucket);
  await put(bucket, key, { Body: new Uint8Array() });

  const { told } = await round({ pg: { bucket } });

  expect(told('pg', 'R4', 'bucket')).toMatchObject({
    health: 'unknown',
    facts: [expect.stringMatching(/^1 object too small: db_/)],
  });
});

test('encryption and its key are those of the newest backup', async () => {
  const [ours, theirs, plain] = [await bucketOf(), await bucketOf(), await bucketOf()];
  await put(ours, keyOf(), { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'production' });
  await put(theirs, keyOf(), { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'staging' });
  await put(plain);
  const protection = { encryption: 'aws:kms', key: 'production' };

  const { told, neighbour } = await round({
    ours: { bucket: ours, protection },
    theirs: { bucket: theirs, protection },
    plain: { bucket: plain, protection },
  });

  expect(told('ours', 'R13', 'encryption')).toMatchObject({ health: 'ok' });
  expect(told('ours', 'R13', 'key')).toMatchObject({
    health: 'ok',
    text: 'Key production, asked production',
  });
  expect(told('theirs', 'R13', 'encryption')).toMatchObject({ health: 'ok' });
  expect(told('theirs', 'R13', 'key')).toMatchObject({
    health: 'critical',
    text: 'Key staging, asked production',
  });
  expect(told('plain', 'R13', 'encryption')).toMatchObject({
    health: 'critical',
    text: 'Encryption none, asked aws:kms',
  });
  expect(told('plain', 'R13', 'key')).toMatchObject({ text: 'Key none of its own, asked production' });
  expect(neighbour).toEqual([]);
});

test('public access is blocked only by all four switches', async () => {
  const [blocked, half, policied, untouched] = [
    await bucketOf(),
    await bucketOf(),
    await bucketOf(),
    await bucketOf(),
  ];
  for (const bucket of [blocked, half, policied, untouched]) await put(bucket);
  await policyOf(policied, '*');
  const all = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  const block = (Bucket: string, PublicAccessBlockConfiguration: Partial<typeof all>) =>
    ceph.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  await block(blocked, all);
  await block(half, { ...all, BlockPublicPolicy: false });
  const protection = { publicAccess: 'blocked' };

  const { told, neighbour } = await round({
    blocked: { bucket: blocked, protection },
    half: { bucket: half, protection },
    policied: { bucket: policied, protection },
    untouched: { bucket: untouched, protection },
  });
  await ceph.send(new DeletePublicAccessBlockCommand({ Bucket: blocked }));
  const opened = await round({ pg: { bucket: blocked, protection } });

  const open = { health: 'critical', text: 'Public access open, asked blocked' };
  expect(told('blocked', 'R13', 'public-access')).toMatchObject({ health: 'ok' });
  expect(told('half', 'R13', 'public-access')).toMatchObject(open);
  expect(told('policied', 'R13', 'public-access')).toMatchObject(open);
  expect(told('untouched', 'R13', 'public-access')).toMatchObject(open);
  expect(opened.told('pg', 'R13', 'public-access')).toMatchObject(open);
  expect(neighbour).toEqual([]);
});
