import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
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

const PATH = '/backups/:system/:backup/heartbeat';
const BODY_LIMIT_BYTES = 8 * 1024;
const LIMIT_PER_MINUTE = 60;
const SKEW_MS = 10 * 60_000;
const LONGEST_RUN_MS = 30 * 24 * 3_600_000;
const HELP = 'See "Signals from backup scripts" in docs/operations.md.';

const Body = z
  .strictObject({
    state: z.enum(['start', 'success', 'failure'], 'expected "start", "success" or "failure"'),
    run: plainText(100).optional(),
    at: z.iso
      .datetime({ offset: true, error: 'expected a time like "2026-03-01T02:00:00Z"' })
      .transform((text) => new Date(text))
      .optional(),
    bytes: z.int('expected a whole number of bytes').nonnegative('expected 0 or more bytes').optional(),
    durationMs: z
      .int('expected whole milliseconds')
      .nonnegative('expected 0 or more milliseconds')
      .max(LONGEST_RUN_MS, 'expected at most 30 days, in milliseconds')
      .optional(),
    reason: z.string().max(500, 'expected at most 500 characters').transform(oneLine).optional(),
  })
  .refine(({ run, at }) => run !== undefined || at !== undefined, {
    path: ['run'],
    error: 'expected a name for the run, or "at": without either, a repetition cannot be told from a new run',
  })
  .refine(({ state, run }) => state !== 'start' || run !== undefined, {
    path: ['run'],
    error: 'expected a name for the run: without it, the end of this start cannot be found',
  });

/**
 * Heartbeats of backup scripts. Who does not know the token of the backup learns nothing: not whether there is such a
 * backup, nor whether it has a token.
 */
export function heartbeatRoutes({ backups, record, now }: SignalDeps) {
  const routes = new Hono<{ Variables: { backup: Signalled } }>();
  const tooMany = perMinute(LIMIT_PER_MINUTE);
  const known = remembered(async () => new Map((await backups()).flatMap(withDigest)));
  const nobody = { digest: randomBytes(32), backup: undefined };

  routes.post(
    PATH,
    async (context, next) => {
      const { digest, backup } = (await known()).get(keyOf(context.req.param())) ?? nobody;
      const given = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? '';
      if (!timingSafeEqual(digestOf(given), digest) || backup === undefined)
        return refused(
          context,
          401,
          `This token does not open this backup. Send the secret that the plan names under heartbeat.token, as "Authorization: Bearer …". ${HELP}`,
          { 'www-authenticate': 'Bearer' },
        );
      const waitSeconds = tooMany(keyOf(backup));
      if (waitSeconds > 0)
        return refused(
          context,
          429,
          `More than ${LIMIT_PER_MINUTE} heartbeats of this backup in a minute. Try again in ${waitSeconds} s.`,
          { 'retry-after': String(waitSeconds) },
        );
      if (!/^application\/json\s*(;|$)/i.test(context.req.header('content-type') ?? ''))
        return refused(context, 415, 'A heartbeat is JSON. Send it with "Content-Type: application/json".');
      context.set('backup', backup);
      return next();
    },
    bodyLimit({
      maxSize: BODY_LIMIT_BYTES,
      onError: (context) =>
        refused(context, 413, `A heartbeat has at most ${BODY_LIMIT_BYTES} bytes. Shorten "reason".`),
    }),
    async (context) => {
      const parsed = JsonText.pipe(Body).safeParse(await context.req.text());
      if (!parsed.success)
        return refused(context, 400, `The body is not a heartbeat: ${faultsOf(parsed.error)}. ${HELP}`);
      const { data } = parsed;
      const received = await now();
      const at = data.at ?? received;
      if (Math.abs(at.getTime() - received.getTime()) > SKEW_MS)
        return refused(
          context,
          400,
          `"at" is ${at.toISOString()}, and here it is ${received.toISOString()}: more than 10 min apart. Correct the clock of the machine, or send "run" without "at".`,
        );
      const outcome = await record({
        system: context.var.backup.system,
        backup: context.var.backup.backup,
        from: 'heartbeat',
        run: data.run ?? at.toISOString(),
        state: data.state,
        at,
        bytes: data.bytes ?? null,
        durationMs: data.durationMs ?? null,
        reason: data.reason ?? null,
      });
      return context.json({ repeated: outcome === 'repeated' });
    },
  );
  routes.all(PATH, (context) => refused(context, 405, 'A heartbeat is a POST.', { allow: 'POST' }));
  return routes;
}

function withDigest(backup: Signalled) {
  return backup.token === null ? [] : [[keyOf(backup), { digest: digestOf(backup.token), backup }] as const];
}

/** No id has a slash. */
function keyOf({ system, backup }: { readonly system: string; readonly backup: string }): string {
  return `${system}/${backup}`;
}

/** Of one length, whatever was given, so that a comparison takes the same time. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
