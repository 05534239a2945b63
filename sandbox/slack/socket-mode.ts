import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Attempt, Transport } from './delivery.ts';
import { jsonFields } from './request-body.ts';
import type { Store } from './store.ts';
import type { Envelope, Receipt } from './types.ts';

/**
 * Socket Mode: `apps.connections.open` gives a one-time address; the server says hello; each envelope goes to ONE
 * connection, which must ack it by its id within three seconds; either side pings.
 */

const maxConnections = 10;
const pingEveryMs = 10_000;
/** After asking for a reconnect Slack closes by itself. */
const closeAfterMs = 10_000;
const goodbyeMs = 500;

const AckFrame = z.object({ envelope_id: z.string(), payload: z.unknown() });

export type DisconnectReason = 'refresh_requested' | 'warning' | 'too_many_websockets' | 'link_disabled';

export function createSocketMode({ store, ackMs }: { store: Store; ackMs: number }) {
  const server = new WebSocketServer({ noServer: true, autoPong: false });
  const tickets = new Set<string>();
  const open = new Set<WebSocket>();
  const frozen = new WeakSet<WebSocket>();
  const waiting = new Map<string, (payload: unknown) => void>();
  const timers = new Set<NodeJS.Timeout>();
  const unanswered = new Set<Duplex>();
  let turn = 0;
  let silent: 'upgrade' | 'hello' | null = null;

  function newUrl(baseUrl: string): string {
    const ticket = randomUUID();
    tickets.add(ticket);
    return `${baseUrl.replace('http', 'ws')}/link/?ticket=${ticket}&app_id=${store.bot.appId}`;
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '', 'http://slack').searchParams.get('ticket') ?? '';
    if (!tickets.delete(ticket)) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    if (silent === 'upgrade') {
      unanswered.add(socket);
      return;
    }
    server.handleUpgrade(request, socket, head, connected);
  }

  function connected(ws: WebSocket): void {
    if (open.size >= maxConnections) {
      ws.send(disconnectFrame('too_many_websockets'));
      ws.close();
      return;
    }
    open.add(ws);
    // One for each envelope on its way.
    ws.setMaxListeners(0);
    ws.on('message', (data) => !frozen.has(ws) && acknowledged(String(data)));
    ws.on('ping', (data) => !frozen.has(ws) && ws.pong(data));
    ws.on('error', () => ws.terminate());
    const ping = setInterval(() => !frozen.has(ws) && ws.ping(), pingEveryMs);
    ws.on('close', () => {
      clearInterval(ping);
      open.delete(ws);
      store.changed();
    });
    if (silent === 'hello') return;
    ws.send(
      JSON.stringify({
        type: 'hello',
        num_connections: open.size,
        connection_info: { app_id: store.bot.appId },
        debug_info: { host: 'sandbox', build_number: 1, approximate_connection_time: 18_060 },
      }),
    );
    store.changed();
  }

  function acknowledged(frame: string): void {
    const ack = AckFrame.safeParse(jsonFields(frame));
    if (ack.success) waiting.get(ack.data.envelope_id)?.(ack.data.payload);
  }

  /** Connections take turns, so that replicas share the work and a redelivery meets another one. */
  function nextConnection(): WebSocket | undefined {
    const ready = [...open].filter((ws) => ws.readyState === ws.OPEN);
    turn += 1;
    return ready[turn % Math.max(1, ready.length)];
  }

  const transport: Transport = {
    via: 'socket',
    send: (envelope: Envelope, { attempt, reason }: Attempt) =>
      new Promise<Receipt>((resolve) => {
        const ws = nextConnection();
        if (!ws) {
          resolve({ acked: false, error: 'dispatch_failed', detail: 'no Socket Mode connection is open' });
          return;
        }
        const envelope_id = randomBytes(8).toString('hex');
        const sentAt = performance.now();
        const settle = (receipt: Receipt): void => {
          ws.off('close', gone);
          clearTimeout(limit);
          timers.delete(limit);
          waiting.delete(envelope_id);
          resolve(receipt);
        };
        const limit = setTimeout(
          () => settle({ acked: false, error: 'operation_timeout', detail: `no ack within ${ackMs} ms` }),
          ackMs,
        );
        timers.add(limit);
        waiting.set(envelope_id, (payload) =>
          settle({ acked: true, payload, afterMs: performance.now() - sentAt }),
        );
        // Events are tried again by their sender; who clicked is told that it failed.
        const gone = (): void =>
          settle({ acked: false, error: 'dispatch_failed', detail: 'the connection closed before the ack' });
        ws.once('close', gone);
        ws.send(
          JSON.stringify({
            envelope_id,
            type: envelope.type,
            payload: envelope.payload,
            accepts_response_payload: envelope.type !== 'events_api',
            retry_attempt: attempt,
            retry_reason: reason,
          }),
        );
      }),
  };

  return {
    transport,
    newUrl,
    upgrade,
    count: () => open.size,
    /** Those that are not frozen. */
    answering: () => [...open].filter((ws) => !frozen.has(ws)).length,

    /** Asks every connection to go, as Slack does when it moves servers, and closes what stays. */
    disconnect(reason: DisconnectReason): void {
      for (const ws of open) {
        ws.send(disconnectFrame(reason));
        const timer = setTimeout(() => ws.close(), closeAfterMs);
        timers.add(timer);
        ws.once('close', () => {
          clearTimeout(timer);
          timers.delete(timer);
        });
      }
    },

    /** Cuts the TCP connections without a word. */
    drop(): void {
      for (const ws of open) ws.terminate();
    },

    /** Half-open: the connections stay, but nothing is answered any more, not even pings. */
    freeze(): void {
      for (const ws of open) frozen.add(ws);
    },

    /** New connections get no answer to the upgrade, or no hello after it, until told otherwise. */
    silence(at: 'upgrade' | 'hello' | null): void {
      silent = at;
    },

    /** Sends any frame as it is, `null` too. */
    sendRaw(frame: unknown): void {
      for (const ws of open) ws.send(JSON.stringify(frame));
    },

    /** Says goodbye, then cuts off who does not answer. */
    async stop(): Promise<void> {
      for (const timer of timers) clearTimeout(timer);
      const closed = [...open].map((ws) => new Promise((resolve) => ws.once('close', resolve)));
      for (const ws of open) ws.close(1001);
      await Promise.race([Promise.all(closed), sleep(goodbyeMs, undefined, { ref: false })]);
      for (const ws of open) ws.terminate();
      for (const socket of unanswered) socket.destroy();
      server.close();
    },
  };
}

function disconnectFrame(reason: DisconnectReason): string {
  return JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'sandbox' } });
}
