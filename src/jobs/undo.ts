import type { AnyAction } from '../actions/action.ts';
import { whenBack } from '../actions/when-back.ts';
import type { Gate, PlacedStep } from '../domain/plan.ts';
import { stepsOf } from '../domain/plan.ts';
import { gateState, stepState } from '../domain/run.ts';
import { AppError, isHandedOver, messageOf } from '../errors.ts';
import { hop } from '../hop.ts';
import { databaseNow } from '../store/aggregates.ts';
import { supervised } from './attempt.ts';
import { type Attempt, readParams } from './step.ts';
import { actionNamed, contextFor } from './world.ts';

const UNDO_TIMEOUT_MS = 120_000;
const TRIES = 3;

/**
 * Takes back one step of an open gate. Every undo looks first and may be repeated; one that keeps failing stops the run
 * and asks a person, because a gate is never left half done in silence.
 */
export async function undoStep(attempt: Attempt, placed: PlacedStep): Promise<void> {
  const { world, record } = attempt;
  const step = placed.step.id;
  try {
    const undone = await takeBack(attempt, placed);
    const at = (await databaseNow(world.db)).toISOString();
    await record([{ kind: 'step.undone', step, summary: undone.summary, facts: undone.facts, at }]);
  } catch (error) {
    if (isHandedOver(error)) throw error;
    const at = (await databaseNow(world.db)).toISOString();
    await record([{ kind: 'step.undo-failed', step, reason: messageOf(error), at }]);
  }
}

async function takeBack(attempt: Attempt, placed: PlacedStep) {
  const { world, snapshot, claim } = attempt;
  const action = actionNamed(world, placed.step.uses);
  const undo = action.undo ?? nothingOrRefused(action);
  const params = readParams(action, placed, snapshot);
  if (params instanceof AppError) throw params;
  const state = stepState(snapshot.run, placed.step.id);
  for (let tries = 1; ; tries++) {
    try {
      return await supervised(
        world,
        { id: snapshot.run.id, claim, heedAbort: false },
        UNDO_TIMEOUT_MS,
        async (signal) => {
          const context = await contextFor(
            world,
            snapshot,
            { id: placed.step.id, attempt: state.attempts },
            'run',
            { signal },
          );
          hop(`action.undo:${placed.step.id}`);
          return whenBack(signal, () => undo(context, params.value, state.output));
        },
      );
    } catch (error) {
      if (isHandedOver(error) || tries >= TRIES) throw error;
      world.log({ run: snapshot.run.id, step: placed.step.id, err: error }, 'undo is tried again');
    }
  }
}

/**
 * What stands for the undo of an action that has none. What only looks leaves nothing behind; an effect that cannot be taken
 * back did not happen, or a person must know that it did.
 */
function nothingOrRefused(action: AnyAction): NonNullable<AnyAction['undo']> {
  return async (context, params) => {
    if (action.class === 'read') return { summary: 'nothing to take back', facts: [] };
    const seen = await action.observe?.(context, params);
    if (seen?.happened === 'no') return { summary: 'it did not happen, nothing to take back', facts: [] };
    throw new AppError(
      'outside-refused',
      seen?.happened === 'yes'
        ? `${action.name} happened and cannot be taken back.`
        : `Whether ${action.name} happened is not known, and it could not be taken back.`,
    );
  };
}

/**
 * After an abort before any gate was opened: what the run made for itself (a scratch database, fetched files) is
 * removed. Returns what was removed, a sentence each; what could not be removed is said, and stops nothing.
 */
export async function dropOwnObjects(attempt: Attempt): Promise<readonly string[]> {
  const { world, snapshot } = attempt;
  const touchedGate = snapshot.runbook.steps.some(
    (entry) => 'gate' in entry && gateState(snapshot.run, (entry as Gate).gate).opened !== null,
  );
  if (touchedGate) return [];
  const cleaned: string[] = [];
  for (const placed of [...stepsOf(snapshot.runbook)].reverse()) {
    const begun = placed.gate === null && stepState(snapshot.run, placed.step.id).attempts > 0;
    if (!begun || actionNamed(world, placed.step.uses).undo === undefined) continue;
    try {
      cleaned.push((await takeBack(attempt, placed)).summary);
    } catch (error) {
      if (isHandedOver(error)) throw error;
      cleaned.push(`${placed.step.title} could not be cleaned up: ${messageOf(error)}`);
    }
  }
  return cleaned;
}
