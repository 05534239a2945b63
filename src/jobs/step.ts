import type { AnyAction, Observation, Outcome } from '../actions/action.ts';
import { whenBack } from '../actions/when-back.ts';
import type { Json } from '../domain/canonical.ts';
import type { IncidentEvent, RunEvent } from '../domain/events.ts';
import type { PlacedStep } from '../domain/plan.ts';
import { stepState } from '../domain/run.ts';
import { hasSymbols, referencesIn } from '../domain/template.ts';
import { AppError, isHandedOver, messageOf } from '../errors.ts';
import { hop } from '../hop.ts';
import { databaseNow } from '../store/aggregates.ts';
import type { Change } from '../store/commit.ts';
import type { Tx } from '../store/database.ts';
import { supervised } from './attempt.ts';
import { withoutSecrets } from './hide.ts';
import { incidentFacts, prove } from './records.ts';
import { paramsOf, type Snapshot } from './snapshot.ts';
import { actionNamed, contextFor, type World } from './world.ts';

/** Commits events of this run while the claim holds; throws `claim-lost` otherwise. */
export type Recorder = (run: readonly RunEvent[], incident?: readonly IncidentEvent[]) => Promise<void>;

export interface Attempt {
  readonly world: World;
  readonly snapshot: Snapshot;
  readonly claim: number;
  readonly record: Recorder;
  /** As `record`, for changes that must be decided inside the transaction. */
  recordWith(decide: (tx: Tx, now: Date) => Promise<readonly Change[]>): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 10 * 60_000;
/** Faults that pass (429, unreachable) are tried this often before a person is asked. */
const MAX_TRIES = 5;

/**
 * Carries one step one attempt further and records how it went. After a crash (`recover`) it looks before it acts.
 * Order: step.started is committed before the effect, so that a later attempt always has a higher number.
 */
export async function executeStep(attempt: Attempt, placed: PlacedStep, recover: boolean): Promise<void> {
  const { world, snapshot, record } = attempt;
  const { step } = placed;
  const action = actionNamed(world, step.uses);
  const params = readParams(action, placed, snapshot);
  if (params instanceof AppError) return record([failed(attempt, placed, params)]);
  const state = stepState(snapshot.run, step.id);
  if (recover && state.attempts > 0 && action.recovery !== 'safe') {
    const settled = await settleByLooking(
      attempt,
      placed,
      action,
      params,
      state.attempts,
      new AppError('step-aborted', 'The worker stopped during the step.'),
    );
    if (settled) return;
  }
  if (snapshot.run.abort !== null) {
    return record([
      failed(attempt, placed, new AppError('step-aborted', 'The run was aborted before it was repeated.')),
    ]);
  }
  const memory: Json = state.status.is === 'waiting' ? state.status.memory : null;
  const number = state.status.is === 'waiting' ? state.attempts : state.attempts + 1;
  if (state.status.is !== 'waiting') {
    await record([
      {
        kind: 'step.started',
        step: step.id,
        attempt: number,
        params: withoutSecrets(params.json),
        at: snapshot.now.toISOString(),
      },
    ]);
  }
  try {
    const outcome = await runOnce(attempt, placed, action, params, number, memory);
    await recordOutcome(attempt, placed, number, outcome, 'run');
  } catch (error) {
    if (isHandedOver(error)) throw error;
    await settleFailure(attempt, placed, action, params, number, error);
  }
}

export interface Params {
  readonly json: Json;
  readonly value: never;
}

/** Resolved and checked parameters, or why they cannot be. */
export function readParams(action: AnyAction, placed: PlacedStep, snapshot: Snapshot): Params | AppError {
  const json = paramsOf(placed, snapshot.scope);
  if (hasSymbols(json)) {
    return new AppError(
      'plan-invalid',
      `It refers to ${referencesIn(json).join(', ')}, which no finished step gave. A run keeps the plan it began with: abort it, correct "${placed.step.id}" in the plan, run dr plan load, and start again.`,
    );
  }
  const parsed = action.schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return new AppError(
      'plan-invalid',
      `"${placed.step.id}".with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`,
    );
  }
  return { json, value: parsed.data as never };
}

async function runOnce(
  attempt: Attempt,
  placed: PlacedStep,
  action: AnyAction,
  params: Params,
  number: number,
  memory: Json,
): Promise<Outcome> {
  const { world, snapshot, claim } = attempt;
  const timeoutMs = placed.step.timeout ?? DEFAULT_TIMEOUT_MS;
  return supervised(world, { id: snapshot.run.id, claim, heedAbort: true }, timeoutMs, async (signal) => {
    const context = await contextFor(world, snapshot, { id: placed.step.id, attempt: number }, 'run', {
      signal,
      memory,
    });
    hop(`action.run:${placed.step.id}:before`);
    const outcome = await action.run(context, params.value);
    hop(`action.run:${placed.step.id}:after`);
    await prove(context, placed, action, params.value, outcome);
    return outcome;
  });
}

