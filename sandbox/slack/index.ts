import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ChannelSeed,
  defaultChannels,
  defaultPeople,
  type PersonSeed,
  type UserGroupSeed,
} from './cast.ts';
import { createControl } from './control.ts';
import { createDelivery } from './delivery.ts';
import { createEvents } from './events.ts';
import { createFaults } from './faults.ts';
import { createHttpMode } from './http-mode.ts';
import { createInteractions } from './interactions.ts';
import { defaultEvents, defaultScopes, escapesCommands } from './manifest.ts';
import type { World } from './method.ts';
import { jsonFields, readBody, uploadedBytes } from './request-body.ts';
import { createRespond } from './respond.ts';
import { createSocketMode } from './socket-mode.ts';
import { createStore } from './store.ts';
import { createWebApi, missingScope, type Tokens } from './web-api.ts';

export type { ChannelSeed, PersonSeed, UserGroupSeed } from './cast.ts';
export { defaultScopes } from './manifest.ts';
export { personId } from './store.ts';
export { textOf } from './text-of.ts';

export interface SlackOptions {
  readonly people?: readonly PersonSeed[];
  readonly channels?: readonly ChannelSeed[];
  readonly usergroups?: readonly UserGroupSeed[];
  readonly teamDomain?: string;
  /** Granted to the bot token; everything else is `missing_scope`. Left out: those of manifest.yml. */
  readonly scopes?: readonly string[];
  /** Event types the app subscribed to. Left out: those of manifest.yml. */
  readonly events?: readonly string[];
  /** Time of messages and events. Three-second limits run on the machine's own clock. */
  readonly now?: () => Date;
  /** Enforces Slack's calls per minute. */
  readonly rateLimits?: boolean;
  /** Whether commands carry `<@U…|name>` (the manifest's `should_escape`). */
  readonly shouldEscape?: boolean;
  /** Where HTTP mode posts to; without one, Socket Mode is used. */
  readonly requestUrl?: string;
  readonly port?: number;
  /** Shorter limits, for tests that would otherwise wait. */
  readonly limits?: {
    readonly ackMs?: number;
    readonly triggerMs?: number;
    readonly eventRetryMs?: readonly number[];
  };
}

export type Slack = Awaited<ReturnType<typeof startSlack>>;

/** Starts a pretend workspace on 127.0.0.1 that the real Slack SDKs can talk to. */
export async function startSlack(options: SlackOptions = {}) {
  const clock = options.now ?? (() => new Date());
  let movedMs = 0;
  const store = createStore({
    teamDomain: options.teamDomain ?? 'janua',
    people: options.people ?? defaultPeople,
    channels: options.channels ?? defaultChannels,
    usergroups: options.usergroups ?? [],
    now: () => new Date(clock().getTime() + movedMs),
  });
  const ackMs = options.limits?.ackMs ?? 3000;
  const scopes = new Set(options.scopes ?? defaultScopes);
  const tokens: Tokens = { bot: 'xoxb-sandbox-bot', app: 'xapp-1-sandbox-app', revoked: false };
  const signingSecret = 'sandbox-signing-secret';

  const faults = createFaults(store);
  const sockets = createSocketMode({ store, ackMs });
  const http = createHttpMode({ signingSecret, ackMs, faults });
  const delivery = createDelivery({
    store,
    faults,
    transport: () => (http.isOn() ? http.transport : sockets.transport),
    eventRetryMs: options.limits?.eventRetryMs ?? [0, 60_000, 300_000],
  });
  const emit = createEvents({
    store,
    delivery,
    subscribed: new Set(options.events ?? defaultEvents),
    scopes,
  });
  const respond = createRespond(store);
  faults.onOutage(() => {
    sockets.drop();
    server.closeAllConnections();
  });

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      process.stderr.write(`pretend Slack broke on ${request.url}: ${String(error)}\n`);
      response.destroy();
    });
  });
  server.on('upgrade', (request, socket, head) => {
    if (faults.isOut()) socket.destroy();
    else sockets.upgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${portOf(server.address())}`;

  const world: World = {
    store,
    url,
    triggerMs: options.limits?.triggerMs ?? 3000,
    need: (scope) => {
      if (!scopes.has(scope)) throw missingScope(scope, scopes);
    },
    has: (scope) => scopes.has(scope),
    openSocketUrl: () => sockets.newUrl(url),
    emit,
  };
  const webApi = createWebApi({ world, faults, tokens, scopes, rateLimits: options.rateLimits ?? false });
  const interactions = createInteractions({
    store,
    delivery,
    respond,
    url,
    shouldEscape: options.shouldEscape ?? escapesCommands,
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (faults.isOut()) {
      request.socket.destroy();
      return;
    }
    const body = await readBody(request);
    const [, kind, id = ''] = new URL(request.url ?? '/', url).pathname.split('/');
    if (kind === 'api') return webApi(id, request, body, response);
    if (kind === 'upload') return upload(id, await uploadedBytes(request, body), response);
    if (kind === 'response') {
      const { status, answer } = respond.fromUrl(id, jsonFields(body.toString()));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      return;
    }
    response.writeHead(404).end();
  }

  function upload(id: string, bytes: Buffer, response: ServerResponse): void {
    const file = store.files.get(id);
    if (!file || file.bytes || bytes.length !== file.length) {
      response.writeHead(400).end('wrong file, or not the length that was announced');
      return;
    }
    file.bytes = bytes;
    response.writeHead(200).end(`OK - ${bytes.length}`);
  }

  if (options.requestUrl) await http.setRequestUrl(options.requestUrl);

  return {
    ...createControl({ store, interactions, delivery, faults, emit }),
    url,
    apiUrl: `${url}/api/`,
    botToken: tokens.bot,
    appToken: tokens.app,
    signingSecret,
    teamId: store.team.id,
    botUserId: store.bot.id,
    appId: store.bot.appId,
    store,
    faults,
    sockets,
    setRequestUrl: http.setRequestUrl,
    replay: http.replay,

    /** Moves the time of messages and events; three seconds stay three seconds. */
    advance(ms: number): void {
      movedMs += ms;
      store.changed();
    },

    /** An administrator removes the app: it is told, and its tokens are worth nothing. */
    revokeTokens(): void {
      emit({ type: 'tokens_revoked', tokens: { bot: [store.bot.id], oauth: [] } });
      tokens.revoked = true;
    },

    async stop(): Promise<void> {
      delivery.stop();
      await sockets.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(address: string | AddressInfo | null): number {
  if (typeof address !== 'object' || address === null) throw new Error('the pretend Slack got no port');
  return address.port;
}
