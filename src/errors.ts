/** `later`: the same call may work in a while. `never`: only a person or a changed world helps. */
export type Retry = 'later' | 'never';

/** Every expected fault, in one table. The code is stable; the message is for people and says what to do next. */
export type ErrorCode =
  | 'config-invalid'
  | 'plan-invalid'
  | 'database-unreachable'
  | 'database-refused'
  | 'chain-broken'
  | 'claim-lost'
  | 'slack-unreachable'
  | 'slack-refused'
  | 'outside-unreachable'
  | 'outside-refused'
  | 'backup-not-found'
  | 'backup-changed'
  | 'backup-refused'
  | 'client-too-old'
  | 'check-failed'
  | 'target-refused'
  | 'facts-changed'
  | 'step-timeout'
  | 'step-aborted'
  | 'undo-failed';

/** An expected fault, thrown. Only edges catch it: the queue's workers read `retry`, Slack and the CLI print the message. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  /** Further lines for the thread or the terminal: one candidate, one difference, one fact each. */
  readonly details: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { retry?: Retry; details?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retry = options.retry ?? 'never';
    this.details = options.details ?? [];
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for the two reasons that leave a step to whoever takes the run next. */
export function isHandedOver(error: unknown): boolean {
  return error instanceof AppError && error.code === 'claim-lost';
}
