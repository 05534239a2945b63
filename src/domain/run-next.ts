import type { RunOutcome } from './events.ts';
import { type Gate, type PlacedStep, type Runbook, stepsOf } from './plan.ts';
import { gateState, type Run, type StepState, stepState } from './run.ts';
import { holds, parseCondition, type Scope } from './template.ts';

/** What the worker does next with a run. Everything it needs is in the row; nothing is remembered in the process. */
export type Next =
  | { readonly do: 'execute'; readonly placed: PlacedStep; readonly recover: boolean }
  | { readonly do: 'skip'; readonly placed: PlacedStep; readonly reason: string }
  | { readonly do: 'ask'; readonly gate: Gate }
  | { readonly do: 'open'; readonly gate: Gate; readonly approval: string }
  | { readonly do: 'close'; readonly gate: Gate; readonly outcome: 'done' | 'undone' }
  | { readonly do: 'start-undo'; readonly gate: Gate; readonly reason: string }
  | { readonly do: 'undo'; readonly gate: Gate; readonly placed: PlacedStep }
  | { readonly do: 'wait'; readonly until: Date }
  /** A person must act: vote, answer, choose. Their commit wakes the run. */
  | { readonly do: 'rest'; readonly why: 'approval' | 'answer' | 'choice' }
  | { readonly do: 'finish'; readonly outcome: RunOutcome }
  | { readonly do: 'stop' };

/** How the approval a gate asked for stands, read with the run. */
export type ApprovalStanding = 'none' | 'open' | 'approved' | 'over' | 'vetoed';

/**
 * The next thing to do, purely. Order of the questions: is it over; is an undo under way; did somebody abort; then the
 * first step that is neither done nor skipped.
 */
export function nextOf(
  run: Run,
  runbook: Runbook,
  standing: ApprovalStanding,
  now: Date,
  scope: Scope,
): Next {
  if (run.outcome !== null) return { do: 'stop' };
  const steps = stepsOf(runbook);
  const open = openGate(run, runbook);
  if (open !== null && gateState(run, open.gate).undo !== null) return nextUndo(run, open, steps);
  if (run.abort !== null) return nextAborted(run, run.abort.reason, open, steps);

  if (wasUndone(run, runbook)) return { do: 'finish', outcome: 'undone' };
  const placed = steps.find(({ step }) => !isSettled(stepState(run, step.id)));
  if (open !== null && placed?.gate !== open) return { do: 'close', gate: open, outcome: 'done' };
  if (placed === undefined) return { do: 'finish', outcome: 'done' };
  if (placed.gate !== null && open === null) return nextBeforeGate(run, placed.gate, standing);
  return nextStep(run, placed, open, now, scope);
}

function nextStep(run: Run, placed: PlacedStep, open: Gate | null, now: Date, scope: Scope): Next {
  const { status } = stepState(run, placed.step.id);
  switch (status.is) {
    case 'pending': {
      const condition = placed.step.when === undefined ? undefined : parseCondition(placed.step.when);
      if (condition !== undefined && !holds(condition, scope)) {
        return { do: 'skip', placed, reason: `${placed.step.when} does not hold` };
      }
      return { do: 'execute', placed, recover: stepState(run, placed.step.id).look };
    }
    case 'running':
      return { do: 'execute', placed, recover: true };
    case 'waiting':
    case 'postponed': {
      const until = new Date(status.until);
      return until > now
        ? { do: 'wait', until }
        : { do: 'execute', placed, recover: status.is === 'postponed' };
    }
    case 'asked':
      return { do: 'rest', why: 'answer' };
    case 'failed':
      return open === null
        ? { do: 'rest', why: 'choice' }
        : { do: 'start-undo', gate: open, reason: `${placed.step.title} failed: ${status.reason}` };
    default:
      return { do: 'rest', why: 'choice' };
  }
}

function nextBeforeGate(run: Run, gate: Gate, standing: ApprovalStanding): Next {
  const { approval, blocked } = gateState(run, gate.gate);
  if (blocked.length > 0 || standing === 'vetoed') {
    return { do: 'rest', why: 'choice' };
  }
  if (approval === null || standing === 'none' || standing === 'over') return { do: 'ask', gate };
  return standing === 'approved' ? { do: 'open', gate, approval } : { do: 'rest', why: 'approval' };
}

/** Inside a gate an abort is its undo; outside, the run ends at once. A running step is looked at first. */
function nextAborted(run: Run, reason: string, open: Gate | null, steps: readonly PlacedStep[]): Next {
  if (open === null) return { do: 'finish', outcome: 'aborted' };
  const running = steps.find(
    ({ step, gate }) => gate === open && stepState(run, step.id).status.is === 'running',
  );
  if (running !== undefined) return { do: 'execute', placed: running, recover: true };
  return { do: 'start-undo', gate: open, reason: `aborted: ${reason}` };
}

/** Undo runs backwards over every step of the gate that may have touched anything. */
function nextUndo(run: Run, gate: Gate, steps: readonly PlacedStep[]): Next {
  if (gateState(run, gate.gate).undo?.failed) return { do: 'rest', why: 'choice' };
  const touched = steps
    .filter((placed) => placed.gate === gate)
    .reverse()
    .find(({ step }) => mayHaveActed(stepState(run, step.id)));
  if (touched !== undefined) return { do: 'undo', gate, placed: touched };
  return { do: 'close', gate, outcome: 'undone' };
}

function mayHaveActed(state: StepState): boolean {
  return state.attempts > 0 && state.status.is !== 'undone' && state.status.is !== 'skipped';
}

function isSettled({ status }: StepState): boolean {
  return status.is === 'done' || status.is === 'skipped' || status.is === 'undone';
}

function openGate(run: Run, runbook: Runbook): Gate | null {
  const placed = stepsOf(runbook).find(({ gate }) => {
    if (gate === null) return false;
    const state = gateState(run, gate.gate);
    return state.opened !== null && state.closed === null;
  });
  return placed?.gate ?? null;
}

function wasUndone(run: Run, runbook: Runbook): boolean {
  return stepsOf(runbook).some(({ gate }) => gate !== null && gateState(run, gate.gate).closed === 'undone');
}
