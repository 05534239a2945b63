import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const KEYS = 100_000;
const PAGE = 500;

/** A bucket of one backup a minute, newest last, made up as it is asked for. */
async function startHugeBucket() {
  const server = createServer((request, response) => {
    const token = Number(new URL(request.url ?? '', 'http://x').searchParams.get('continuation-token') ?? 0);
    const contents = Array.from({ length: PAGE }, (_, index) => {
      const at = new Date(Date.UTC(2026, 8, 1) + (token + index) * 60_000).toISOString();
      const stamp = at.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_');
      return `<Contents><Key>postgres/daily/postgres_janua_${stamp}.dump</Key><LastModified>${at}</LastModified><ETag>&quot;${index}&quot;</ETag><Size>${token + index < KEYS - 5 ? 9 : 99_999}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    });
    const next = token + PAGE;
    response.setHeader('content-type', 'application/xml');
    response.end(
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>${next < KEYS}</IsTruncated>${contents.join('')}${next < KEYS ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''}</ListBucketResult>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

/** Runs in a process of its own, so that its memory can be limited. */
const program = `
  import { listCandidates } from './src/actions/backup-list.ts';
  import { sourceOf } from './src/actions/backup-source.ts';
  import { createClients } from './src/clients/index.ts';
  import { Connections } from './src/domain/connections.ts';
  import { contextFor } from './test/actions/context.ts';
  const keys = { accessKeyId: 'env:TEST_KEY', secretAccessKey: 'env:TEST_KEY' };
  const s3 = { 'janua-backups': { bucket: 'janua-backups', region: 'eu-west-1', endpoint: process.env.ENDPOINT, ...keys } };
  const context = contextFor('find', { clients: createClients(Connections.parse({ s3 })), now: new Date('2027-01-01T00:00:00Z'), signal: AbortSignal.timeout(60_000) });
  const listing = await listCandidates(context, sourceOf(context.plan, 'pg-daily'), { before: undefined, most: 12 });
  console.log(JSON.stringify({ candidates: listing.candidates.map(({ key }) => key), refused: listing.refused.length, moreRefused: listing.moreRefused }));
`;

test('a bucket of 100,000 keys is searched in less than 64 MB', async () => {
  const bucket = await startHugeBucket();

  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--max-old-space-size=64', '--input-type=module-typescript', '--eval', program],
    { env: { ...process.env, ENDPOINT: bucket.endpoint, TEST_KEY: 'x' }, cwd: process.cwd() },
  );
  bucket.stop();

  const listing = JSON.parse(stdout);
  expect(listing.candidates).toHaveLength(5);
  expect(listing.candidates[0]).toBe('postgres/daily/postgres_janua_20261109_103900.dump');
  expect([listing.refused, listing.moreRefused]).toEqual([50, KEYS - 5 - 50]);
}, 60_000);
