import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { awsSettings } from '../src/clients/aws.ts';
import { createClients } from '../src/clients/index.ts';
import { Connections } from '../src/domain/connections.ts';
import { Backup } from '../src/domain/plan-backup.ts';
import { inspectBackup } from '../src/inventory/inspect.ts';

/** One listing of BENCH_KEYS keys, by the watch or by a bare loop, in a process that does nothing else. */
const [side = ''] = process.argv.slice(2);
const keys = Number(process.env.BENCH_KEYS);
const connection = {
  bucket: 'bench',
  region: 'eu-west-1',
  endpoint: process.env.BENCH_S3 ?? '',
  accessKeyId: 'env:BENCH_S3_KEY' as const,
  secretAccessKey: 'env:BENCH_S3_KEY' as const,
};
process.env.BENCH_S3_KEY = 'bench-key';
const clients = createClients(Connections.parse({ s3: { store: connection } }));
const client = new S3Client({ ...awsSettings(connection), forcePathStyle: true });

const read = side === 'watch' ? byWatch : byLoop;
// The first connection, the first page and what is compiled for them are on no side's bill.
await read(1);
const cpu = process.cpuUsage();
const beganMb = megabytes(process.memoryUsage.rss());
const began = performance.now();
const found = await read(keys);
const ms = Math.round(performance.now() - began);
const { user, system } = process.cpuUsage(cpu);
if (found !== keys) throw new Error(`${side} saw ${found} of ${keys} keys.`);
const told = {
  ms,
  cpuMs: Math.round((user + system) / 1_000),
  beganMb,
  peakMb: megabytes(process.resourceUsage().maxRSS * 1_024),
};
process.stdout.write(JSON.stringify(told));
process.exit(0);

/** As the bot looks at a bucket: names read, periods and sizes folded, unfinished uploads asked for. */
async function byWatch(count: number): Promise<number> {
  const backup = Backup.parse({
    id: 'large',
    component: 'postgres',
    kind: 'export',
    schedule: { cron: '* * * * *' },
    namePattern: 'db_{YYYYmmdd_HHMMSS}.dump',
    retention: { hourly: 48, daily: 30, weekly: 8, monthly: 12 },
    locations: [
      {
        id: 'bucket',
        role: 'primary',
        failureDomain: 'eu',
        source: 's3',
        connection: 'store',
        prefix: `${count}/`,
      },
    ],
  });
  const look = { now: new Date(), signal: AbortSignal.timeout(600_000) };
  const { listing } = await inspectBackup({ clients }, { backup }, look);
  if (listing?.state !== 'seen') throw new Error(JSON.stringify(listing));
  return listing.value.count;
}

/** As anybody lists a bucket: pages of the service's own size. */
async function byLoop(count: number): Promise<number> {
  const where = { Bucket: connection.bucket, Prefix: `${count}/` };
  let seen = 0;
  let token: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ ...where, ContinuationToken: token }));
    seen += page.Contents?.length ?? 0;
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return seen;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
