import { ErrorCode, WebClient, type WebClientOptions } from '@slack/web-api';
import { AppError, messageOf } from '../errors.ts';
import { hop } from '../hop.ts';
import { sdkLog } from '../sdk-log.ts';
import { SLACK_METHODS, type SlackMethod } from './slack-methods.ts';

export type SlackArgs = Readonly<Record<string, unknown>>;
export type SlackAnswer = Readonly<Record<string, unknown>>;

/**
 * One road to the Web API. `interactive` answers a person within two seconds or not at all; `delivery` writes cards and
 * posts; `bulk` looks people up. Each has its own client, because one 429 stalls every call of the client that got it.
 */
export type SlackRoad = 'interactive' | 'delivery' | 'bulk';

export type Slack = ReturnType<typeof createSlack>;

/** Slack's words for a token it no longer takes. Nothing is wrong with the call: it is tried again, as while Slack is away. */
const TOKEN_REFUSED: ReadonlySet<string> = new Set([
  'account_inactive',
  'invalid_auth',
  'not_authed',
  'token_expired',
  'token_revoked',
]);
/** Slack's words for its own trouble. */
const SLACK_BROKEN: ReadonlySet<string> = new Set([
  'fatal_error',
  'internal_error',
  'request_timeout',
  'service_unavailable',
]);

const TIMEOUT_MS = { interactive: 2_000, delivery: 10_000, bulk: 10_000 } as const;

export function createSlack({
  token,
  apiUrl,
  log,
}: {
  token: string;
  apiUrl?: string | undefined;
  log: (fields: Record<string, unknown>, message: string) => void;
}) {
  const options = (road: SlackRoad): WebClientOptions => ({
    logger: sdkLog(`web-api ${road}`, log),
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    allowAbsoluteUrls: false,
    timeout: TIMEOUT_MS[road],
    // Never by itself: a repeated post whose answer was lost would stand there twice.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
  const roads = {
    interactive: new WebClient(token, options('interactive')),
    delivery: new WebClient(token, options('delivery')),
    bulk: new WebClient(token, options('bulk')),
  };

  let refusedToken = '';

  /** Calls a method. Throws `slack-unreachable` (later) or `slack-refused` with Slack's own error word in `details`. */
  async function call(road: SlackRoad, method: SlackMethod, args: SlackArgs = {}): Promise<SlackAnswer> {
    hop(`slack.${method}:before`);
    try {
      const answer = await roads[road].apiCall(method, { ...args });
      hop(`slack.${method}:after`);
      refusedToken = '';
      return { ...answer };
    } catch (error) {
      const word = platformError(error);
      if (word !== undefined) refusedToken = TOKEN_REFUSED.has(word) ? word : '';
      throw toFault(method, error);
    }
  }

  /** Puts bytes to the address that files.getUploadURLExternal gave. */
  async function upload(url: string, bytes: Uint8Array): Promise<void> {
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(bytes),
      signal: AbortSignal.timeout(30_000),
      redirect: 'error',
    }).catch((cause: unknown) => {
      throw new AppError('slack-unreachable', 'Slack does not take the file. It is tried again.', {
        retry: 'later',
        cause,
      });
    });
    if (!response.ok)
      throw new AppError('slack-refused', `Slack refused the file (HTTP ${response.status}).`, {
        details: ['upload_failed'],
      });
  }

  return {
    call,
    upload,
    methods: SLACK_METHODS,
    /** Why nothing can be said in Slack although it answers; empty while it takes the bot's token. */
    refusal: () =>
      refusedToken === ''
        ? ''
        : `Slack does not take the bot token (${refusedToken}). Install the app again and set DR_SLACK_BOT_TOKEN; until then the dr command line does everything.`,
  };
}

/** Slack's own error word (`name_taken`, `is_archived`), or undefined. */
export function slackError(error: unknown): string | undefined {
  return error instanceof AppError && error.code === 'slack-refused' ? error.details[0] : undefined;
}

/** Seconds Slack asked to wait; undefined when it did not say. */
export function retryAfterSeconds(error: unknown): number | undefined {
  const said =
    error instanceof AppError ? error.details.find((detail) => detail.startsWith('retry-after=')) : undefined;
  return said === undefined ? undefined : Number(said.slice('retry-after='.length));
}

/** True when the message may have been posted although the answer never came. */
export function isAmbiguous(error: unknown): boolean {
  return (
    error instanceof AppError &&
    error.code === 'slack-unreachable' &&
    retryAfterSeconds(error) === undefined &&
    tokenError(error) === undefined
  );
}

/** Slack's word for why it does not take the token, or undefined. */
export function tokenError(error: unknown): string | undefined {
  return error instanceof AppError ? error.details.find((detail) => TOKEN_REFUSED.has(detail)) : undefined;
}

function toFault(method: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const word = platformError(error);
  if (word !== undefined && !TOKEN_REFUSED.has(word) && !SLACK_BROKEN.has(word)) {
    return new AppError('slack-refused', `Slack refused ${method}: ${word}.`, {
      cause: error,
      details: [word],
    });
  }
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === ErrorCode.RateLimitedError) {
    const seconds =
      typeof error === 'object' && error !== null && 'retryAfter' in error ? Number(error.retryAfter) : 30;
    return new AppError('slack-unreachable', `Slack asks to wait ${seconds} s before the next ${method}.`, {
      retry: 'later',
      cause: error,
      details: [`retry-after=${seconds}`],
    });
  }
  return new AppError(
    'slack-unreachable',
    `Slack does not answer ${method} (${messageOf(error).slice(0, 120)}). It is tried again.`,
    { retry: 'later', cause: error, details: word === undefined ? [] : [word] },
  );
}

/** Slack's own error word, where it answered with one. What a proxy says in its place is none. */
function platformError(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const word = code === ErrorCode.PlatformError && isPlatform(error) ? error.data.error : '';
  return /^[a-z0-9_]{1,60}$/.test(word) ? word : undefined;
}

function isPlatform(error: unknown): error is { data: { error: string } } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'data' in error &&
    typeof error.data === 'object' &&
    error.data !== null &&
    'error' in error.data &&
    typeof error.data.error === 'string'
  );
}
