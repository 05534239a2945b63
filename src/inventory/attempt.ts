import { awsFault } from '../clients/aws.ts';
import { scrub } from '../clients/secrets.ts';
import { type Seen, seen, type Unreadable } from '../domain/inventory.ts';
import { AppError } from '../errors.ts';

/** Thrown by a source that knows itself why it cannot be read. The message completes "pgBackRest …". */
export class Unread extends Error {
  readonly why: Unreadable;

  constructor(why: Unreadable, message: string) {
    super(message);
    this.why = why;
  }
}

/**
 * What a source answers, or why it cannot be read; never a fault. A source that hangs is left behind when the signal says
 * so. Only a signal that is no deadline is thrown: then nobody waits for the answer any more.
 */
export async function attempt<Value>(
  source: string,
  signal: AbortSignal,
  read: () => Promise<Value>,
): Promise<Seen<Value>> {
  const cut = Promise.withResolvers<never>();
  const leave = () => cut.reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    signal.throwIfAborted();
    const reading = read();
    // Left behind, it may still fail, and nobody listens.
    reading.catch(() => undefined);
    return seen(await Promise.race([reading, cut.promise]));
  } catch (error) {
    if (signal.aborted && !isTimeout(signal.reason)) throw signal.reason;
    return unreadable(source, signal.aborted ? signal.reason : error);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** The reason is one sentence for people, without its full stop: "S3 refuses access (AccessDenied)". */
export function unreadable(source: string, error: unknown): Extract<Seen<never>, { state: 'unreadable' }> {
  const { cause, said } = diagnose(error);
  return { state: 'unreadable', cause, reason: scrub(`${source} ${said}`).slice(0, 200) };
}

const SENTENCES = {
  denied: 'refuses access',
  gone: 'does not have it',
  'wrong-region': 'keeps it in another region than connections.yml says',
  throttled: 'asks to be asked less often',
  unreachable: 'does not answer',
  timeout: 'did not answer in time',
  malformed: 'answers with something that cannot be read',
  'no-source': 'is read by nothing yet',
} satisfies Record<Unreadable, string>;

/** By the names of faults, SQLSTATEs among them. What is in none is told by its status, or by how the client calls it. */
const CAUSES: readonly (readonly [Unreadable, RegExp])[] = [
  [
    'denied',
    /^(AccessDenied|AllAccessDisabled|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|RequestTimeTooSkewed|(Credentials|Token)ProviderError|EACCES|EPERM|28...|42501|NOAUTH|NOPERM|WRONGPASS)$/,
  ],
  ['gone', /^(NoSuchBucket|NoSuchKey|NotFound|ENOENT|ENOTDIR|3D000)$/],
  [
    'wrong-region',
    /^(PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/,
  ],
  ['throttled', /^(SlowDown|Throttling(Exception)?|TooManyRequests|RequestLimitExceeded|53300)$/],
  ['timeout', /^(TimeoutError|RequestTimeout|ETIMEDOUT|57014)$/],
  ['malformed', /^(SyntaxError|ZodError)$/],
];

const STATUSES: Readonly<Record<number, Unreadable>> = {
  // It answered, and the answer made no sense.
  200: 'malformed',
  301: 'wrong-region',
  307: 'wrong-region',
  401: 'denied',
  403: 'denied',
  404: 'gone',
  408: 'timeout',
  429: 'throttled',
  503: 'throttled',
};

function diagnose(error: unknown): { readonly cause: Unreadable; readonly said: string } {
  if (error instanceof Unread) return { cause: error.why, said: error.message };
  // A connection, a secret or a program that is missing: its message says what to do.
  if (error instanceof AppError && error.code === 'config-invalid')
    return { cause: 'gone', said: `cannot be asked: ${error.message.replace(/\.$/, '')}` };
  const { word, status } = wordOf(error instanceof AppError ? (error.cause ?? error) : error);
  const cause = CAUSES.find(([, words]) => words.test(word))?.[0] ?? STATUSES[status] ?? fallback(error);
  const told = word !== '' ? word : status === 0 ? '' : `HTTP ${status}`;
  return { cause, said: told === '' ? SENTENCES[cause] : `${SENTENCES[cause]} (${told})` };
}

/** The name that the system itself gives a fault, and its HTTP status; '' and 0 where there is none. */
function wordOf(error: unknown): { readonly word: string; readonly status: number } {
  if (!(error instanceof Error)) return { word: '', status: 0 };
  const code = 'code' in error ? error.code : undefined;
  // The SDK calls a connection that was cut a timeout too, and keeps what happened in the code.
  if (isTimeout(error) && typeof code !== 'string') return { word: 'TimeoutError', status: 0 };
  // The cluster's client puts the status there.
  if (typeof code === 'number') return { word: '', status: code };
  if (typeof code === 'string' && !(error instanceof AppError)) return { word: code, status: 0 };
  const { status, name } = awsFault(error);
  if (status !== 0) return { word: name, status };
  if (error.cause instanceof Error) return wordOf(error.cause);
  // Redis begins its refusals with a word of capitals.
  const refusal = error.message.match(/^[A-Z]{4,}\b/)?.[0];
  return { word: refusal ?? (/^(Error|AppError)$/.test(error.name) ? '' : error.name), status: 0 };
}

function fallback(error: unknown): Unreadable {
  if (!(error instanceof AppError)) return 'unreachable';
  if (error.code === 'step-timeout') return 'timeout';
  return error.code === 'outside-refused' || error.code === 'target-refused' ? 'denied' : 'unreachable';
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}
