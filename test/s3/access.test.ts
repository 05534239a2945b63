import { DeleteBucketCommand, DeleteObjectCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { expect, inject, test } from 'vitest';
import { bucketOf, ceph, put, round, stranger } from './store.ts';

/** Ceph serves every region alike and never asks for patience: wrong regions and SlowDown are proved in test/inventory. */

const { owner } = inject('ceph');

/** What can be asked about protection, so that every question meets the refusal. */
const protection = { versioning: true, publicAccess: 'blocked', lock: { mode: 'COMPLIANCE', for: '1d' } };

test('keys that the store does not know, and a secret that is wrong, are told by name', async () => {
  const bucket = await bucketOf();
  await put(bucket);

  const { told, wrong, neighbour } = await round({
    unknown: { bucket, protection, as: { accessKeyId: 'nobody', secretAccessKey: 'nothing' } },
    wrong: { bucket, protection, as: { ...owner, secretAccessKey: 'not the secret' } },
  });

  expect(told('unknown', 'R4', 'bucket')).toMatchObject({
    health: 'unknown',
    title: 'S3 bucket "unknown" cannot be read',
    facts: ['S3 refuses access (InvalidAccessKeyId)'],
  });
  expect(told('wrong', 'R4', 'bucket')).toMatchObject({
    health: 'unknown',
    facts: ['S3 refuses access (SignatureDoesNotMatch)'],
  });
  expect(new Set(wrong('wrong').map((told) => told.replace(/^R\d+ /, '')))).toEqual(new Set(['unknown']));
  expect(wrong('wrong')).toEqual(expect.arrayContaining(['R2 unknown', 'R4 unknown', 'R13 unknown']));
  expect(neighbour).toEqual([]);
});

test("another user's bucket is refused, and nothing of it is called healthy", async () => {
  const bucket = await bucketOf();
  await put(bucket);

  const { told, wrong, neighbour } = await round({ pg: { bucket, protection, as: stranger } });

  expect(told('pg', 'R4', 'bucket')).toMatchObject({
    health: 'unknown',
    text: 'not known: S3 in eu refuses access',
    facts: ['S3 refuses access (AccessDenied)'],
  });
  expect(told('pg', 'R2', 'age')).toMatchObject({ health: 'unknown' });
  expect(told('pg', 'R13', 'lock')).toMatchObject({ health: 'unknown' });
  expect(wrong('pg')).not.toContain('R2 critical');
  expect(neighbour).toEqual([]);
});

test('who may list and no more judges the age; what cannot be looked at is not known', async () => {
  const bucket = await bucketOf();
  await put(bucket);
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: [`arn:aws:iam:::user/${stranger.accessKeyId}`] },
    Action: ['s3:ListBucket'],
    Resource: [`arn:aws:s3:::${bucket}`],
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await ceph.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));

  const { told, neighbour } = await round({ pg: { bucket, protection, as: stranger } });

  expect(told('pg', 'R2', 'age')).toMatchObject({ health: 'ok' });
  expect(told('pg', 'R13', 'versioning')).toMatchObject({
    health: 'unknown',
    text: 'not known: S3 in eu refuses access',
    facts: ['S3 refuses access (AccessDenied)'],
  });
  expect(told('pg', 'R4', 'bucket')).toMatchObject({ health: 'unknown' });
  expect(neighbour).toEqual([]);
});

test('a bucket that never was, and one that was deleted since the last round', async () => {
  const bucket = await bucketOf();
  const key = await put(bucket);
  const before = await round({ deleted: { bucket } });
  await ceph.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  await ceph.send(new DeleteBucketCommand({ Bucket: bucket }));

  const { told, neighbour } = await round({ deleted: { bucket }, never: { bucket: 'nobody-made-this' } });

  const gone = (id: string) => ({
    health: 'unknown',
    text: `not known: S3 bucket "${id}" is not there`,
    facts: ['S3 does not have it (NoSuchBucket)'],
  });
  expect(before.told('deleted', 'R4', 'bucket')).toMatchObject({ health: 'ok' });
  expect(told('deleted', 'R4', 'bucket')).toMatchObject(gone('deleted'));
  expect(told('never', 'R4', 'bucket')).toMatchObject(gone('never'));
  expect(neighbour).toEqual([]);
});