async function recordOutcome(
  attempt: Attempt,
  placed: PlacedStep,
  number: number,
  outcome: Outcome,
  known: 'run' | 'observed',
): Promise<void> {
  const step = placed.step.id;
  const at = (await clock(attempt)).toISOString();
  switch (outcome.kind) {
    case 'done': {
      const event: RunEvent = {
        kind: 'step.finished',
        step,
        attempt: number,
        summary: outcome.summary,
        output: outcome.output,
        facts: outcome.facts,
        at,
        known,
      };
      return attempt.record([event], incidentFacts(attempt.snapshot, placed, outcome, at));
    }
    case 'wait':
      return attempt.record([
        {
          kind: 'step.waiting',
          step,
          attempt: number,
          note: outcome.note,
          until: outcome.until.toISOString(),
          memory: outcome.memory,
        },
      ]);
    case 'ask':
      return attempt.record([{ kind: 'step.asked', step, attempt: number, question: outcome.question, at }]);
  }
}

/** What a fault means: tried again, failed, or nobody knows. An effect is looked for before it is called failed. */
async function settleFailure(
  attempt: Attempt,
  placed: PlacedStep,
  action: AnyAction,
  params: Params,
  number: number,
  error: unknown,
): Promise<void> {
  const { world, snapshot, record } = attempt;
  const fault = asFault(error);
  world.log(
    { run: snapshot.run.id, step: placed.step.id, attempt: number, code: fault.code, err: error },
    'step did not finish',
  );
  if (action.recovery !== 'safe' && (await settleByLooking(attempt, placed, action, params, number, fault)))
    return;
  const state = stepState(snapshot.run, placed.step.id);
  const tries = state.status.is === 'postponed' ? state.status.tries + 1 : 1;
  if (fault.retry === 'later' && tries < MAX_TRIES) {
    const until = new Date((await clock(attempt)).getTime() + backoffMs(tries));
    return record([
      {
        kind: 'step.postponed',
        step: placed.step.id,
        attempt: number,
        reason: fault.message,
        tries,
        until: until.toISOString(),
      },
    ]);
  }
  await record([
    { ...failed(attempt, placed, fault), attempt: number, at: (await clock(attempt)).toISOString() },
  ]);
}

/**
 * Looks whether the effect happened, as soon as the system answers. True when that settled the step: it happened, or nobody
 * can tell. False when it surely did not happen.
 */
async function settleByLooking(
  attempt: Attempt,
  placed: PlacedStep,
  action: AnyAction,
  params: Params,
  number: number,
  fault: AppError,
): Promise<boolean> {
  const { world, snapshot, claim, record } = attempt;
  const step = placed.step.id;
  const uncertain = async (seen: readonly string[], howToTell: string | null) =>
    record([
      {
        kind: 'step.uncertain',
        step,
        attempt: number,
        seen,
        howToTell,
        at: (await clock(attempt)).toISOString(),
      },
    ]);
  const { observe } = action;
  if (action.recovery === 'never' || observe === undefined) {
    await uncertain([fault.message], null);
    return true;
  }
  const seen = await supervised(
    world,
    { id: snapshot.run.id, claim, heedAbort: false },
    60_000,
    async (signal): Promise<Observation> => {
      const context = await contextFor(world, snapshot, { id: step, attempt: number }, 'run', { signal });
      hop(`action.observe:${step}`);
      const seen = await whenBack(signal, () => observe(context, params.value));
      if (seen.happened === 'yes') await prove(context, placed, action, params.value, seen.outcome);
      return seen;
    },
  ).catch((error: unknown): Observation => {
    if (isHandedOver(error)) throw error;
    return { happened: 'unknown', seen: [`looking afterwards failed: ${messageOf(error)}`] };
  });
  // Only now, and once: a look that goes on behind its deadline records nothing.
  switch (seen.happened) {
    case 'no':
      return false;
    case 'unknown':
      await uncertain([fault.message, ...seen.seen], seen.howToTell ?? null);
      return true;
    case 'yes':
      await recordOutcome(attempt, placed, number, seen.outcome, 'observed');
      return true;
  }
}

function failed(
  attempt: Attempt,
  placed: PlacedStep,
  fault: AppError,
): Extract<RunEvent, { kind: 'step.failed' }> {
  const { attempts } = stepState(attempt.snapshot.run, placed.step.id);
  const at = attempt.snapshot.now.toISOString();
  return {
    kind: 'step.failed',
    step: placed.step.id,
    attempt: Math.max(1, attempts),
    code: fault.code,
    reason: fault.message,
    details: fault.details,
    at,
  };
}

function asFault(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('check-failed', messageOf(error), { cause: error });
}

/** 2, 4, 8, 16 s: short enough for a gate, long enough for a blip. */
function backoffMs(tries: number): number {
  return 1000 * 2 ** tries;
}

async function clock(attempt: Attempt): Promise<Date> {
  return databaseNow(attempt.world.db);
}
