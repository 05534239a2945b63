import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Session } from '../clients/postgres.ts';
import { hasSymbols } from '../domain/template.ts';
import { AppError, messageOf } from '../errors.ts';
import { hop } from '../hop.ts';
import { type ActionContext, defineAction, type Outcome, type Preview } from './action.ts';
import { orReference } from './params.ts';
import { FenceOutput } from './pg-fence-way.ts';
import { requireStopped } from './pg-fence-workload.ts';
import { cameBack, mayPromote, reasonsAgainst } from './pg-promote-look.ts';
import { rebuildCommands, sourceOf, unknownSource } from './pg-rebuild-commands.ts';
import { lagOf, momentOf, standbyFacts } from './pg-standby-lag.ts';
import { isPromoted, lookAtStandby, lookOrReason, readStandby } from './pg-standby-look.ts';
import { type Pair, pairOf } from './pg-standby-pair.ts';
import { lookAtPrimary, mayTakeWrites } from './pg-standby-primary.ts';
import { asOnlyOne, POLL_MS, settledStandby } from './pg-standby-session.ts';
import { MAINTENANCE, orBlocked } from './pg-target.ts';
import { count, named } from './pg-words.ts';

const Params = z.strictObject({
  component: z.string(),
  /** Acknowledged writes that are not on the standby, for the card; mostly `${lag.lost}` of a pg.check that counted. */
  lost: orReference(z.number().int().nonnegative()).optional(),
});
type Params = z.infer<typeof Params>;

/**
 * Makes the standby the primary. Its own timeline is the mark of that: a promotion begins a new one, durably and for ever,
 * so a repeated step finds it done and a second promotion cannot happen. Which run did it stands in the WAL, as a logical
 * message "dr-bot".
 */
