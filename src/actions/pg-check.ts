import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { PrimarySeen } from '../domain/primary.ts';
import type { Fact, Output } from '../domain/step.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome } from './action.ts';
import { DurationText, durationMs, orReference } from './params.ts';
import { countOn, lossInWords, untilReplayed } from './pg-check-count.ts';
import { notInRecovery } from './pg-promote-look.ts';
import { lagExcess, lagInShort, lagOf, standbyFacts } from './pg-standby-lag.ts';
import { isPromoted, lookOrReason, type StandbyLook } from './pg-standby-look.ts';
import { type Pair, pairOf } from './pg-standby-pair.ts';
import { lookAtPrimary } from './pg-standby-primary.ts';
import { MAINTENANCE, orBlocked } from './pg-target.ts';
import { clock, plural } from './pg-words.ts';

const Params = z.strictObject({
  component: z.string(),
  expect: z.enum(['healthy', 'primary-lost', 'promoted']),
  /** Looks in a row, each of which must find the primary lost. */
  times: orReference(z.number().int().min(1).max(20)).default(3),
  every: DurationText.default('2s'),
  /** Writes the application knows to be acknowledged, against those that are on the standby. */
  count: z
    .strictObject({
      /** Gives one number: how many of them are there. */
      sql: z.string().min(1).max(10_000),
      acknowledged: orReference(z.number().int().nonnegative()),
    })
    .optional(),
});
type Params = z.infer<typeof Params>;

export const pgCheck = defineAction<Params>({
  name: 'pg.check',
  summary: 'Looks at a primary and its standby: who answers, who takes writes, and what the standby lacks.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    reachable: 'true: the standby answered',
    inRecovery: 'whether the standby is still one',
    timeline: 'timeline of the standby',
    systemIdentifier: 'system identifier of the standby',
    receivedLsn: 'WAL position it has come to, or nothing',
    replayedLsn: 'WAL position it has replayed, or nothing',
    lastReplayedAt: 'time of the last commit it replayed, ISO 8601, or nothing',
    lag: 'what it lacks at least: `bytes` and `seconds`, each a number or nothing',
    primarySeenAt: 'when the primary last answered, ISO 8601, or nothing',
    slot: 'slot it streams by, or empty',
    acknowledged: 'writes the application says were acknowledged; with `count` only',
    survived: 'those of them that are on the standby; with `count` only',
    lost: 'those of them that are not; with `count` only',
  },

  preview: (context, params) =>
    orBlocked(async () => {
      const pair = pairOf(context.plan, params.component);
      const seen = await context.primarySeen(params.component);
      const [primary, look] = await Promise.all([lookAtPrimary(context, pair), lookOrReason(context, pair)]);
      const shown = [{ name: 'primary', value: `\`${pair.primary}\` ${primary.said}` }];
      return {
        lines: [lineOf(pair, params)],
        bound: { primary: pair.primary, standby: pair.standby, expect: params.expect },
        shown:
          typeof look === 'string' ? shown : [...shown, ...standbyFacts(pair, look, lagOf(look, seen), seen)],
        undo: [],
        blocked: typeof look === 'string' ? [look] : [],
      };
    }),

  async run(context, params): Promise<Outcome> {
    const pair = pairOf(context.plan, params.component);
    const seen = await context.primarySeen(params.component);
    const checked = await CHECKS[params.expect](context, pair, seen, params);
    return outcomeOf(context, pair, params, checked);
  },

  byHand({ component, expect, count }, plan) {
    const pair = pairOf(plan, component);
    const [standby, primary] = [pair.standby, pair.primary].map((name) => `psql -h <host of ${name}> -d`);
    return [
      ...(expect === 'promoted' ? [] : [`${primary} ${MAINTENANCE} -c 'select pg_is_in_recovery()'`]),
      `${standby} ${MAINTENANCE} -c 'select pg_is_in_recovery(), pg_last_wal_receive_lsn(), pg_last_xact_replay_timestamp()'`,
      `${standby} ${MAINTENANCE} -c 'select status, sender_host, last_msg_receipt_time from pg_stat_wal_receiver'`,
      ...(count === undefined
        ? []
        : [
            `${standby} ${pair.database} -c "${count.sql.replaceAll('"', '\\"')}"   # of ${count.acknowledged}`,
          ]),
    ];
  },

  needs({ component }, plan) {
    const { primary, standby } = pairOf(plan, component);
    const asked = { kind: 'postgres', database: MAINTENANCE } as const;
    return [
      { ...asked, connection: primary },
      { ...asked, connection: standby },
    ];
  },
});

function lineOf({ primary, standby }: Pair, { expect, times, every }: Params): string {
  switch (expect) {
    case 'primary-lost':
      return `Expect \`${primary}\` lost: ${times} looks, one every ${every}, from the bot and from \`${standby}\``;
    case 'healthy':
      return `Expect \`${primary}\` to answer as the primary and \`${standby}\` to stream from it`;
    case 'promoted':
      return `Expect \`${standby}\` to answer as the primary`;
  }
}

interface Checked {
  readonly look: StandbyLook;
  /** Against what the lag is measured. */
  readonly seen: PrimarySeen | undefined;
  readonly summary: string;
  readonly facts: readonly Fact[];
}

