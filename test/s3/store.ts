import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import type { StoreUser } from '../helpers/radosgw.ts';
import { samplePlan } from '../helpers/sample-plan.ts';
import { roundOf } from '../inventory/round.ts';

const HOUR = 3_600_000;
/** All keys of a run are counted back from one instant. */
const BEGAN = Date.now();
const PREFIX = 'daily/';
const NEIGHBOUR = 'neighbour';
const BODY = 'everything of the day, in one piece';

/** One backup of a round: its bucket, whose keys the bot has, and what the plan says besides. */
export interface Kept {
  readonly bucket: string;
  readonly as?: StoreUser;
  readonly [field: string]: unknown;
}

const { endpoint, region, owner, stranger } = inject('ceph');

export { stranger };

/** The owner of all buckets, and a stranger with keys of his own. */
export const ceph = new S3Client({ endpoint, region, credentials: owner, forcePathStyle: true });

let buckets = 0;
/** A new bucket of the owner. */
export async function bucketOf(given: Partial<CreateBucketCommandInput> = {}): Promise<string> {
  buckets += 1;
  const name = `backups-${process.pid}-${buckets}`;
  await ceph.send(new CreateBucketCommand({ Bucket: name, ...given }));
  return name;
}

/** The key of a backup that was taken so many hours ago. */
export function keyOf(hours = 1, name = 'db'): string {
  const stamp = new Date(BEGAN - hours * HOUR).toISOString().replace(/[-:]|\..*/g, '');
  return `${PREFIX}${name}_${stamp.replace('T', '_')}.tar`;
}

/** Stores a backup; its key. */
export async function put(bucket: string, key = keyOf(), given: Partial<PutObjectCommandInput> = {}) {
  await ceph.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: BODY, ...given }));
  return key;
}

/**
 * One round of the watch over these backups and a healthy one beside them, as the bot makes it: by its inspector, its own
 * client and its rules.
 */
export async function round(kept: Readonly<Record<string, Kept>>) {
  const neighbour = await bucketOf();
  await put(neighbour);
  const all = { ...kept, [NEIGHBOUR]: { bucket: neighbour } };
  const plan = samplePlan({ backups: Object.entries(all).map(([id, given]) => backupOf(id, given)) });
  const { told, wrong } = await roundOf(plan, clientsOf(all), new Date());
  /** What is wrong with the healthy one, which no other may disturb. */
  return { told, wrong, neighbour: wrong(NEIGHBOUR) };
}

function backupOf(id: string, { bucket: _bucket, as: _as, ...given }: Kept) {
  const place = { id: 'bucket', role: 'primary', failureDomain: 'eu' } as const;
  return {
    id,
    component: 'postgres',
    kind: 'export' as const,
    minBytes: BODY.length,
    namePattern: 'db_{YYYYmmdd_HHMMSS}.tar',
    alerts: { age: '25h' },
    locations: [{ ...place, source: 's3' as const, connection: id, prefix: PREFIX }],
    ...given,
  };
}

function clientsOf(kept: Readonly<Record<string, Kept>>) {
  const s3 = Object.entries(kept).map(([id, { bucket, as = owner }], index) => {
    const [key, secret] = [`TEST_CEPH_KEY_${index}`, `TEST_CEPH_SECRET_${index}`];
    process.env[key] = as.accessKeyId;
    process.env[secret] = as.secretAccessKey;
    const keys = { accessKeyId: `env:${key}`, secretAccessKey: `env:${secret}` };
    return [id, { bucket, region, endpoint, ...keys }];
  });
  return createClients(Connections.parse({ s3: Object.fromEntries(s3) }));
}
