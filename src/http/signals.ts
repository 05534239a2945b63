import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { Connections, SecretRef } from '../domain/connections.ts';
import type { Heartbeat } from '../domain/heartbeat.ts';
import type { Plan } from '../domain/plan.ts';
import { AppError, messageOf } from '../errors.ts';

/** Signals: what producers of backups say of their own runs, by heartbeat or through a topic of SNS. */
export interface SignalDeps {
  /** Backups of the plans in force whose producers may speak. Asked at most every ten seconds, whoever knocks. */
  readonly backups: () => Promise<readonly Signalled[]>;
  readonly record: (heartbeat: Heartbeat) => Promise<'new' | 'repeated'>;
  /** The database's clock. */
  readonly now: () => Promise<Date>;
  /** Asks SNS for its certificates, and to confirm a subscription. */
  readonly fetch: (
    url: string,
    options: { readonly redirect: 'error'; readonly signal: AbortSignal },
  ) => Promise<Response>;
  readonly log: (fields: Record<string, unknown>, message: string) => void;
}

/** A backup whose producer may speak, and how it is known. */
export interface Signalled {
  readonly system: string;
  readonly backup: string;
  /** The secret itself; null: no heartbeats. */
  readonly token: string | null;
  /** The topic, and the words that tell success and failure in its notices; null: no notices. */
  readonly sns: {
    readonly topicArn: string;
    readonly success: string;
    readonly failure?: string | undefined;
  } | null;
}

/** Letters of a token: fewer can be guessed. */
const LEAST_TOKEN = 20;

/** The backups of these plans whose producers may speak. A secret that cannot be read is logged, and that backup takes no heartbeats. */
export function signalledBackups(
  plans: readonly Pick<Plan, 'system' | 'backups'>[],
  connections: Pick<Connections, 'secrets' | 'sns'>,
  { resolve, log }: { resolve: (ref: SecretRef) => string } & Pick<SignalDeps, 'log'>,
): readonly Signalled[] {
  const secretOf = (name: string): string | null => {
    const ref = connections.secrets[name];
    try {
      if (ref !== undefined) {
        const token = resolve(ref);
        if (token.length >= LEAST_TOKEN) return token;
        log({ secret: name, least: LEAST_TOKEN }, 'a heartbeat token is too short');
        return null;
      }
      log({ secret: name }, 'a heartbeat token is not among the secrets of connections.yml');
    } catch (error) {
      log({ secret: name, reason: messageOf(error) }, 'a heartbeat token cannot be read');
    }
    return null;
  };
  return plans.flatMap(({ system, backups }) =>
    backups.flatMap(({ id, heartbeat }): readonly Signalled[] => {
      if (heartbeat === undefined) return [];
      const topicArn = connections.sns[heartbeat.sns?.connection ?? '']?.topicArn;
      return [
        {
          system,
          backup: id,
          token: heartbeat.token === undefined ? null : secretOf(heartbeat.token),
          sns: heartbeat.sns === undefined || topicArn === undefined ? null : { ...heartbeat.sns, topicArn },
        },
      ];
    }),
  );
}

const FRESH_MS = 10_000;

/** What `load` gave, for ten seconds. A failure is not kept. */
export function remembered<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let kept: { readonly value: Promise<Value>; readonly untilMs: number } | undefined;
  return () => {
    if (kept !== undefined && performance.now() < kept.untilMs) return kept.value;
    const value = load();
    kept = { value, untilMs: performance.now() + FRESH_MS };
    value.catch(() => {
      kept = undefined;
    });
    return value;
  };
}

const MINUTE_MS = 60_000;

/** Counts by key, each in a minute of its own. Gives the seconds to wait, or 0 when it may go on. */
export function perMinute(limit: number): (key: string) => number {
  const minutes = new Map<string, { count: number; readonly untilMs: number }>();
  return (key) => {
    const now = performance.now();
    const known = minutes.get(key);
    const minute =
      known === undefined || known.untilMs <= now ? { count: 0, untilMs: now + MINUTE_MS } : known;
    minutes.set(key, minute);
    minute.count += 1;
    return minute.count <= limit ? 0 : Math.ceil((minute.untilMs - now) / 1000);
  };
}

/** An answer in words. The connection ends with it, so that what is left of a body is not read. */
export function refused(
  context: Context,
  status: ContentfulStatusCode,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return context.json({ error }, status, { connection: 'close', ...headers });
}

/** What nobody expected, at the edge. A body that broke off is answered to nobody. */
export function failed(log: SignalDeps['log']) {
  return (error: Error, context: Context): Response => {
    if (context.req.raw.signal.aborted) return refused(context, 408, 'The body broke off. Send it again.');
    if (error instanceof AppError && error.retry === 'later')
      return refused(context, 503, error.message, { 'retry-after': '10' });
    const ref = randomUUID().slice(0, 4);
    log({ err: error, ref }, 'a signal could not be handled');
    return refused(
      context,
      500,
      `Something broke (ref ${ref}). Nothing may have been recorded: send it again.`,
    );
  };
}

/** A text without control characters, which a database and a card can take as it is. */
export function plainText(max: number) {
  return z
    .string()
    .min(1, 'expected at least 1 character')
    .max(max, `expected at most ${max} characters`)
    .refine(
      (text) => text.isWellFormed() && !/\p{Cc}/u.test(text),
      'expected text without control characters',
    );
}

/** Any text on one line, as a database and a card can take it. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
}

/** JSON in a text, for a schema to go on with. */
export const JsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'it is not JSON' });
    return z.NEVER;
  }
});

const FAULTS_SHOWN = 3;

/** `"bytes": expected a whole number`, for at most three places. */
export function faultsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, FAULTS_SHOWN)
    .map(({ path, message }) =>
      (path.length === 0 ? message : `"${path.join('.')}": ${message}`).slice(0, 200),
    )
    .join('; ');
}
