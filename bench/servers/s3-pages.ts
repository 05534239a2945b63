import { createServer } from 'node:http';
import { tellPort } from './listen.ts';

/**
 * Buckets that are made up while they are listed, in the words of S3, so that a listing of any length costs its reader and
 * nobody else: below `…/N/` lie N backups, one of each minute before this server began; below `…/daily-N/` one of each day.
 */

const MINUTE = 60_000;
const DAY = 24 * 3_600_000;
/** How old the newest is when this server begins. */
const FRESH = 5 * MINUTE;
const MOST_KEYS = 1_000;
/** What every object reads like: enough for a format to be known. */
const BODY = Buffer.from(`PGDMP${'x'.repeat(2_000)}`);
const began = Date.now();

createServer((request, response) => {
  const { searchParams: query, pathname } = new URL(request.url ?? '/', 'http://store');
  if (query.has('list-type')) answer(pageOf(query));
  else if (query.has('uploads')) answer('<ListMultipartUploadsResult></ListMultipartUploadsResult>');
  else if (pathname.split('/').length > 3) {
    response.writeHead(200, { etag: '"e"', 'content-length': BODY.length });
    response.end(request.method === 'HEAD' ? undefined : BODY);
  } else response.writeHead(501).end();

  function answer(body: string): void {
    response.writeHead(200, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
  }
})
  .listen(0, '127.0.0.1')
  .once('listening', function (this: import('node:http').Server) {
    const address = this.address();
    if (typeof address === 'object' && address !== null) tellPort(address.port);
  });

/** Oldest first, as the order of their keys is. */
function pageOf(query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const [, step = '', count = '0'] = prefix.match(/(daily-)?(\d+)\/$/) ?? [];
  const stepMs = step === '' ? MINUTE : DAY;
  const from = Number(query.get('continuation-token') ?? 0);
  const to = Math.min(from + Number(query.get('max-keys') ?? MOST_KEYS), Number(count));
  let contents = '';
  for (let n = from; n < to; n += 1) {
    const at = new Date(began - FRESH - (Number(count) - 1 - n) * stepMs).toISOString();
    const stamp = `${at.slice(0, 10).replaceAll('-', '')}_${at.slice(11, 19).replaceAll(':', '')}`;
    contents += `<Contents><Key>${prefix}db_${stamp}.dump</Key><LastModified>${at}</LastModified><ETag>&quot;e&quot;</ETag><Size>${2_000_000 + (n % 1_000)}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  }
  const more = to < Number(count);
  const next = more ? `<NextContinuationToken>${to}</NextContinuationToken>` : '';
  return `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${more}</IsTruncated>${next}${contents}</ListBucketResult>`;
}