type Check = (
  context: ActionContext,
  pair: Pair,
  seen: PrimarySeen | undefined,
  params: Params,
) => Promise<Checked>;

const CHECKS: Readonly<Record<Params['expect'], Check>> = {
  'primary-lost': async (context, pair, seen, { times, every }) => {
    const looks = Number(times);
    for (let number = 1; ; number++) {
      const look = await lookForLoss(context, pair, seen, `look ${number} of ${looks}`);
      if (number >= looks) {
        const value = `${plural(looks, 'look')}, one every ${every}: no answer to the bot, none to \`${pair.standby}\``;
        return {
          look,
          seen,
          summary: `lost; ${lagInShort(lagOf(look, seen))}`,
          facts: [{ name: 'primary', value }],
        };
      }
      const { signal } = context;
      await sleep(durationMs(every), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  },

  healthy: async (context, pair) => {
    // In this order: what the standby has then is what the primary had before, and not less.
    const primary = await lookAtPrimary(context, pair);
    const look = await requireLook(context, pair);
    const excess = primary.at === undefined ? undefined : lagExcess(lagOf(look, primary.at), pair);
    const faults = [
      ...(primary.is === 'writable' ? [] : [`\`${pair.primary}\` ${primary.said}, expected is a primary.`]),
      ...(look.inRecovery ? [] : [notInRecovery(pair, look, primary.at)]),
      ...(primary.at === undefined || look.systemIdentifier === primary.at.systemIdentifier
        ? []
        : [`\`${pair.standby}\` is no copy of \`${pair.primary}\`. Correct standby.connection in the plan.`]),
      ...(look.streamsFrom === null
        ? [`\`${pair.standby}\` does not stream. Its log says why.`]
        : look.slot === pair.slot
          ? []
          : [
              `\`${pair.standby}\` streams by ${look.slot === '' ? 'no slot' : `\`${look.slot}\``}, the plan says \`${pair.slot}\`.`,
            ]),
      ...(excess === undefined ? [] : [excess]),
    ];
    if (faults.length > 0) throw new AppError('check-failed', faults.join(' '), { details: faults });
    const facts = [{ name: 'primary', value: `\`${pair.primary}\` ${primary.said}` }];
    return { look, seen: primary.at, summary: `primary and standby are well, by \`${pair.slot}\``, facts };
  },

  promoted: async (context, pair, seen) => {
    const look = await requireLook(context, pair);
    if (!isPromoted(look, seen))
      throw new AppError(
        'check-failed',
        look.inRecovery
          ? `\`${pair.standby}\` is still a standby, on timeline ${look.timeline}.`
          : notInRecovery(pair, look, seen),
      );
    return { look, seen, summary: `primary on timeline ${look.timeline}`, facts: [] };
  },
};

/** One look from both places. A server that says anything at all to either is not lost. */
async function lookForLoss(
  context: ActionContext,
  pair: Pair,
  seen: PrimarySeen | undefined,
  which: string,
): Promise<StandbyLook> {
  context.progress(which);
  const [primary, look] = await Promise.all([lookAtPrimary(context, pair), requireLook(context, pair)]);
  if (!look.inRecovery) throw new AppError('target-refused', notInRecovery(pair, look, seen));
  const answers = [
    ...(primary.is === 'away' ? [] : [`\`${pair.primary}\` ${primary.said}`]),
    ...(look.streamsFrom === null
      ? []
      : [
          `\`${pair.standby}\` streams from ${look.streamsFrom}, last heard ${look.heardAt === null ? 'at a time not known' : clock(look.heardAt)}`,
        ]),
  ];
  if (answers.length === 0) return look;
  throw new AppError(
    'check-failed',
    `The primary is not lost, ${which}: ${answers.join('; ')}. If it does not serve all the same, stop it first; a host that went silent is given up by its standby after wal_receiver_timeout.`,
    { details: answers },
  );
}

async function requireLook(context: ActionContext, pair: Pair): Promise<StandbyLook> {
  const look = await lookOrReason(context, pair);
  if (typeof look === 'string') throw new AppError('target-refused', look);
  return look;
}

async function outcomeOf(
  context: ActionContext,
  pair: Pair,
  { count }: Params,
  { look: first, seen, summary, facts }: Checked,
): Promise<Outcome> {
  const look = count === undefined ? first : await untilReplayed(context, pair);
  const counted =
    count && (await countOn(context, pair, { sql: count.sql, acknowledged: Number(count.acknowledged) }));
  const lag = lagOf(look, seen);
  const output: Output = {
    reachable: true,
    inRecovery: look.inRecovery,
    timeline: look.timeline,
    systemIdentifier: look.systemIdentifier,
    receivedLsn: look.receivedLsn,
    replayedLsn: look.replayedLsn,
    lastReplayedAt: look.lastReplayedAt?.toISOString() ?? null,
    lag: { ...lag },
    primarySeenAt: seen?.at.toISOString() ?? null,
    slot: look.slot,
    ...counted,
  };
  return {
    kind: 'done',
    summary: counted ? lossInWords(counted, look.lastReplayedAt) : summary,
    output,
    facts: [...facts, ...standbyFacts(pair, look, lag, seen)],
  };
}
