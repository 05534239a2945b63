import type { RunEvent } from './events.ts';
import { type Gate, type PlacedStep, type Runbook, stepsOf } from './plan.ts';
import { type Refusal, refuse } from './refusal.ts';
import { gateState, openGateOf, type Run, stepState } from './run.ts';
import type { ApprovalStanding } from './run-next.ts';

export type RunDecision = { readonly events: readonly RunEvent[] } | Refusal;

/** One click stops a run safely: before a gate it ends, inside one it is undone, after that there is nothing to abort. */
export function decideAbort(run: Run, person: string, reason: string, now: Date): RunDecision {
  if (run.outcome !== null) return refuse('run-over', { run: run.id, outcome: run.outcome });
  if (run.abort !== null) return refuse('nothing-to-abort', { run: run.id, person: run.abort.person });
  return { events: [{ kind: 'run.abort-requested', person, reason, at: now.toISOString() }] };
}

/** Runs a stopped step again: a failed one from the start, an uncertain one by looking first. */
export function decideRetry(
  run: Run,
  runbook: Runbook,
  stepId: string | null,
  standing: ApprovalStanding,
  now: Date,
): RunDecision {
  const open = openGateOf(run);
  const undo = open === null ? null : gateState(run, open).undo;
  if (open !== null && undo?.failed) {
    return { events: [{ kind: 'undo.started', gate: open, reason: undo.reason, at: now.toISOString() }] };
  }
  const gate = gateToAskAgain(run, runbook, standing);
  if (gate !== null && (stepId === null || gate.steps.some(({ id }) => id === stepId))) {
    return { events: [{ kind: 'gate.retried', gate: gate.gate }] };
  }
  const stopped = stoppedStep(run, runbook, stepId);
  if ('kind' in stopped) return stopped;
  const { status } = stepState(run, stopped.step.id);
  return { events: [{ kind: 'step.retried', step: stopped.step.id, look: status.is === 'uncertain' }] };
}

/** Goes on without a stopped step. Never inside a gate, and never without a proof that a gate rests on. */
export function decideSkip(
  run: Run,
  runbook: Runbook,
  stepId: string | null,
  reason: string,
  guarding: ReadonlySet<string>,
  now: Date,
): RunDecision {
  const stopped = stoppedStep(run, runbook, stepId);
  if ('kind' in stopped) return stopped;
  if (stopped.gate !== null)
    return refuse('step-cannot-skip', { step: stopped.step.title, why: 'it is part of an approved gate' });
  if (guarding.has(stopped.step.uses))
    return refuse('step-cannot-skip', { step: stopped.step.title, why: 'a later gate rests on its proof' });
  return {
    events: [{ kind: 'step.skipped', step: stopped.step.id, reason, byPerson: true, at: now.toISOString() }],
  };
}

/**
 * A person who looked says whether an uncertain step happened. For an irreversible one two people must say the same;
 * when they differ nothing is decided.
 */
export function decideRuling(
  run: Run,
  runbook: Runbook,
  stepId: string | null,
  ruling: { person: string; happened: boolean; saw: string },
  irreversible: boolean,
  now: Date,
): RunDecision {
  const stopped = stoppedStep(run, runbook, stepId);
  if ('kind' in stopped) return stopped;
  const id = stopped.step.id;
  const state = stepState(run, id);
  if (state.status.is !== 'uncertain')
    return refuse('step-not-stopped', { step: stopped.step.title, status: state.status.is });
  const ruled: RunEvent = { kind: 'step.ruled', step: id, ...ruling };
  const others = state.rulings.filter(({ person }) => person !== ruling.person);
  if (others.some(({ happened }) => happened !== ruling.happened)) return { events: [ruled] };
  if (irreversible && others.length === 0) return { events: [ruled] };
  if (!ruling.happened) return { events: [ruled, { kind: 'step.retried', step: id, look: false }] };
  const at = now.toISOString();
  const summary = `it happened, says ${ruling.person}`;
  return {
    events: [
      ruled,
      {
        kind: 'step.finished',
        step: id,
        attempt: state.attempts,
        summary,
        output: state.output,
        facts: [{ name: 'seen', value: ruling.saw }],
        at,
        known: 'ruled',
      },
    ],
  };
}

