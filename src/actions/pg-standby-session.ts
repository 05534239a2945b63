import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { readStandby, type StandbyLook } from './pg-standby-look.ts';
import type { Pair } from './pg-standby-pair.ts';
import { MAINTENANCE } from './pg-target.ts';

export const POLL_MS = 20;
/** A promotion that was asked for shows within this: its server no longer waits for WAL, and never will again. */
const SHOWS_MS = 1_000;
const SETTLE_LIMIT_MS = 45_000;

/**
 * A session on the standby in the name of this attempt. Whatever else this run still does there is ended first: a run does
 * one thing at a time, so it is the work of a worker that died or was paused. One that wakes up late ends itself.
 */
export function asOnlyOne<Result>(
  context: ActionContext,
  { standby }: Pair,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { run, step, key, signal, clients } = context;
  return clients.postgres.withClient(
    standby,
    MAINTENANCE,
    async (session) => {
      await session.rows(`select set_config('application_name', $1, false)`, [`dr-bot ${key}`]);
      const others = await session.rows<{ pid: number; step: string; attempt: string }>(
        `select pid, split_part(application_name, '/', 2) as step, split_part(application_name, '/', 3) as attempt
           from pg_stat_activity
          where usename = session_user and starts_with(application_name, $1) and pid <> pg_backend_pid()`,
        [`dr-bot ${run.id}/`],
      );
      if (others.some((other) => other.step === step.id && Number(other.attempt) > step.attempt))
        throw new AppError('claim-lost', `A later attempt works on \`${standby}\`. This one ends.`);
      for (const { pid } of others) await session.rows('select pg_terminate_backend($1, 2000)', [pid]);
      return work(session);
    },
    { signal },
  );
}

/**
 * Looks at the standby once it is certain whether a promotion is under way. A worker may have asked for one right before it
 * died, and the server then still says for a moment that it is in recovery.
 */
export function settledStandby(context: ActionContext, pair: Pair): Promise<StandbyLook> {
  return asOnlyOne(context, pair, async (session) => {
    const began = performance.now();
    for (;;) {
      const passed = performance.now() - began;
      const look = await readStandby(session);
      if (!look.inRecovery || (look.waits && passed >= SHOWS_MS)) return look;
      if (passed > SETTLE_LIMIT_MS)
        throw new AppError(
          'check-failed',
          `\`${pair.standby}\` is in recovery and busy, so whether it is being promoted is not certain. Look at its log.`,
        );
      await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() =>
        context.signal.throwIfAborted(),
      );
    }
  });
}