export const pgPromote = defineAction<Params>({
  name: 'pg.promote',
  summary: 'Makes the standby the primary, on a new timeline, once the old primary is fenced.',
  schema: Params,
  class: 'irreversible',
  recovery: 'observe',
  after: ['pg.fence'],
  gives: {
    timelineBefore: 'timeline before',
    timelineAfter: 'timeline after',
    lsn: 'WAL position where it left its primary, or nothing',
    promotedAt: 'when it was promoted, ISO 8601, or nothing',
    rebuild: 'commands that make the old primary a standby, one a line',
  },

  preview: (context, params) => orBlocked(() => preview(context, params)),

  run(context, params): Promise<Outcome> {
    const pair = pairOf(context.plan, params.component);
    return asOnlyOne(context, pair, async (session) => {
      const seen = await context.primarySeen(params.component);
      const before = await readStandby(session);
      if (!isPromoted(before, seen)) {
        const reasons = reasonsAgainst(pair, before, seen, await mayPromote(session));
        if (reasons.length > 0) throw new AppError('target-refused', reasons.join(' '), { details: reasons });
        await requireFenced(context, pair);
        await promote(context, session);
      }
      return finish(context, pair, params, session);
    });
  },

  async verify(context, { component }, output) {
    const pair = pairOf(context.plan, component);
    const [look, primary] = await Promise.all([
      lookAtStandby(context, pair),
      lookAtPrimary(context, pair),
      write(context, pair),
    ]);
    if (look.inRecovery || look.timeline !== output.timelineAfter)
      throw new AppError(
        'check-failed',
        `\`${pair.standby}\` is ${look.inRecovery ? 'in recovery' : 'a primary'} on timeline ${look.timeline}, expected is a primary on ${output.timelineAfter}. Look at its log.`,
      );
    if (mayTakeWrites(primary))
      throw new AppError(
        'check-failed',
        `There are two primaries now: \`${pair.standby}\` was promoted, and \`${pair.primary}\` ${primary.said}. Stop \`${pair.primary}\` at once, and compare what it took before it is rebuilt.`,
      );
  },

  async observe(context, params) {
    const pair = pairOf(context.plan, params.component);
    const seen = await context.primarySeen(params.component);
    const howToTell = `psql -d ${MAINTENANCE} -c 'select pg_is_in_recovery()' on ${pair.standby}: f means that it is promoted.`;
    try {
      const look = await settledStandby(context, pair);
      if (look.inRecovery) return { happened: 'no' };
      if (!isPromoted(look, seen))
        return {
          happened: 'unknown',
          seen: [`\`${pair.standby}\` is a primary on timeline ${look.timeline}, which no promotion began`],
          howToTell,
        };
      const outcome = await asOnlyOne(context, pair, (session) => finish(context, pair, params, session));
      return { happened: 'yes', outcome };
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'claim-lost') throw error;
      return { happened: 'unknown', seen: [error.message], howToTell };
    }
  },

  byHand({ component }, plan) {
    const pair = pairOf(plan, component);
    return [
      `# only when ${pair.primary} is certainly stopped, and cannot come back; on ${pair.standby}:`,
      `psql -d ${MAINTENANCE} -c 'select pg_promote()' -c checkpoint`,
      `psql -d ${MAINTENANCE} -c "select pg_create_physical_replication_slot('${pair.slot}', true)"`,
      '# lead the application to it; then make the old primary its standby:',
      ...rebuildCommands(pair, unknownSource(pair)),
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

async function preview(context: ActionContext, params: Params): Promise<Preview> {
  const pair = pairOf(context.plan, params.component);
  const { primary, standby, slot, maxLag, database } = pair;
  const seen = await context.primarySeen(params.component);
  const [look, old] = await Promise.all([lookOrReason(context, pair), lookAtPrimary(context, pair)]);
  const lines = [
    `Promote \`${standby}\`: it becomes the primary of \`${database}\` and takes writes`,
    ...lostLines(pair, params),
    `\`${primary}\` must then be rebuilt as its standby; until that is done there is none`,
  ];
  // An earlier step of the same gate fences it; before the run it may well be the healthy primary.
  const back = context.phase === 'gate' && mayTakeWrites(old) ? [cameBack(pair, old.said)] : [];
  if (typeof look === 'string') return { lines, bound: null, shown: [], undo: [], blocked: [look, ...back] };
  const { signal, clients } = context;
  const may = await clients.postgres.withClient(standby, MAINTENANCE, mayPromote, { signal });
  const lag = lagOf(look, seen);
  return {
    lines,
    bound: {
      primary,
      standby,
      systemIdentifier: look.systemIdentifier,
      timeline: look.timeline,
      inRecovery: look.inRecovery,
      slot,
      maxLag,
    },
    shown: [
      ...standbyFacts(pair, look, lag, seen),
      { name: 'old primary', value: `\`${primary}\` ${old.said}` },
      { name: `slots on ${standby}`, value: look.slots.length === 0 ? 'none' : named(look.slots) },
      { name: `sessions on ${standby}`, value: `${look.sessions}, which stay` },
    ],
    undo: [],
    blocked: [...reasonsAgainst(pair, look, seen, may), ...back],
    output: { timelineBefore: look.timeline },
  };
}

function lostLines({ primary }: Pair, { lost }: Params): readonly string[] {
  if (lost === undefined || hasSymbols(lost)) return [];
  return [`Lost with \`${primary}\`: ${count(Number(lost))} acknowledged writes`];
}

/** Our session on the standby is open already: a fence that is being given back has ended it, or is seen here. */
async function requireFenced(context: ActionContext, pair: Pair): Promise<void> {
  const [fence] = Object.entries(context.outputs).flatMap(([step, output]) => {
    const found = FenceOutput.safeParse(output);
    return found.success && found.data.fenced === pair.primary ? [{ step, by: found.data.by }] : [];
  });
  if (fence === undefined)
    throw new AppError(
      'target-refused',
      `No step of ${context.run.id} has fenced \`${pair.primary}\`, so nothing is promoted. Put a pg.fence before it in the plan.`,
    );
  const primary = await lookAtPrimary(context, pair);
  if (mayTakeWrites(primary))
    throw new AppError('check-failed', `${cameBack(pair, primary.said)} Nothing was promoted.`);
  if (fence.by === 'workload') await requireStopped(context, pair, fence.step);
}

/** From the first statement on there is no way back, so the wait for the end has no limit but the step's own. */
async function promote(context: ActionContext, session: Session): Promise<void> {
  const { signal } = context;
  context.progress('promoting');
  hop('pg.promote:before');
  await session.rows('select pg_promote(false)');
  hop('pg.promote:after');
  for (;;) {
    const { done } = await session.row<{ done: boolean }>('select not pg_is_in_recovery() as done');
    if (done) return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** What follows a promotion, all of it safe to repeat. None of it may keep the application waiting for its primary. */
async function finish(
  context: ActionContext,
  pair: Pair,
  params: Params,
  session: Session,
): Promise<Extract<Outcome, { kind: 'done' }>> {
  const { slot, standby, primary } = pair;
  const seen = await context.primarySeen(params.component);
  // First the slot: it keeps the WAL that the checkpoint would let go and that pg_rewind reads.
  const slotSaid = await told(async () => {
    const made = await session.rows(
      `select pg_create_physical_replication_slot($1, true)
        where not exists (select from pg_replication_slots where slot_name = $1)`,
      [slot],
    );
    return made.length === 0 ? `\`${slot}\` was there` : `\`${slot}\` made`;
  });
  const checkpointSaid = await told(async () => {
    await session.rows('checkpoint');
    return 'done';
  });
  hop('pg.promote.finish:after');
  const look = await readStandby(session);
  const before = seen?.timeline ?? look.timeline - 1;
  const commands = rebuildCommands(pair, sourceOf(context, pair, look));
  return {
    kind: 'done',
    summary: `timeline ${before} → ${look.timeline}, no standby yet`,
    output: {
      timelineBefore: before,
      timelineAfter: look.timeline,
      lsn: look.receivedLsn,
      promotedAt: look.promotedAt?.toISOString() ?? null,
      rebuild: commands.join('\n'),
    },
    facts: [
      { name: 'promoted', value: `\`${standby}\`, ${momentOf(look.promotedAt)}` },
      { name: 'timeline', value: `${before} → ${look.timeline}, at ${look.receivedLsn ?? 'not known'}` },
      { name: 'last commit carried over', value: momentOf(look.lastReplayedAt) },
      ...(params.lost === undefined
        ? []
        : [{ name: `lost with ${primary}`, value: `${count(Number(params.lost))} acknowledged writes` }]),
      { name: 'slots', value: named(look.slots) || 'none' },
      { name: 'slot for the next standby', value: slotSaid },
      { name: 'checkpoint', value: checkpointSaid },
    ],
  };
}

/** What was done, or why it was not: told, and left to the commands of the rebuild. */
async function told(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return `not done: ${messageOf(error)}`;
  }
}

/** A commit that really writes WAL and leaves nothing behind but the name of the run. */
async function write(context: ActionContext, { standby }: Pair): Promise<void> {
  const { signal, clients, key } = context;
  await clients.postgres.query(
    standby,
    MAINTENANCE,
    `select pg_logical_emit_message(true, 'dr-bot', $1)`,
    [`promoted by ${key}`],
    { signal, timeoutMs: WRITE_LIMIT_MS },
  );
}

const WRITE_LIMIT_MS = 5_000;
