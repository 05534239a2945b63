import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type SandboxAws, startAws } from '../../sandbox/aws.ts';
import { createS3 } from '../../src/clients/s3.ts';
import { type FaultyS3, startFaultyS3 } from '../actions/faulty-s3.ts';

let aws: SandboxAws;
let faulty: FaultyS3;
let s3: ReturnType<typeof createS3>;
const { signal } = new AbortController();
const etagOf = (body: Uint8Array) => createHash('md5').update(body).digest('hex');

beforeAll(async () => {
  aws = await startAws();
  faulty = await startFaultyS3(aws.endpoint);
  process.env.TEST_S3_KEY = 'sandbox';
  process.env.TEST_S3_SECRET = 'sandbox-secret';
  const where = {
    region: aws.region,
    endpoint: faulty.endpoint,
    accessKeyId: 'env:TEST_S3_KEY',
    secretAccessKey: 'env:TEST_S3_SECRET',
  };
  s3 = createS3({
    s3: { janua: { bucket: aws.bucket, ...where }, gone: { bucket: 'no-such-bucket', ...where } },
  });
});
afterEach(() => faulty.reset());
afterAll(async () => {
  await faulty.stop();
  await aws.stop();
});

async function listed(prefix: string) {
  const found = [];
  for await (const object of s3.list('janua', prefix, { signal })) found.push(object);
  return found;
}

test('a listing goes through all pages', async () => {
  const body = Buffer.from('x');
  for (let n = 0; n < 1_100; n += 1) await aws.put(`many/${String(n).padStart(4, '0')}`, body);

  const found = await listed('many/');

  expect(found).toHaveLength(1_100);
  expect(found.at(-1)).toEqual({
    key: 'many/1099',
    bytes: 1,
    etag: etagOf(body),
    modifiedAt: expect.any(Date),
    storageClass: 'STANDARD',
  });
  expect(faulty.requests.filter(({ path }) => path.replace(/\/$/, '') === `/${aws.bucket}`)).toHaveLength(3);
});

test('an object is read from a byte on, and only with the ETag asked for', async () => {
  const body = Buffer.from('0123456789');
  await aws.put('a', body);
  const ref = { key: 'a', etag: etagOf(body) };

  const rest = await s3.open('janua', ref, { signal, from: 4 });
  const chunks = await rest.toArray();
  const head = await s3.head('janua', ref, { signal });

  expect(Buffer.concat(chunks).toString()).toBe('456789');
  expect(head).toEqual({ bytes: 10, etag: ref.etag, versionId: null, archived: false });
  for (const other of [
    { key: 'a', etag: 'other' },
    { key: 'nothing-here', etag: ref.etag },
  ]) {
    await expect(s3.open('janua', other, { signal })).rejects.toMatchObject({ code: 'backup-changed' });
    await expect(s3.head('janua', other, { signal })).rejects.toMatchObject({ code: 'backup-changed' });
  }
});

test('keys are data, whatever they look like', async () => {
  const body = Buffer.from('x');
  const keys = [
    'odd/../../etc/cron.d/x',
    'odd/%2e%2e',
    'odd/a b+c&d',
    'odd/$(id);`id`',
    `odd/${'k'.repeat(900)}`,
  ];
  for (const key of keys) await aws.put(key, body);

  expect((await listed('odd/')).map(({ key }) => key).sort()).toEqual([...keys].sort());
  for (const key of keys)
    expect(await s3.head('janua', { key, etag: etagOf(body) }, { signal })).toMatchObject({ bytes: 1 });
});

test('a missing bucket and refused access are refused, an outage and a refused connection may pass', async () => {
  const head = () => s3.head('janua', { key: 'a', etag: 'e' }, { signal });

  const gone = s3.list('gone', '', { signal }).next();
  await expect(gone).rejects.toMatchObject({ code: 'outside-refused', retry: 'never' });
  for (const [status, code] of [
    [403, 'outside-refused'],
    [500, 'outside-unreachable'],
    [503, 'outside-unreachable'],
    [429, 'outside-unreachable'],
  ] as const) {
    faulty.faults.status = status;
    await expect(head(), String(status)).rejects.toMatchObject({ code });
  }
  const nowhere = createS3({
    s3: {
      away: {
        bucket: 'away-bucket',
        region: 'eu-west-1',
        endpoint: 'http://127.0.0.1:1',
        accessKeyId: 'env:TEST_S3_KEY',
        secretAccessKey: 'env:TEST_S3_SECRET',
      },
    },
  });
  const away = nowhere.head('away', { key: 'a', etag: 'e' }, { signal });
  await expect(away).rejects.toThrow(
    'S3 (bucket away-bucket, eu-west-1) does not answer: ECONNREFUSED. It is tried again',
  );
});

test('faults name the connection and never a secret', async () => {
  expect(() => s3.place('nope')).toThrow('connections.yml has no s3 connection "nope". Add it under s3.');
  faulty.faults.status = 403;

  const error = await s3.head('janua', { key: 'a', etag: 'e' }, { signal }).catch((fault: unknown) => fault);

  expect(String(error)).toContain('S3 (bucket janua-backups, eu-west-1) refuses');
  expect(String(error)).not.toContain('sandbox-secret');
});

test('an abort ends a request and an open stream', async () => {
  const body = Buffer.alloc(200_000);
  await aws.put('slow', body);
  faulty.faults.pieceBytes = 1_000;
  faulty.faults.pieceMs = 20;
  const abort = new AbortController();

  const stream = await s3.open('janua', { key: 'slow', etag: etagOf(body) }, { signal: abort.signal });
  setTimeout(() => abort.abort(new Error('aborted by Ben')), 50);

  await expect(stream.toArray()).rejects.toThrow();
  await expect(s3.list('janua', '', { signal: abort.signal }).next()).rejects.toThrow('aborted by Ben');
});
