import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { bucketOf, ceph, keyOf, put, round } from './store.ts';

test('an upload that goes on is told as such and is no backup until it ends', async () => {
  const bucket = await bucketOf();
  const key = keyOf();
  const where = { Bucket: bucket, Key: key };
  const { UploadId } = await ceph.send(new CreateMultipartUploadCommand(where));
  const part = { ...where, UploadId, PartNumber: 1, Body: 'x'.repeat(5_000) };
  const { ETag } = await ceph.send(new UploadPartCommand(part));

  const during = await round({ pg: { bucket } });
  await ceph.send(
    new CompleteMultipartUploadCommand({
      ...where,
      UploadId,
      MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] },
    }),
  );
  const after = await round({ pg: { bucket } });

  expect(during.told('pg', 'R4', 'bucket')).toMatchObject({
    health: 'unknown',
    facts: [expect.stringMatching(/^1 object still being written: db_/)],
  });
  expect(during.neighbour).toEqual([]);
  expect(after.wrong('pg')).toEqual([]);
});

test('every page of a long listing is read: a hole in the middle is found, and the newest is on the last page', async () => {
  const bucket = await bucketOf();
  const [total, hole] = [1_203, 700];
  const lists = Array.from({ length: 12 }, async (_, first) => {
    for (let hours = first; hours <= total; hours += 12) if (hours !== hole) await put(bucket, keyOf(hours));
  });
  await Promise.all(lists);

  const { told, neighbour } = await round({ pg: { bucket, retention: { hourly: total, maxAge: '40d' } } });

  expect(told('pg', 'R2', 'age')).toMatchObject({ health: 'ok' });
  expect(told('pg', 'R12', 'hourly')).toMatchObject({
    health: 'warning',
    text: expect.stringMatching(/^1 of the last 1203 hourly backups missing: \d+ \w+ \d\d:00; limit 0$/),
  });
  expect(told('pg', 'R12', 'max-age')).toMatchObject({
    health: 'warning',
    facts: [expect.stringContaining(keyOf(total).replace('daily/', ''))],
  });
  expect(neighbour).toEqual([]);
});

test('what lies beside the backups is named and counted, and hides none of them', async () => {
  const bucket = await bucketOf();
  await put(bucket, keyOf(2));
  await put(bucket, keyOf(1), { Body: new Uint8Array() });
  await put(bucket, keyOf(-48));
  await put(bucket, 'daily/README.txt');
  await put(bucket, 'daily/', { Body: new Uint8Array() });

  const { told, wrong } = await round({ pg: { bucket } });

  expect(told('pg', 'R2', 'age')).toMatchObject({ health: 'ok', text: 'Age 2 h, limit 25 h' });
  expect(told('pg', 'R2', 'age')?.facts).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^1 object too small: db_/),
      '1 object with a name the plan does not know: README.txt',
      expect.stringMatching(/^1 object dated in the future: db_/),
    ]),
  );
  expect(wrong('pg')).not.toContain('R2 critical');
});
