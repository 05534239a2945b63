import { X509Certificate } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import SnsPayloadValidator from 'sns-payload-validator';
import { z } from 'zod';
import type { Heartbeat } from '../domain/heartbeat.ts';
import { AppError, messageOf } from '../errors.ts';
import {
  faultsOf,
  JsonText,
  oneLine,
  perMinute,
  plainText,
  refused,
  remembered,
  type SignalDeps,
  type Signalled,
} from './signals.ts';

/** A message of SNS has at most 256 KiB; JSON writes some characters longer. */
const BODY_LIMIT_BYTES = 512 * 1024;
const AGE_MS = 3_600_000;
const AHEAD_MS = 10 * 60_000;
const PATIENCE_MS = 5_000;
const ANSWER_LIMIT_BYTES = 64 * 1024;
/** SNS changes its certificate once a year or so. Who makes up addresses of certificates is not to make us ask for all of them. */
const CERTIFICATES_PER_MINUTE = 10;
const CERTIFICATES_KEPT = 20;
const REASON_LENGTH = 500;

const Envelope = {
  MessageId: plainText(100),
  TopicArn: z.string().max(300),
  Timestamp: z.iso.datetime(),
  Message: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().max(2000),
  SigningCertURL: z.string().max(500),
};
const Notification = z.object({
  ...Envelope,
  Type: z.literal('Notification'),
  Subject: z.string().nullish(),
});
const Confirmation = z.object({
  ...Envelope,
  Type: z.enum(['SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  Token: z.string().max(2000),
  SubscribeURL: z.string().max(3000),
});
const Payload = z.discriminatedUnion('Type', [Notification, Confirmation], {
  error: 'expected an object with the "Type" of a message of SNS',
});
type Payload = z.infer<typeof Payload>;

/**
 * The HTTPS endpoint of SNS subscriptions. Only topics that a plan names are listened to or confirmed, only with a signature
 * of the host of that topic's own region; what is signed may be an hour old, and counts once.
 */
export function snsRoutes({ backups, record, now, fetch, log }: SignalDeps) {
  const routes = new Hono();
  const listening = remembered(async () =>
    (await backups()).flatMap(({ sns, ...backup }) => (sns === null ? [] : [{ ...backup, sns }])),
  );
  const certificates = new Map<string, string>();
  const tooMany = perMinute(CERTIFICATES_PER_MINUTE);

  /** A certificate's address is SNS's own and names one certificate for ever, so it is asked for once. */
  async function certificateAt(url: string): Promise<string> {
    const kept = certificates.get(url);
    if (kept !== undefined) return kept;
    if (tooMany('certificates') > 0) throw away('too many of its certificates were asked for in this minute');
    const pem = await ask(url);
    const at = await now();
    const certificate = certificateIn(pem);
    if (certificate === undefined || certificate.validFromDate > at || certificate.validToDate < at)
      throw away(`there is no valid certificate at ${url}`);
    const [oldest] = certificates.keys();
    if (oldest !== undefined && certificates.size >= CERTIFICATES_KEPT) certificates.delete(oldest);
    certificates.set(url, pem);
    return pem;
  }

  async function ask(url: string): Promise<string> {
    try {
      const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      return await beginningOf(answer);
    } catch (error) {
      throw away(messageOf(error).slice(0, 100), error);
    }
  }

  async function isSigned(payload: Payload): Promise<boolean> {
    const pem = await certificateAt(payload.SigningCertURL);
    // Its own way to the certificate has no time limit, takes any status and keeps what it got: it finds ours as kept before.
    const certCache = new Map([[payload.SigningCertURL, pem]]);
    const validator = Object.assign(new SnsPayloadValidator({ useCache: false }), { certCache });
    return validator.validate(JSON.stringify(payload)).then(
      () => true,
      () => false,
    );
  }

  /** How many backups a notice speaks of, and for how many of them it is new. */
  async function hear(payload: z.infer<typeof Notification>, listeners: readonly Listener[]) {
    const words = `${payload.Subject ?? ''}\n${payload.Message}`;
    const heard = listeners.flatMap(({ system, backup, sns }): readonly Heartbeat[] => {
      const state = stateIn(words, sns);
      if (state === null) return [];
      const reason = state === 'failure' ? oneLine(words.slice(0, REASON_LENGTH)) : null;
      const at = new Date(payload.Timestamp);
      const run = payload.MessageId;
      return [{ system, backup, from: 'sns', run, state, at, bytes: null, durationMs: null, reason }];
    });
    const outcomes = await Promise.all(heard.map(record));
    return { heard: heard.length, new: outcomes.filter((outcome) => outcome === 'new').length };
  }

  routes.post(
    '/sns',
    bodyLimit({
      maxSize: BODY_LIMIT_BYTES,
      onError: (context) => refused(context, 413, `A notice has at most ${BODY_LIMIT_BYTES} bytes.`),
    }),
    async (context) => {
      const parsed = JsonText.pipe(Payload).safeParse(await context.req.text());
      if (!parsed.success)
        return refused(
          context,
          400,
          `The body is not a message of SNS: ${faultsOf(parsed.error)}. Leave raw message delivery off.`,
        );
      const payload = parsed.data;
      const topic = payload.TopicArn;
      const listeners = (await listening()).filter(({ sns }) => sns.topicArn === topic);
      if (listeners.length === 0)
        return refused(
          context,
          403,
          'No plan listens to this topic. Name it under sns in connections.yml, and that under heartbeat.sns of a backup.',
        );
      if (!isCertificateOf(topic, payload.SigningCertURL))
        return refused(context, 403, `"SigningCertURL" is not SNS's own address in the region of the topic.`);
      if (!(await isSigned(payload))) return refused(context, 403, 'The signature is not that of SNS.');
      const ageMs = (await now()).getTime() - Date.parse(payload.Timestamp);
      if (ageMs > AGE_MS || ageMs < -AHEAD_MS)
        return refused(
          context,
          400,
          `"Timestamp" is ${payload.Timestamp}: more than 1 h ago, or ahead. It is not taken any more.`,
        );
      if (payload.Type === 'Notification') return context.json(await hear(payload, listeners));
      if (payload.Type === 'UnsubscribeConfirmation') {
        log({ topic }, 'a topic of SNS no longer tells of backups');
        return context.json({ subscribed: false });
      }
      if (!isConfirmationOf(topic, payload.SubscribeURL))
        return refused(context, 403, `"SubscribeURL" does not confirm this topic at SNS's own address.`);
      await ask(payload.SubscribeURL);
      log({ topic }, 'a topic of SNS tells of backups from now on');
      return context.json({ subscribed: true });
    },
  );
  routes.all('/sns', (context) => refused(context, 405, 'A message of SNS is a POST.', { allow: 'POST' }));
  return routes;
}

type Listener = Pick<Signalled, 'system' | 'backup'> & { readonly sns: NonNullable<Signalled['sns']> };

/** A notice that tells both is bad news. */
function stateIn(words: string, { success, failure }: Listener['sns']): 'success' | 'failure' | null {
  if (failure !== undefined && words.includes(failure)) return 'failure';
  return words.includes(success) ? 'success' : null;
}

/** Of the topic's own region and no other name: "sns.s3-us-west-2.amazonaws.com" is a bucket that anybody may have named "sns". */
function originOf(topicArn: string): string | undefined {
  const [, partition, , region = ''] = topicArn.split(':');
  if (!/^[a-z0-9-]+$/.test(region)) return undefined;
  return `https://sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

// Addresses are compared as they are written, so that no login, port or query slips through a parser.
function isCertificateOf(topicArn: string, text: string): boolean {
  const origin = originOf(topicArn);
  const path = /\/SimpleNotificationService-[a-zA-Z0-9]{32}\.pem$/.exec(text)?.[0];
  return origin !== undefined && path !== undefined && text === `${origin}${path}`;
}

function isConfirmationOf(topicArn: string, text: string): boolean {
  const start = `${originOf(topicArn)}/?`;
  const query = new URLSearchParams(text.slice(start.length));
  return (
    text.startsWith(start) &&
    query.get('Action') === 'ConfirmSubscription' &&
    query.get('TopicArn') === topicArn
  );
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

async function beginningOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_LIMIT_BYTES) throw new Error(`an answer of more than ${ANSWER_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function away(reason: string, cause?: unknown): AppError {
  const message = `SNS cannot be asked: ${reason}. Nothing was recorded; send it again.`;
  return new AppError('outside-unreachable', message, { retry: 'later', cause });
}
