import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Slack } from '../slack/index.ts';
import { ActInput, WorldActInput } from './acts.ts';
import { type Asset, createAssets } from './assets.ts';
import type { Answer, GuideShown, WorldAct, WorldShown } from './contract.ts';
import { fileOf } from './files.ts';
import { refusalOf } from './guard.ts';
import { createLive } from './live.ts';
import { createPerform } from './perform.ts';
import { createWorkspaceView } from './workspace-view.ts';

const MAX_BODY_BYTES = 256 * 1024;
const FIRST_PORT = 4310;
const PORTS_TRIED = 20;

/** The world beside the workspace, as the page needs it. */
export type WorldSide = {
  shown(): WorldShown;
  guide(): GuideShown;
  perform(act: WorldAct): Promise<Answer>;
  /** Calls the listener after every change. Returns how to stop that. */
  onChange(listener: () => void): () => void;
  /** Somebody looks, or nobody does any more. */
  watched(isWatched: boolean): void;
};

export type PageOptions = {
  slack: Slack;
  side: WorldSide;
  /** Keys of those who may approve. */
  approvers: ReadonlySet<string>;
  /** The next free one from 4310 on, unless told. */
  port?: number | undefined;
};

/** The page over a pretend workspace, on 127.0.0.1. */
export async function servePage({ slack, side, approvers, port: wanted }: PageOptions) {
  const assets = createAssets();
  const workspace = createWorkspaceView({ slack, approvers });
  const perform = createPerform({ slack, workspace });
  const live = createLive({
    stateFor: (key) => ({ ...workspace.stateFor(key), world: side.shown(), guide: side.guide() }),
    watched: side.watched,
  });
  const unsubscribe = [slack.onChange(live.changed), side.onChange(live.changed)];

  let port = 0;
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) answer(response, 500, { ok: false, error: sentence(error) });
      else response.destroy();
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const refusal = refusalOf(request, port);
    if (refusal !== undefined) return answer(response, 403, { ok: false, error: refusal });
    const url = new URL(request.url ?? '/', 'http://page');
    const path = url.pathname;
    if (request.method === 'POST') return post(path, request, response);
    if (request.method !== 'GET') return answer(response, 405, { ok: false, error: 'GET or POST only.' });
    if (path === '/api/live') return openLive(url, response);
    if (path === '/') return send(response, await assets.file('index.html'));
    if (path.startsWith('/app/')) return send(response, await assets.file(path.slice('/app/'.length)));
    if (path.startsWith('/lib/')) return send(response, await assets.library(path.slice('/lib/'.length)));
    if (path.startsWith('/files/')) return send(response, fileOf(slack, path));
    send(response, undefined);
  }

  async function post(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked: { [path: string]: ((body: unknown) => Promise<Answer>) | undefined } = {
      '/api/act': (body) => perform(ActInput.parse(body)),
      '/api/world': (body) => side.perform(WorldActInput.parse(body)),
    };
    const act = asked[path];
    if (act === undefined) return send(response, undefined);
    const body = await readJson(request);
    if (body === undefined)
      return answer(response, 400, { ok: false, error: `Send JSON of at most ${MAX_BODY_BYTES} bytes.` });
    try {
      answer(response, 200, await act(body.json));
    } catch (error) {
      const bad = error instanceof z.ZodError;
      answer(response, bad ? 400 : 200, { ok: false, error: bad ? z.prettifyError(error) : sentence(error) });
    }
  }

  function openLive(url: URL, response: ServerResponse): void {
    const key = url.searchParams.get('as') ?? '';
    if (workspace.isPerson(key)) live.open(key, response);
    else answer(response, 400, { ok: false, error: `There is no person "${key}" to act as.` });
  }

  port = await listen(server, wanted);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop(): Promise<void> {
      for (const off of unsubscribe) off();
      live.stop();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

function answer(response: ServerResponse, status: number, body: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function send(response: ServerResponse, asset: Asset | undefined): void {
  if (asset === undefined) {
    answer(response, 404, { ok: false, error: 'There is nothing here.' });
    return;
  }
  const headers: Record<string, string> = { 'content-type': asset.type };
  headers['content-security-policy'] = asset.type.startsWith('text/html')
    ? policyFor(asset.body.toString())
    : "default-src 'none'; sandbox";
  response.writeHead(200, headers).end(asset.body);
}

/** Nothing from anywhere else, and no script in the page but its import map. */
function policyFor(html: string): string {
  const inline = [...html.matchAll(/<script\b(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)];
  const hashes = inline.map(
    ([, code = '']) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    ["script-src 'self'", ...hashes].join(' '),
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

async function readJson(request: IncomingMessage): Promise<{ json: unknown } | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const piece = Buffer.from(chunk);
    bytes += piece.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(piece);
  }
  if (bytes > MAX_BODY_BYTES) return undefined;
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return undefined;
  }
}

async function listen(server: ReturnType<typeof createServer>, wanted: number | undefined): Promise<number> {
  const candidates =
    wanted === undefined ? Array.from({ length: PORTS_TRIED }, (_, index) => FIRST_PORT + index) : [wanted];
  for (const [index, port] of candidates.entries()) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject);
          resolve();
        });
      });
      const address = server.address();
      if (address !== null && typeof address === 'object') return address.port;
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || index === candidates.length - 1) throw error;
    }
  }
  throw new Error('The page got no port.');
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
