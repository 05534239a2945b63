import type { ServerSideEncryptionByDefault } from '@aws-sdk/client-s3';
import type { AskS3 } from './s3.ts';

interface Options {
  readonly signal: AbortSignal;
}

export interface Encryption {
  readonly algorithm: string;
  readonly key: string | null;
}

export interface Lock {
  readonly mode: string;
  readonly ms: number;
}

/** What the store itself says of one object that it really keeps. */
export interface ObjectFacts {
  readonly encryption: Encryption | 'none';
  /** Null where the store does not copy it elsewhere, or this is the copy. */
  readonly replication: 'pending' | 'failed' | 'done' | null;
}

const DAY_MS = 86_400_000;
/** Uploads told by one answer; more of them say nothing more. */
const MOST_UPLOADS = 100;

/** The store does not have this at all: a fact about it and no fault. */
const UNKNOWN_HERE = ['NotImplemented', 'MethodNotAllowed'];

/** InvalidRequest: of an object, when its bucket was made without object lock. */
const NOT_LOCKED = [
  'InvalidRequest',
  'NoSuchObjectLockConfiguration',
  'ObjectLockConfigurationNotFoundError',
  ...UNKNOWN_HERE,
];

/** Groups of access lists: anyone at all, and anyone with an account of any customer. */
const EVERYBODY = ['AllUsers', 'AuthenticatedUsers'].map(
  (group) => `http://acs.amazonaws.com/groups/global/${group}`,
);

const REPLICATION = { PENDING: 'pending', FAILED: 'failed', COMPLETED: 'done', COMPLETE: 'done' } as const;

/** How a bucket guards what it keeps. Each function is one request, and none of them changes anything. */
export function createS3Protection(ask: AskS3) {
  /** Uploads that somebody began under a prefix and did not end, by their keys. */
  function uploads(name: string, prefix: string, options: Options): Promise<readonly string[]> {
    return ask(name, options, async ({ sdk, client, bucket, request }) => {
      const where = { Bucket: bucket, Prefix: prefix, MaxUploads: MOST_UPLOADS };
      const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand(where), request);
      return Uploads.flatMap(({ Key }) => Key ?? []);
    });
  }

  function facts(name: string, key: string, options: Options): Promise<ObjectFacts> {
    return ask(name, options, async ({ sdk, client, bucket, request }) => {
      const found = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }), request);
      const { ServerSideEncryption, SSEKMSKeyId, ReplicationStatus = '' } = found;
      return {
        encryption: encryptionOf({ SSEAlgorithm: ServerSideEncryption, KMSMasterKeyID: SSEKMSKeyId }),
        replication: Object.entries(REPLICATION).find(([said]) => said === ReplicationStatus)?.[1] ?? null,
      };
    });
  }

  /** Until when one object cannot be taken away, counted from when it was stored. */
  function retention(
    name: string,
    { key, storedAt }: { readonly key: string; readonly storedAt: Date },
    options: Options,
  ): Promise<Lock | 'none'> {
    return ask(name, options, async ({ sdk, client, bucket, request }) => {
      const asked = new sdk.GetObjectRetentionCommand({ Bucket: bucket, Key: key });
      const found = await client.send(asked, request).catch(instead(NOT_LOCKED, undefined));
      const { Mode, RetainUntilDate } = found?.Retention ?? {};
      if (Mode === undefined || RetainUntilDate === undefined) return 'none';
      return { mode: Mode, ms: RetainUntilDate.getTime() - storedAt.getTime() };
    });
  }

  /** What the bucket gives objects that are stored from now on. */
  function lockRule(name: string, options: Options): Promise<Lock | 'none'> {
    return ask(name, options, async ({ sdk, client, bucket, request }) => {
      const asked = new sdk.GetObjectLockConfigurationCommand({ Bucket: bucket });
      const found = await client.send(asked, request).catch(instead(NOT_LOCKED, undefined));
      const { Mode, Days, Years = 0 } = found?.ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
      return Mode === undefined ? 'none' : { mode: Mode, ms: (Days ?? Years * 365) * DAY_MS };
    });
  }

  /** The same for encryption. */
  function encryptionRule(name: string, options: Options): Promise<Encryption | 'none'> {
    return ask(name, options, async ({ sdk, client, bucket, request }) => {
      const asked = new sdk.GetBucketEncryptionCommand({ Bucket: bucket });
      const none = ['ServerSideEncryptionConfigurationNotFoundError', ...UNKNOWN_HERE];
      const found = await client.send(asked, request).catch(instead(none, undefined));
      const [rule] = found?.ServerSideEncryptionConfiguration?.Rules ?? [];
      return encryptionOf(rule?.ApplyServerSideEncryptionByDefault);
    });
  }

  function versioning(name: string, options: Options): Promise<boolean> {
    return ask(name, options, async ({ sdk, client, bucket, request }) => {
      const asked = new sdk.GetBucketVersioningCommand({ Bucket: bucket });
      const found = await client.send(asked, request).catch(instead(UNKNOWN_HERE, undefined));
      return found?.Status === 'Enabled';
    });
  }

  /**
   * All four switches, or on stores that have none a policy and an access list that let nobody in. Null where the store knows
   * neither switches nor policies.
   */
  function publicAccess(name: string, options: Options): Promise<'blocked' | 'open' | null> {
    return ask(name, options, async ({ sdk, client, bucket, request }) => {
      const where = { Bucket: bucket };
      const block = await client
        .send(new sdk.GetPublicAccessBlockCommand(where), request)
        .then(({ PublicAccessBlockConfiguration = {} }) => Object.values(PublicAccessBlockConfiguration))
        .catch(instead(['NoSuchPublicAccessBlockConfiguration'], []))
        .catch(instead(UNKNOWN_HERE, undefined));
      if (block !== undefined) return block.filter(Boolean).length === 4 ? 'blocked' : 'open';
      const policy = await client
        .send(new sdk.GetBucketPolicyStatusCommand(where), request)
        .then(({ PolicyStatus }) => (PolicyStatus?.IsPublic === true ? 'open' : 'blocked'))
        .catch(instead(['NoSuchBucketPolicy'], 'blocked' as const))
        .catch(instead(UNKNOWN_HERE, null));
      if (policy === 'open') return policy;
      const grants = await client
        .send(new sdk.GetBucketAclCommand(where), request)
        .then(({ Grants = [] }) => Grants)
        .catch(instead(UNKNOWN_HERE, []));
      return grants.some(({ Grantee }) => EVERYBODY.includes(Grantee?.URI ?? '')) ? 'open' : policy;
    });
  }

  return { uploads, facts, retention, lockRule, encryptionRule, versioning, publicAccess };
}

function encryptionOf(rule: Partial<ServerSideEncryptionByDefault> | undefined): Encryption | 'none' {
  if (rule?.SSEAlgorithm === undefined) return 'none';
  return { algorithm: rule.SSEAlgorithm, key: rule.KMSMasterKeyID ?? null };
}

/** For `catch`: a value in place of the named answers. */
function instead<Value>(names: readonly string[], value: Value) {
  return (error: unknown): Value => {
    if (error instanceof Error && names.includes(error.name)) return value;
    throw error;
  };
}
