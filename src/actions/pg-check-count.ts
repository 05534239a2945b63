import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { shortSql } from './pg-ask.ts';
import { bytesAt, momentOf } from './pg-standby-lag.ts';
import { lookAtStandby, type StandbyLook } from './pg-standby-look.ts';
import type { Pair } from './pg-standby-pair.ts';
import { POLL_MS } from './pg-standby-session.ts';
import { count } from './pg-words.ts';

/** `survived` and `lost` are `acknowledged` together; what the standby has beyond that was never acknowledged. */
export interface Counted {
  readonly acknowledged: number;
  readonly survived: number;
  readonly lost: number;
}

const REPLAY_LIMIT_MS = 10_000;

/** Counts what is on the standby now. */
export async function countOn(
  context: ActionContext,
  pair: Pair,
  { sql, acknowledged }: { sql: string; acknowledged: number },
): Promise<Counted> {
  const { signal, clients } = context;
  const rows = await clients.postgres.query<Record<string, unknown>>(pair.standby, pair.database, sql, [], {
    signal,
    readOnly: true,
  });
  const values = Object.values(rows[0] ?? {});
  const found = Number(values[0]);
  if (rows.length !== 1 || values.length !== 1 || values[0] === null || !Number.isFinite(found))
    throw new AppError('check-failed', `Expected one number from \`${pair.standby}\`: ${shortSql(sql)}`);
  const survived = Math.min(found, acknowledged);
  return { acknowledged, survived, lost: acknowledged - survived };
}

/** What was received and not replayed yet will be there after a promotion: nothing of it is lost. */
export async function untilReplayed(context: ActionContext, pair: Pair): Promise<StandbyLook> {
  const deadline = performance.now() + REPLAY_LIMIT_MS;
  for (;;) {
    const look = await lookAtStandby(context, pair);
    const { receivedLsn, replayedLsn } = look;
    if (receivedLsn === null || replayedLsn === null || bytesAt(replayedLsn) >= bytesAt(receivedLsn))
      return look;
    if (performance.now() > deadline)
      throw new AppError(
        'check-failed',
        `\`${pair.standby}\` has not replayed what it received (${replayedLsn} of ${receivedLsn}), so nothing can be counted there yet. Look whether a query or a pause holds it up, then retry.`,
        { retry: 'later' },
      );
    await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => context.signal.throwIfAborted());
  }
}

/** What a gate says is lost: the figures first, because a card's line is cut. */
export function lossInWords({ acknowledged, lost }: Counted, lastCommit: Date | null): string {
  const there = `last commit there ${momentOf(lastCommit)}`;
  return lost === 0
    ? `All ${count(acknowledged)} acknowledged writes are on the standby; ${there}`
    : `${count(lost)} of ${count(acknowledged)} acknowledged writes are not on the standby; ${there}`;
}