/** A person's answer to a manual step or a decision finishes it. */
export function decideAnswer(
  run: Run,
  runbook: Runbook,
  stepId: string | null,
  answer: { person: string; choice: string | null; evidence: string | null },
  now: Date,
): RunDecision {
  if (run.outcome !== null) return refuse('run-over', { run: run.id, outcome: run.outcome });
  const [asked] = stepsOf(runbook).flatMap(({ step }) => {
    const { status, attempts } = stepState(run, step.id);
    return status.is === 'asked' && (stepId === null || step.id === stepId)
      ? [{ step, attempts, question: status.question }]
      : [];
  });
  if (asked === undefined) return unknownOr(run, runbook, stepId, 'step-not-asked');
  const { step, attempts, question } = asked;
  if (question.kind === 'decision' && !question.options.some(({ value }) => value === answer.choice)) {
    return refuse('choice-unknown', {
      got: answer.choice ?? '',
      options: question.options.map(({ value }) => value).join(', '),
    });
  }
  if (question.kind === 'manual' && question.evidence !== 'none' && (answer.evidence ?? '').trim() === '') {
    return refuse('evidence-missing', { step: step.title, evidence: question.evidence });
  }
  const output = {
    by: answer.person,
    ...(answer.choice === null ? {} : { choice: answer.choice }),
    ...(answer.evidence === null ? {} : { evidence: answer.evidence }),
  };
  const facts = Object.entries(output).map(([name, value]) => ({ name, value }));
  const chosen =
    question.kind === 'decision' ? question.options.find(({ value }) => value === answer.choice) : undefined;
  const at = now.toISOString();
  const ending: RunEvent[] =
    chosen?.ends === true
      ? [{ kind: 'run.abort-requested', person: answer.person, reason: chosen.label, at }]
      : [];
  return {
    events: [
      {
        kind: 'step.finished',
        step: step.id,
        attempt: attempts,
        summary: answer.choice ?? (answer.evidence === null ? 'confirmed' : 'confirmed with evidence'),
        output,
        facts,
        at,
        known: 'answered',
      },
      ...ending,
    ],
  };
}

/** The gate that rests: vetoed, or blocked by facts. Asking again builds a new approval from new facts. */
export function gateToAskAgain(run: Run, runbook: Runbook, standing: ApprovalStanding): Gate | null {
  if (run.outcome !== null || openGateOf(run) !== null) return null;
  const placed = stepsOf(runbook).find(({ step }) => {
    const { is } = stepState(run, step.id).status;
    return is !== 'done' && is !== 'skipped';
  });
  if (placed?.gate == null) return null;
  const state = gateState(run, placed.gate.gate);
  return state.blocked.length > 0 || standing === 'vetoed' ? placed.gate : null;
}

function stoppedStep(run: Run, runbook: Runbook, stepId: string | null): PlacedStep | Refusal {
  if (run.outcome !== null) return refuse('run-over', { run: run.id, outcome: run.outcome });
  const placed = stepsOf(runbook).find(({ step }) => {
    const { is } = stepState(run, step.id).status;
    return (is === 'failed' || is === 'uncertain') && (stepId === null || step.id === stepId);
  });
  return placed ?? unknownOr(run, runbook, stepId, 'step-not-stopped');
}

function unknownOr(
  run: Run,
  runbook: Runbook,
  stepId: string | null,
  code: 'step-not-stopped' | 'step-not-asked',
): Refusal {
  const placed = stepsOf(runbook).find(({ step }) => step.id === stepId);
  if (stepId !== null && placed === undefined) {
    return refuse('unknown-step', {
      step: stepId,
      steps: stepsOf(runbook)
        .map(({ step }) => step.id)
        .join(', '),
    });
  }
  return refuse(code, {
    run: run.id,
    step: placed?.step.title ?? '',
    status: placed === undefined ? '' : stepState(run, placed.step.id).status.is,
  });
}
