import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeReceiver } from '@slack/bolt';
import { sdkLog } from '../sdk-log.ts';

/**
 * Socket Mode with the faults of socket-mode 3.1 fenced off. It exits the process on an event without an inner event
 * (app_rate_limited) and on HTTP 500 from apps.connections.open, and is deaf for 5 s after each refresh. Here frames it
 * cannot read are dropped before it sees them, and connecting is ours: at once after a close, then ever slower.
 */
export interface SupervisedSocket {
  readonly receiver: SocketModeReceiver;
  /** Connects and stays connected until `stop`; never throws. */
  run(): Promise<void>;
  /** Closes the connection in a moment in which everything that came by it is acknowledged. */
  stop(): Promise<void>;
  isConnected(): boolean;
  /** Why it is not connected; empty while it is. */
  reason(): string;
}

const MAX_WAIT_MS = 10_000;
/** From the first request until Slack has said hello. */
const CONNECT_MS = 10_000;
/** Slack waits three seconds for an acknowledgement. */
const LAST_ACK_MS = 3_000;

export function superviseSocket(options: {
  appToken: string;
  apiUrl?: string;
  log: (fields: Record<string, unknown>, message: string) => void;
}): SupervisedSocket {
  const receiver = new SocketModeReceiver({
    appToken: options.appToken,
    autoReconnectEnabled: false,
    clientPingTimeout: 5_000,
    logger: sdkLog('socket-mode', options.log),
    installerOptions: {
      clientOptions: {
        retryConfig: { retries: 0 },
        timeout: 5_000,
        ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
      },
    },
  });
  const { client } = receiver;
  guardFrames(client, options.log);
  const allAcknowledged = countEnvelopes(client);
  let stopping = false;
  let connected = false;
  let why = 'not connected yet';
  const closed = () =>
    new Promise<void>((resolve) => {
      client.once('disconnected', () => resolve());
    });

  async function run(): Promise<void> {
    for (let failures = 0; !stopping; ) {
      try {
        const ended = closed();
        await withinTime(client);
        connected = true;
        why = '';
        failures = 0;
        options.log({}, 'connected to Slack');
        await ended;
        why = 'the connection was closed';
      } catch (error) {
        failures++;
        why = error instanceof Error ? error.message : String(error ?? 'the connection was closed');
        options.log({ reason: why, failures }, 'Slack cannot be reached; work goes on without it');
      }
      connected = false;
      if (!stopping && failures > 0) await sleep(Math.min(MAX_WAIT_MS, 250 * 2 ** Math.min(failures, 6)));
    }
  }

  return {
    receiver,
    run,
    stop: async () => {
      stopping = true;
      // An envelope cannot be acknowledged any more once the goodbye is sent, and whoever clicked would read an error.
      await allAcknowledged(LAST_ACK_MS);
      await Promise.race([client.disconnect().catch(() => {}), sleep(1_000)]);
    },
    isConnected: () => connected,
    reason: () => why,
  };
}

type Client = SocketModeReceiver['client'];

/** A connection whose hello never comes is given up: the client itself would wait for ever. */
async function withinTime(client: Client): Promise<void> {
  const late = new AbortController();
  const tooLate = sleep(CONNECT_MS, undefined, { signal: late.signal }).then(() => {
    // The first one asks for a goodbye, which nobody answers; the second one closes.
    for (let call = 0; call < 2; call++) void client.disconnect().catch(() => {});
    throw new Error('Slack did not say hello');
  });
  try {
    await Promise.race([client.start(), tooLate]);
  } finally {
    late.abort();
    tooLate.catch(() => {});
  }
}

/** Passes on only frames that have what their type promises. */
function guardFrames(client: Client, log: (fields: Record<string, unknown>, message: string) => void): void {
  const originals = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown, isBinary: unknown) => {
    const fault = frameFault(data);
    if (fault !== null) return log({ fault }, 'a frame from Slack was dropped');
    for (const listener of originals) {
      Promise.resolve(listener.call(client, data, isBinary)).catch((error: unknown) =>
        log({ err: error }, 'a frame from Slack could not be handled'),
      );
    }
  });
}

/**
 * Counts the envelopes that have come in and are not acknowledged. Returns how to wait until there is none: whoever is
 * told goes on in the same turn of the event loop, before the next frame is read.
 */
function countEnvelopes(client: Client): (withinMs: number) => Promise<void> {
  const open = new Set<string>();
  let acknowledged = () => {};
  client.on('slack_event', ({ envelope_id }: { envelope_id: string }) => open.add(envelope_id));
  client.on('outgoing_message', ({ envelope_id }: { envelope_id: string }) => {
    open.delete(envelope_id);
    acknowledged();
  });
  client.on('disconnected', () => {
    open.clear();
    acknowledged();
  });
  return async (withinMs) => {
    const late = sleep(withinMs, 'late' as const, { ref: false });
    for (;;) {
      const next = new Promise<void>((resolve) => {
        acknowledged = resolve;
      });
      if (open.size === 0 || (await Promise.race([next, late])) === 'late') return;
    }
  };
}

/** Why a frame cannot be handled; null when it can. */
export function frameFault(data: unknown): string | null {
  if (typeof data !== 'string') return 'not text';
  let frame: unknown;
  try {
    frame = JSON.parse(data);
  } catch {
    return 'not JSON';
  }
  if (typeof frame !== 'object' || frame === null || !('type' in frame) || typeof frame.type !== 'string')
    return 'no type';
  if (frame.type !== 'events_api') return null;
  const payload = 'payload' in frame ? frame.payload : null;
  const event = typeof payload === 'object' && payload !== null && 'event' in payload ? payload.event : null;
  const readable = typeof event === 'object' && event !== null && 'type' in event;
  return readable
    ? null
    : `an event without an inner event (${typeof payload === 'object' && payload !== null && 'type' in payload ? String(payload.type) : 'no payload'})`;
}
