import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectBackup } from '../../src/inventory/inspect.ts';
import {
  type Answer,
  type Asked,
  fault,
  type PretendStore,
  page,
  startPretendStore,
} from './pretend-store.ts';
import { backupOf, depsOf, look, seenIn } from './setup.ts';

/** What Ceph does not know (test/s3): AWS' own encryption, copies in another region, and stores that know less than Ceph. */

const PREFIX = 'postgres/daily/';
const KEY = `${PREFIX}db_20261121_020000.tar`;

let store: PretendStore;
beforeAll(async () => {
  store = await startPretendStore();
});
afterAll(() => store.stop());

const place = { source: 's3', connection: 'store', prefix: PREFIX };
const listing = (keys: readonly string[]) => ({ list: page(keys.map((key) => ({ key }))) });
const xml = (inside: string): Answer => ({ body: `<?xml version="1.0"?>${inside}` });

function answers(given: Readonly<Record<string, Answer>>): void {
  store.answers(({ operation }: Asked) => given[operation]);
}

async function protectionOf(protection: object) {
  const backup = backupOf({ kind: 'sync', protection, locations: [place] });
  return seenIn((await inspectBackup(depsOf(store.clients), { backup }, look())).protection);
}

test.each<[string, Record<string, string>, unknown]>([
  ['AES256', { 'x-amz-server-side-encryption': 'AES256' }, { algorithm: 'AES256', key: null }],
  [
    'a key of KMS',
    {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:eu-west-1:1:key/k-1',
    },
    { algorithm: 'aws:kms', key: 'arn:aws:kms:eu-west-1:1:key/k-1' },
  ],
  ['none', {}, 'none'],
])('the newest object says how it is encrypted: %s', async (_name, headers, encryption) => {
  answers({ ...listing([KEY]), HEAD: { headers } });

  expect(await protectionOf({ encryption: 'AES256' })).toMatchObject({ encryption });
});

test('while nothing is there, what the bucket gives counts', async () => {
  const rule =
    '<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>';
  answers({
    ...listing([]),
    encryption: xml(`<ServerSideEncryptionConfiguration>${rule}</ServerSideEncryptionConfiguration>`),
  });
  const given = await protectionOf({ encryption: 'AES256' });
  answers({ ...listing([]), encryption: fault(404, 'ServerSideEncryptionConfigurationNotFoundError') });
  const none = await protectionOf({ encryption: 'AES256' });

  expect(given).toMatchObject({ encryption: { algorithm: 'AES256', key: null } });
  expect(none).toMatchObject({ encryption: 'none' });
});

test('a store that does not know a protection has it not, and one that knows no policies is not known', async () => {
  answers({ ...listing([KEY]), HEAD: {} });

  const protection = await protectionOf({
    versioning: true,
    lock: { mode: 'COMPLIANCE', for: '30d' },
    publicAccess: 'blocked',
  });

  expect(protection).toMatchObject({ versioning: false, lock: 'none', publicAccess: null });
});

test.each([
  ['a policy that lets everybody in', xml('<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>'), 'open'],
  ['a policy that lets nobody in', xml('<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>'), 'blocked'],
  ['no policy', fault(404, 'NoSuchBucketPolicy'), 'blocked'],
])('without switches the policy tells of public access: %s', async (_name, policyStatus, publicAccess) => {
  answers({ ...listing([KEY]), policyStatus });

  expect(await protectionOf({ publicAccess: 'blocked' })).toMatchObject({ publicAccess });
});

test.each([
  ['anyone', 'AllUsers', 'open'],
  ['anyone with an account', 'AuthenticatedUsers', 'open'],
  ['who delivers logs', 'LogDelivery', 'blocked'],
])(
  'without switches an access list may let in %s, whatever the policy says',
  async (_name, group, publicAccess) => {
    const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/${group === 'LogDelivery' ? 's3' : 'global'}/${group}</URI></Grantee>`;
    answers({
      ...listing([KEY]),
      policyStatus: fault(404, 'NoSuchBucketPolicy'),
      acl: xml(
        `<AccessControlPolicy><AccessControlList><Grant>${grantee}<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`,
      ),
    });

    expect(await protectionOf({ publicAccess: 'blocked' })).toMatchObject({ publicAccess });
  },
);

test('only what the plan asks for is asked, once each', async () => {
  answers({ ...listing([KEY]), HEAD: {} });

  const protection = await protectionOf({ encryption: 'AES256', key: 'k-1' });

  expect(protection).toEqual({
    versioning: null,
    lock: null,
    encryption: 'none',
    keyTurnedAt: null,
    publicAccess: null,
    writerDelete: null,
  });
  expect(store.asked.map(({ operation }) => operation).sort()).toEqual(['HEAD', 'list', 'uploads']);
});

test('one refusal makes the protection unreadable and leaves the listing', async () => {
  answers({ ...listing([KEY]), versioning: fault(403, 'AccessDenied') });
  const backup = backupOf({ kind: 'sync', protection: { versioning: true }, locations: [place] });

  const seen = await inspectBackup(depsOf(store.clients), { backup }, look());

  expect(seen.protection).toEqual({
    state: 'unreadable',
    cause: 'denied',
    reason: 'S3 refuses access (AccessDenied)',
  });
  expect(seenIn(seen.listing).count).toBe(1);
});

test.each([
  ['PENDING', 'pending', { pendingCopies: { count: 1, oldestStoredAt: expect.any(Date) } }],
  ['FAILED', 'failed', { failedCopies: { count: 1, examples: [KEY] } }],
  ['COMPLETED', 'done', { failedCopies: { count: 0 } }],
])('the store tells of its copy elsewhere: %s', async (said, replication, told) => {
  answers({ ...listing([KEY]), HEAD: { headers: { 'x-amz-replication-status': said } } });
  const backup = backupOf({ kind: 'sync', locations: [place, { ...place, prefix: 'copies/' }] });

  const seen = await inspectBackup(depsOf(store.clients), { backup }, look());

  const found = seenIn(seen.listing);
  expect(found.newest[0]).toMatchObject({ key: KEY, replication });
  expect(found).toMatchObject(told);
  expect(Object.keys(seen.copies ?? {})).toEqual(['place-1']);
});

test('a copy that cannot be read says so beside a place that can', async () => {
  store.answers(({ operation, query }) => {
    if (operation !== 'list') return undefined;
    return query.get('prefix') === PREFIX ? page([{ key: KEY }]) : fault(403, 'AccessDenied');
  });
  const backup = backupOf({ kind: 'sync', locations: [place, { ...place, prefix: 'copies/' }] });

  const seen = await inspectBackup(depsOf(store.clients), { backup }, look());

  expect(seenIn(seen.listing).count).toBe(1);
  expect(seen.copies).toMatchObject({ 'place-1': { state: 'unreadable', cause: 'denied' } });
});
