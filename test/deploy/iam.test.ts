import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Plan } from '../../src/domain/plan.ts';

const OneOrMore = z.union([z.string(), z.array(z.string())]).transform((given) => [given].flat());
const Policy = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({
      Sid: z.string(),
      Effect: z.literal('Allow'),
      Action: OneOrMore,
      Resource: OneOrMore,
      Condition: z.record(z.string(), z.record(z.string(), OneOrMore)).optional(),
    }),
  ),
});

/** The right that each call of the SDK needs. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  GetObjectCommand: ['s3:GetObject', 's3:GetObjectVersion'],
  HeadObjectCommand: ['s3:GetObject', 's3:GetObjectVersion'],
  paginateListObjectsV2: ['s3:ListBucket'],
  GetBucketAclCommand: ['s3:GetBucketAcl'],
  GetBucketEncryptionCommand: ['s3:GetEncryptionConfiguration'],
  GetBucketPolicyStatusCommand: ['s3:GetBucketPolicyStatus'],
  GetBucketVersioningCommand: ['s3:GetBucketVersioning'],
  GetObjectLockConfigurationCommand: ['s3:GetBucketObjectLockConfiguration'],
  GetObjectRetentionCommand: ['s3:GetObjectRetention'],
  GetPublicAccessBlockCommand: ['s3:GetBucketPublicAccessBlock'],
  ListMultipartUploadsCommand: ['s3:ListBucketMultipartUploads'],
  PublishCommand: ['sns:Publish'],
};

test.each([
  ['src/clients/s3.ts', 'deploy/iam/backup-read.json', []],
  // To look at an object takes the right to read it, which the other policy gives. Access lists are asked of stores that have
  // no switches against public access, and S3 has them.
  [
    'src/clients/s3-protection.ts',
    'deploy/iam/backup-watch.json',
    ['s3:GetObject', 's3:GetObjectVersion', 's3:GetBucketAcl'],
  ],
  ['src/clients/sns.ts', 'deploy/iam/notice-publish.json', []],
])('what %s calls is exactly what %s allows', (client, file, elsewhere) => {
  const calls = [...read(client).matchAll(/\b([A-Za-z]+Command|paginate[A-Za-z0-9]+)\b/g)].map(
    ([name]) => name,
  );
  const needed = calls
    .flatMap((call) => RIGHTS[call] ?? [`unknown: ${call}`])
    .filter((right) => !elsewhere.some((other) => other === right));
  const allowed = policy(file).Statement.flatMap(({ Action }) => Action);

  expect(allowed.toSorted()).toEqual([...new Set(needed)].toSorted());
});

test('the policies name actions and places, and reach no further than the backups of the plan', () => {
  const { backups } = Plan.parse(parse(read('plans/janua.yml')));
  const places = backups.flatMap(({ locations }) => locations.filter((place) => place.source === 's3'));
  const [readObjects, list] = policy('deploy/iam/backup-read.json').Statement;
  const [buckets, locks] = policy('deploy/iam/backup-watch.json').Statement;
  const everything = ['backup-read', 'backup-watch', 'backup-decrypt', 'notice-publish'].flatMap(
    (name) => policy(`deploy/iam/${name}.json`).Statement,
  );

  expect(readObjects?.Resource).toEqual(
    places.map(({ connection, prefix }) => `arn:aws:s3:::${connection}/${prefix}*`),
  );
  expect(list?.Resource).toEqual([...new Set(places.map(({ connection }) => `arn:aws:s3:::${connection}`))]);
  expect(list?.Condition).toEqual({
    StringLike: { 's3:prefix': [...new Set(places.map(({ prefix }) => `${prefix}*`))] },
  });
  expect(buckets?.Resource).toEqual(list?.Resource);
  expect(locks?.Resource).toEqual(readObjects?.Resource);
  for (const { Action, Resource } of everything) {
    expect(Action.filter((action) => action.includes('*'))).toEqual([]);
    expect(Resource.filter((resource) => resource === '*')).toEqual([]);
  }
});

function policy(path: string): z.infer<typeof Policy> {
  return Policy.parse(JSON.parse(read(path)));
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
