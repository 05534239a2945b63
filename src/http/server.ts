import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Tallies } from '../domain/views.ts';
import { heartbeatRoutes } from './heartbeat.ts';
import { createMetrics, type Health } from './metrics.ts';
import { failed, type SignalDeps } from './signals.ts';
import { snsRoutes } from './sns.ts';

export interface HttpDeps {
  readonly host: string;
  readonly port: number;
  /** Slack's signed requests; null in Socket Mode. */
  readonly slack: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  readonly health: () => Promise<Health>;
  readonly tallies: () => Promise<Tallies>;
  /** Heartbeats and SNS notices of backups; left out, none are taken. */
  readonly signals?: SignalDeps;
}

/** A path with turns in it is read in another way by a proxy that lets only some paths in from outside. */
function isPlain(url = ''): boolean {
  const [path = ''] = url.split('?', 1);
  return URL.canParse(path, 'http://bot') && new URL(path, 'http://bot').pathname === path;
}

/** For answers that are on their way when the server stops; Slack waits for them no longer than this. */
const LAST_ANSWERS_MS = 3_000;
const IDLE_LOOK_MS = 50;
/** A request that comes in drops holds its socket no longer than this. */
const WHOLE_REQUEST = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/** Health and metrics, and Slack's requests in HTTP mode. Slack being away is said and is no reason to be restarted. */
export async function startHttp(deps: HttpDeps): Promise<{ port: number; stop(): Promise<void> }> {
  const metrics = createMetrics(deps);
  const app = new Hono();
  app.get('/health', async (context) => {
    const health = await deps.health();
    return context.json(health, health.ok ? 200 : 503);
  });
  app.get('/metrics', async (context) =>
    context.text(await metrics.page(), 200, { 'content-type': metrics.contentType }),
  );
  if (deps.signals !== undefined) {
    app.route('/', heartbeatRoutes(deps.signals).onError(failed(deps.signals.log)));
    app.route('/', snsRoutes(deps.signals).onError(failed(deps.signals.log)));
  }
  const listener = getRequestListener(app.fetch);
  const server = createServer(WHOLE_REQUEST, (request, response) => {
    if (!isPlain(request.url)) {
      response.writeHead(400).end();
      return;
    }
    if (deps.slack !== null && request.url?.startsWith('/slack/')) deps.slack(request, response);
    else void listener(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(deps.port, deps.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : deps.port,
    stop: () =>
      new Promise((resolve) => {
        // A connection that is kept alive becomes idle only with its answer.
        const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
        server.close(() => {
          clearInterval(idle);
          resolve();
        });
        setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS).unref();
      }),
  };
}
