import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Outcome, type Preview } from './action.ts';
import { hostFence } from './pg-fence-host.ts';
import { readOnlyFence } from './pg-fence-read-only.ts';
import { By, type Fence, type Raised } from './pg-fence-way.ts';
import { workloadFence } from './pg-fence-workload.ts';
import { lookAtStandby, lookOrReason, type StandbyLook } from './pg-standby-look.ts';
import { type Pair, pairOf } from './pg-standby-pair.ts';
import { lookAtPrimary, mayTakeWrites } from './pg-standby-primary.ts';
import { settledStandby } from './pg-standby-session.ts';
import { MAINTENANCE, orBlocked } from './pg-target.ts';

const Params = z.strictObject({
  component: z.string(),
  /** `workload`: its StatefulSet at 0. `host`: a person switched it off. `read-only`: it answers, and is locked. */
  by: By,
  /** How the person who switched the host off knows; mostly `${host-off.evidence}`. */
  evidence: z.string().max(2_000).optional(),
});
type Params = z.infer<typeof Params>;

/** Makes certain that the old primary takes no more writes. It is given back only while its standby is still one. */
export const pgFence = defineAction<Params>({
  name: 'pg.fence',
  summary: 'Keeps the old primary from taking writes, and proves it, before its standby takes over.',
  schema: Params,
  class: 'reversible',
  recovery: 'observe',
  gives: {
    fenced: 'connection of the old primary',
    by: '`workload`, `host` or `read-only`',
    evidence: 'what proves it, a sentence',
    previous: 'replicas the StatefulSet had, or nothing; by `workload` only',
  },

  preview: (context, params) => orBlocked(() => preview(context, params)),

  async run(context, params) {
    const pair = pairOf(context.plan, params.component);
    return outcomeOf(pair, params, await fenceOf(params).raise(context, pair));
  },

  async verify(context, { component }) {
    const pair = pairOf(context.plan, component);
    const primary = await lookAtPrimary(context, pair);
    if (!mayTakeWrites(primary)) return;
    throw new AppError(
      'check-failed',
      `The old primary still answers as writable after fencing: \`${pair.primary}\` ${primary.said}. Find out which server that is and stop it. Nothing was promoted.`,
    );
  },

  async observe(context, params) {
    const pair = pairOf(context.plan, params.component);
    const found = await fenceOf(params).find(context, pair);
    if (found === undefined) return { happened: 'no' };
    if (typeof found === 'string') return { happened: 'unknown', seen: [found] };
    return { happened: 'yes', outcome: outcomeOf(pair, params, found) };
  },

  /**
   * The standby is asked twice. Between, the fence is announced as given up, and no promotion begins any more; the second
   * answer is therefore final, whatever a worker that was only paused may still be about to do.
   */
  async undo(context, params, output) {
    const pair = pairOf(context.plan, params.component);
    const fence = fenceOf(params);
    requireStandby(pair, await lookAtStandby(context, pair));
    await fence.announce(context, pair);
    try {
      requireStandby(pair, await settledStandby(context, pair));
    } catch (error) {
      await fence.withdraw(context, pair);
      throw error;
    }
    return { summary: await fence.lower(context, pair, output), facts: [] };
  },

  byHand: (params, plan) => fenceOf(params).byHand(pairOf(plan, params.component)),

  needs(params, plan) {
    const pair = pairOf(plan, params.component);
    const asked = { kind: 'postgres', database: MAINTENANCE } as const;
    return [
      { ...asked, connection: pair.primary },
      { ...asked, connection: pair.standby },
      ...fenceOf(params).needs(pair),
    ];
  },
});

function fenceOf({ by, evidence }: Params): Fence {
  switch (by) {
    case 'workload':
      return workloadFence;
    case 'read-only':
      return readOnlyFence;
    case 'host':
      return hostFence(evidence);
  }
}

/** A fence without a standby behind it would only stop the service. */
async function preview(context: ActionContext, params: Params): Promise<Preview> {
  const pair = pairOf(context.plan, params.component);
  const standby = await lookOrReason(context, pair);
  const fence = await fenceOf(params).preview(context, pair);
  const reasons = typeof standby === 'string' ? [standby] : notStandby(pair, standby);
  return { ...fence, blocked: [...fence.blocked, ...reasons] };
}

function notStandby({ standby }: Pair, { inRecovery, timeline }: StandbyLook): readonly string[] {
  if (inRecovery) return [];
  return [`\`${standby}\` is a primary already, on timeline ${timeline}, so there is nothing to fence for.`];
}

function requireStandby({ primary, standby }: Pair, { inRecovery, timeline }: StandbyLook): void {
  if (inRecovery) return;
  throw new AppError(
    'undo-failed',
    `\`${primary}\` stays fenced: \`${standby}\` has become the primary, on timeline ${timeline}, and there must never be two. Rebuild \`${primary}\` as its standby.`,
  );
}

function outcomeOf(
  { primary }: Pair,
  { by }: Params,
  { evidence, output }: Raised,
): Extract<Outcome, { kind: 'done' }> {
  return {
    kind: 'done',
    summary: SUMMARIES[by],
    output: { ...output, fenced: primary, by, evidence },
    facts: [{ name: 'fenced', value: evidence }],
  };
}

const SUMMARIES = {
  workload: 'old primary stopped, no pod left',
  host: 'old primary is off, as a person has seen',
  'read-only': 'old primary read-only and closed',
} as const;
