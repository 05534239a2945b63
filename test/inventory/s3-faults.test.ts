import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectBackup } from '../../src/inventory/inspect.ts';
import { type Answer, fault, type PretendStore, page, startPretendStore } from './pretend-store.ts';
import { backupOf, clientsOf, depsOf, look, NOW, seenIn } from './setup.ts';

const PREFIX = 'postgres/daily/';
const backup = backupOf({
  locations: [{ source: 's3', connection: 'store', prefix: PREFIX }],
  namePattern: 'db_{YYYYmmdd_HHMMSS}.sql.gz',
});

let store: PretendStore;
beforeAll(async () => {
  store = await startPretendStore();
});
afterAll(() => store.stop());

const inspect = (signal?: AbortSignal) =>
  inspectBackup(depsOf(store.clients), { backup }, look(signal && { signal }));

test.each<[string, Answer, string, string]>([
  ['access denied', fault(403, 'AccessDenied'), 'denied', 'S3 refuses access (AccessDenied)'],
  [
    'a wrong secret',
    fault(403, 'SignatureDoesNotMatch'),
    'denied',
    'S3 refuses access (SignatureDoesNotMatch)',
  ],
  ['an expired token', fault(400, 'ExpiredToken'), 'denied', 'S3 refuses access (ExpiredToken)'],
  ['a deleted bucket', fault(404, 'NoSuchBucket'), 'gone', 'S3 does not have it (NoSuchBucket)'],
  [
    'another region',
    fault(301, 'PermanentRedirect'),
    'wrong-region',
    'S3 keeps it in another region than connections.yml says (PermanentRedirect)',
  ],
  [
    'a signature for another region',
    fault(400, 'AuthorizationHeaderMalformed'),
    'wrong-region',
    'S3 keeps it in another region than connections.yml says (AuthorizationHeaderMalformed)',
  ],
  ['throttling', fault(503, 'SlowDown'), 'throttled', 'S3 asks to be asked less often (SlowDown)'],
  ['a fault of its own', fault(500, 'InternalError'), 'unreachable', 'S3 does not answer (InternalError)'],
  ['a page that is no XML', { body: 'Hello <b>there' }, 'malformed', ''],
  ['a page of a proxy', { body: '<html><body>Log in first</body></html>' }, 'malformed', ''],
  ['half a page', { body: page([{ key: `${PREFIX}x` }]).body?.slice(0, 120) ?? '' }, 'malformed', ''],
])('%s is told as such', async (_name, answer, cause, reason) => {
  store.answers(() => answer);

  const { listing, shape } = await inspect();

  expect(listing).toMatchObject({ state: 'unreadable', cause });
  expect(shape).toEqual(listing);
  if (reason !== '') expect(listing).toMatchObject({ reason });
});

test('a store that is throttled for a moment is read all the same', async () => {
  let refused = 0;
  store.answers(({ operation }) => {
    if (operation !== 'list') return undefined;
    refused += 1;
    return refused < 3 ? fault(503, 'SlowDown') : page([{ key: `${PREFIX}db_20261121_020000.sql.gz` }]);
  });

  const { listing } = await inspect();

  expect(seenIn(listing).count).toBe(1);
});

test('a store that hangs is left behind when the time is over', async () => {
  store.answers(() => 'silence');

  const { listing } = await inspect(AbortSignal.timeout(300));

  expect(listing).toEqual({
    state: 'unreadable',
    cause: 'timeout',
    reason: 'S3 did not answer in time (TimeoutError)',
  });
});

test('a bot that is told to end is not told what it did not see', async () => {
  store.answers(() => 'silence');
  const ending = new AbortController();

  const looking = inspect(ending.signal);
  ending.abort(new Error('the bot ends'));

  await expect(looking).rejects.toThrow('the bot ends');
});

test('nobody listens, and a connection or a secret is missing', async () => {
  const where = { bucket: 'backups', region: 'x', endpoint: 'http://127.0.0.1:1' };
  const keys = { accessKeyId: 'env:TEST_S3_KEY', secretAccessKey: 'env:TEST_NOT_SET_ANYWHERE' };
  const read = async (connections: object) =>
    (await inspectBackup(depsOf(clientsOf(connections)), { backup }, look())).listing;

  const away = await read({
    s3: { store: { ...where, ...keys, secretAccessKey: 'env:TEST_S3_SECRET' } },
  });
  const secretless = await read({ s3: { store: { ...where, ...keys } } });
  const nameless = await read({});

  expect(away).toMatchObject({ cause: 'unreachable', reason: 'S3 does not answer (ECONNREFUSED)' });
  expect(secretless).toMatchObject({ cause: 'gone' });
  expect(secretless).toMatchObject({ reason: expect.stringContaining('TEST_NOT_SET_ANYWHERE is not set') });
  expect(nameless).toMatchObject({ reason: expect.stringContaining('has no s3 connection "store"') });
});

test('of a million keys no more is kept than of a few', async () => {
  const total = 1_000_000;
  const s3 = {
    ...store.clients.s3,
    uploads: async () => [],
    // Pages of the SDK's would take minutes to make and to read; the pager is not what is looked at.
    async *list() {
      const object = { bytes: 1_000, etag: 'e', modifiedAt: NOW, storageClass: 'STANDARD' };
      for (let n = 0; n < total; n += 1) yield { ...object, key: `${PREFIX}db_20261120_020000-${n}` };
    },
  };
  const many = { ...backup, namePattern: 'db_{YYYYmmdd_HHMMSS}-{*}' };

  const { listing } = await inspectBackup(depsOf({ ...store.clients, s3 }), { backup: many }, look());

  const { newest, count, bytes } = seenIn(listing);
  expect({ count, bytes }).toEqual({ count: total, bytes: total * 1_000 });
  expect(newest.length).toBeLessThan(20);
  expect(JSON.stringify(listing).length).toBeLessThan(10_000);
});
