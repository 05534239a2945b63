import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientsOf } from './setup.ts';

export interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is asked: the operation by its query (`versioning`, `uploads` …), `list`, or `HEAD`. */
export interface Asked {
  readonly operation: string;
  readonly query: URLSearchParams;
  readonly path: string;
}

export type PretendStore = Awaited<ReturnType<typeof startPretendStore>>;

/** A store that answers what a test says, in the words of S3. What it is not told it does not know (501). */
export async function startPretendStore() {
  let answer: (asked: Asked) => Answer | 'silence' | undefined = () => undefined;
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const question = questionOf(request);
    asked.push(question);
    const given = answer(question) ?? fault(501, 'NotImplemented');
    if (given === 'silence') return;
    const { status = 200, body = '', headers = {} } = given;
    response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  process.env.TEST_S3_KEY = 'pretend-key';
  process.env.TEST_S3_SECRET = 'pretend-secret';
  const keys = { accessKeyId: 'env:TEST_S3_KEY', secretAccessKey: 'env:TEST_S3_SECRET' };
  return {
    endpoint,
    asked,
    clients: clientsOf({ s3: { store: { bucket: 'backups', region: 'eu-west-1', endpoint, ...keys } } }),
    answers(next: typeof answer) {
      answer = next;
      asked.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function questionOf({ method = '', url = '/' }: IncomingMessage): Asked {
  const { searchParams, pathname } = new URL(url, 'http://store');
  const operations = [
    'uploads',
    'versioning',
    'object-lock',
    'retention',
    'encryption',
    'publicAccessBlock',
    'policyStatus',
    'acl',
  ];
  const named = operations.find((name) => searchParams.has(name));
  const operation = named ?? (searchParams.has('list-type') ? 'list' : method);
  return { operation, query: searchParams, path: decodeURIComponent(pathname) };
}

export const fault = (status: number, code: string): Answer => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>told by the pretend store</Message></Error>`,
});

export interface Listed {
  readonly key: string;
  readonly bytes?: number;
  readonly at?: string;
}

/** One page of a listing; `next` continues it. */
export function page(objects: readonly Listed[], next?: string): Answer {
  const contents = objects.map(
    ({ key, bytes = 1_000, at = '2026-11-21T02:00:10.000Z' }) =>
      `<Contents><Key>${key}</Key><LastModified>${at}</LastModified><ETag>&quot;e-${key.length}&quot;</ETag><Size>${bytes}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const more = next === undefined ? 'false' : `true</IsTruncated><NextContinuationToken>${next}`;
  const end = next === undefined ? '</IsTruncated>' : '</NextContinuationToken>';
  return {
    body: `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${more}${end}${contents.join('')}</ListBucketResult>`,
  };
}
