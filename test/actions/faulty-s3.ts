import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Faults {
  /** Bytes of an object after which a connection breaks, one entry for each of the next downloads. */
  drops: number[];
  /** Sends objects in pieces of this size, one each `pieceMs`. */
  pieceBytes: number;
  pieceMs: number;
  /** Storage classes by key, which the emulator does not have. */
  storageClasses: Record<string, string>;
  /** The `x-amz-restore` header by key. */
  restores: Record<string, string>;
  /** Answers every request with this status. */
  status: number;
  /** Runs before a request is passed on. */
  before: (method: string, path: string) => Promise<void> | void;
}

export type FaultyS3 = Awaited<ReturnType<typeof startFaultyS3>>;

/** Stands in front of the S3 emulator and makes its connections as bad as real ones. */
export async function startFaultyS3(endpoint: string) {
  const faults: Faults = noFaults();
  const requests: { method: string; path: string; range: string | undefined; bytes: number }[] = [];

  async function pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = asked;
    const path = decodeURIComponent(url.split('?')[0] ?? '');
    const record = { method, path, range: asked.headers.range, bytes: 0 };
    requests.push(record);
    await faults.before(method, path);
    if (faults.status !== 0) return void answer.writeHead(faults.status).end();
    const response = await forward(endpoint, asked);
    const key = path.split('/').slice(2).join('/');
    const headers = { ...response.headers };
    const storageClass = faults.storageClasses[key];
    if (key !== '' && storageClass !== undefined) headers['x-amz-storage-class'] = storageClass;
    const restore = faults.restores[key];
    if (key !== '' && restore !== undefined) headers['x-amz-restore'] = restore;

    if (key === '') {
      let listing = '';
      for await (const chunk of response.setEncoding('utf8')) listing += chunk;
      for (const [name, value] of Object.entries(faults.storageClasses))
        listing = listing.replace(
          new RegExp(`(<Key>${name}</Key>.*?<StorageClass>)[^<]*`),
          (_whole, before: string) => before + value,
        );
      delete headers['content-length'];
      answer.writeHead(response.statusCode ?? 500, headers).end(listing);
      return;
    }
    answer.writeHead(response.statusCode ?? 500, headers);
    const drop = method === 'GET' && (response.statusCode ?? 500) < 300 ? faults.drops.shift() : undefined;
    for await (const chunk of response) {
      for (const piece of piecesOf(chunk, faults.pieceBytes)) {
        if (drop !== undefined && record.bytes + piece.length > drop) {
          await new Promise((resolve) => answer.write(piece.subarray(0, drop - record.bytes), resolve));
          // What the client has not read when its connection breaks is lost to it, and a busy machine reads late.
          await sleep(100);
          answer.destroy();
          return;
        }
        answer.write(piece);
        record.bytes += piece.length;
        if (answer.destroyed) return;
        if (faults.pieceMs > 0) await sleep(faults.pieceMs);
      }
    }
    answer.end();
  }

  const server = createServer((asked, answer) => void pass(asked, answer).catch(() => answer.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    faults,
    requests,
    downloads: () => requests.filter(({ method, path }) => method === 'GET' && path.split('/').length > 2),
    reset() {
      Object.assign(faults, noFaults());
      requests.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const noFaults = (): Faults => ({
  drops: [],
  pieceBytes: 0,
  pieceMs: 0,
  storageClasses: {},
  restores: {},
  status: 0,
  before: () => undefined,
});

function forward(endpoint: string, asked: IncomingMessage): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint);
    const { method, headers, url: path } = asked;
    const sent = request({ hostname, port, method, headers, path }, resolve);
    sent.once('error', reject);
    asked.pipe(sent);
  });
}

function* piecesOf(chunk: Buffer, bytes: number): Generator<Buffer> {
  if (bytes === 0) yield chunk;
  else for (let at = 0; at < chunk.length; at += bytes) yield chunk.subarray(at, at + bytes);
}
