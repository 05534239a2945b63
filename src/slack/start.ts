import type { IncomingMessage, ServerResponse } from 'node:http';
import { App, HTTPReceiver, type Receiver } from '@slack/bolt';
import { sdkLog } from '../sdk-log.ts';
import type { SlackDeps } from './deps.ts';
import { startRouting } from './routes.ts';
import { superviseSocket } from './socket.ts';

export type SlackMode =
  | { readonly mode: 'off' }
  | {
      readonly mode: 'socket';
      readonly botToken: string;
      readonly appToken: string;
      readonly apiUrl?: string;
    }
  | {
      readonly mode: 'http';
      readonly botToken: string;
      readonly signingSecret: string;
      readonly apiUrl?: string;
    };

export interface RunningSlack {
  /** Slack's signed requests, in HTTP mode. */
  readonly requestListener: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  readonly state: () => { readonly mode: string; readonly connected: boolean; readonly reason: string };
  stop(): Promise<void>;
  /** Resolves when everything that was acknowledged is carried out, or after ten seconds. Call it after `stop`. */
  idle(): Promise<void>;
}

/** What was acknowledged is carried out before the process ends. */
const LAST_WORK_MS = 10_000;

/** Starts to listen to Slack. Never waits for it and never fails because of it. */
export function startSlack(mode: SlackMode, deps: SlackDeps | null): RunningSlack {
  if (mode.mode === 'off' || deps === null) {
    return {
      requestListener: null,
      state: () => ({ mode: 'off', connected: false, reason: 'switched off' }),
      stop: async () => {},
      idle: async () => {},
    };
  }
  if (mode.mode === 'socket') {
    const socket = superviseSocket({
      appToken: mode.appToken,
      log: deps.log,
      ...(mode.apiUrl === undefined ? {} : { apiUrl: mode.apiUrl }),
    });
    const { idle } = startRouting(listen(socket.receiver, mode, deps), deps);
    const running = socket.run();
    return {
      requestListener: null,
      state: () => ({ mode: 'socket', connected: socket.isConnected(), reason: socket.reason() }),
      stop: async () => {
        await socket.stop();
        await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 2_000))]);
      },
      idle: () => idle(LAST_WORK_MS),
    };
  }
  const receiver = new HTTPReceiver({
    signingSecret: mode.signingSecret,
    endpoints: '/slack/events',
    bodyLimit: 256 * 1024,
    customPropertiesExtractor: timeOf,
    logger: sdkLog('http', deps.log),
  });
  const { idle } = startRouting(listen(receiver, mode, deps), deps);
  return {
    requestListener: (request, response) => receiver.requestListener(request, response),
    state: () => ({ mode: 'http', connected: true, reason: '' }),
    stop: async () => {},
    idle: () => idle(LAST_WORK_MS),
  };
}

function listen(
  receiver: Receiver,
  mode: Exclude<SlackMode, { mode: 'off' }>,
  { log }: Pick<SlackDeps, 'log'>,
): App {
  return new App({
    receiver,
    // Identities are not needed and not asked for: Slack may be away when this starts.
    authorize: async () => ({ botToken: mode.botToken }),
    convoStore: false,
    ignoreSelf: false,
    extendedErrorHandler: true,
    logger: sdkLog('bolt', log),
    clientOptions: {
      retryConfig: { retries: 0 },
      timeout: 2_000,
      rejectRateLimitedCalls: true,
      ...(mode.apiUrl === undefined ? {} : { slackApiUrl: mode.apiUrl }),
    },
  });
}

/** When a request was signed, in HTTP mode: Bolt takes one from the future. */
function timeOf(request: { headers?: IncomingMessage['headers'] }): Record<string, string> {
  return { timestamp: String(request.headers?.['x-slack-request-timestamp'] ?? '') };
}
