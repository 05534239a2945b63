import type { Json } from './canonical.ts';
import type { Iso, RunEvent, RunOutcome } from './events.ts';
import type { Fact, Output, Question } from './step.ts';

/** The words a person meets for the state of a step, one source for card, CLI and report. */
export type StepStatus =
  | { readonly is: 'pending' }
  | { readonly is: 'running'; readonly attempt: number; readonly since: Iso }
  | {
      readonly is: 'waiting';
      readonly attempt: number;
      readonly until: Iso;
      readonly note: string;
      readonly memory: Json;
    }
  | {
      readonly is: 'postponed';
      readonly attempt: number;
      readonly until: Iso;
      readonly reason: string;
      readonly tries: number;
    }
  | { readonly is: 'asked'; readonly attempt: number; readonly question: Question; readonly since: Iso }
  | { readonly is: 'done'; readonly attempt: number; readonly summary: string; readonly at: Iso }
  | {
      readonly is: 'failed';
      readonly attempt: number;
      readonly code: string;
      readonly reason: string;
      readonly details: readonly string[];
      readonly at: Iso;
    }
  | {
      readonly is: 'uncertain';
      readonly attempt: number;
      readonly seen: readonly string[];
      readonly howToTell: string | null;
      readonly at: Iso;
    }
  | { readonly is: 'skipped'; readonly reason: string; readonly byPerson: boolean }
  | { readonly is: 'undone'; readonly summary: string };

export interface StepState {
  readonly status: StepStatus;
  /** The newest attempt ever begun: the fence for the outside world. 0 = never begun. */
  readonly attempts: number;
  readonly firstStartedAt: Iso | null;
  readonly output: Output;
  readonly facts: readonly Fact[];
  /** A person said an uncertain step did (not) happen; irreversible ones need two who agree. */
  readonly rulings: readonly { readonly person: string; readonly happened: boolean; readonly saw: string }[];
  /** True when the next attempt must look before it acts. */
  readonly look: boolean;
}

export interface GateState {
  readonly approval: string | null;
  readonly opened: { readonly at: Iso; readonly digest: string } | null;
  readonly undo: {
    readonly reason: string;
    readonly failed: { readonly step: string; readonly reason: string } | null;
  } | null;
  readonly closed: 'done' | 'undone' | null;
  readonly blocked: readonly string[];
}

/** One execution of a runbook. `state = fold(events)`; what happens next is `nextOf` (run-next.ts). */
export interface Run {
  readonly id: string;
  readonly incident: string;
  readonly system: string;
  readonly component: string;
  readonly runbook: string;
  readonly mode: 'live' | 'drill';
  readonly plan: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly requestedBy: string;
  readonly approvers: readonly string[];
  readonly startedAt: Iso;
  readonly steps: Readonly<Record<string, StepState>>;
  readonly gates: Readonly<Record<string, GateState>>;
  readonly abort: { readonly person: string; readonly reason: string; readonly at: Iso } | null;
  readonly outcome: RunOutcome | null;
  readonly finishedAt: Iso | null;
}

const FRESH_STEP: StepState = {
  status: { is: 'pending' },
  attempts: 0,
  firstStartedAt: null,
  output: {},
  facts: [],
  rulings: [],
  look: false,
};

const FRESH_GATE: GateState = { approval: null, opened: null, undo: null, closed: null, blocked: [] };

export function stepState(run: Run, id: string): StepState {
  return run.steps[id] ?? FRESH_STEP;
}

export function gateState(run: Run, id: string): GateState {
  return run.gates[id] ?? FRESH_GATE;
}

/** The gate that is open now: from gate.opened to gate.closed. At most one a system (unique index in the store). */
export function openGateOf(run: Run): string | null {
  const open = Object.entries(run.gates).find(([, gate]) => gate.opened !== null && gate.closed === null);
  return open?.[0] ?? null;
}

/** The approval under which a gate is open now. */
export function approvalInUse(run: Run): string | null {
  const gate = openGateOf(run);
  return gate === null ? null : gateState(run, gate).approval;
}

/** The next state. The first event of a stream must be `run.started`. */
export function applyRun(state: Run | null, event: RunEvent, id: string): Run {
  if (event.kind === 'run.started') {
    const { kind: _, reason: __, ...started } = event;
    return { id, ...started, steps: {}, gates: {}, abort: null, outcome: null, finishedAt: null };
  }
  if (state === null) throw new Error(`${id}: the first event must be run.started, got ${event.kind}`);
  if ('step' in event) return applyStep(state, event);
  if ('gate' in event) return applyGate(state, event);
  if (event.kind === 'run.abort-requested') {
    return { ...state, abort: { person: event.person, reason: event.reason, at: event.at } };
  }
  return { ...state, outcome: event.outcome, finishedAt: event.at };
}

type StepEvent = Extract<RunEvent, { step: string }>;
type GateEvent = Exclude<Extract<RunEvent, { gate: string }>, StepEvent>;

function applyStep(run: Run, event: StepEvent): Run {
  if (event.kind === 'step.undo-failed') return withUndoFailure(run, event);
  const next = nextStepState(stepState(run, event.step), event);
  return { ...run, steps: { ...run.steps, [event.step]: next } };
}

function nextStepState(
  before: StepState,
  event: Exclude<StepEvent, { kind: 'step.undo-failed' }>,
): StepState {
  switch (event.kind) {
    case 'step.started':
      return {
        ...before,
        status: { is: 'running', attempt: event.attempt, since: event.at },
        attempts: event.attempt,
        firstStartedAt: before.firstStartedAt ?? event.at,
        rulings: [],
        look: false,
      };
    case 'step.finished':
      return {
        ...before,
        status: { is: 'done', attempt: event.attempt, summary: event.summary, at: event.at },
        output: event.output,
        facts: event.facts,
      };
    case 'step.failed':
      return {
        ...before,
        status: {
          is: 'failed',
          attempt: event.attempt,
          code: event.code,
          reason: event.reason,
          details: event.details,
          at: event.at,
        },
      };
    case 'step.postponed':
      return {
        ...before,
        status: {
          is: 'postponed',
          attempt: event.attempt,
          until: event.until,
          reason: event.reason,
          tries: event.tries,
        },
      };
    case 'step.waiting':
      return {
        ...before,
        status: {
          is: 'waiting',
          attempt: event.attempt,
          until: event.until,
          note: event.note,
          memory: event.memory,
        },
      };
    case 'step.asked':
      return {
        ...before,
        status: { is: 'asked', attempt: event.attempt, question: event.question, since: event.at },
      };
    case 'step.uncertain':
      return {
        ...before,
        status: {
          is: 'uncertain',
          attempt: event.attempt,
          seen: event.seen,
          howToTell: event.howToTell,
          at: event.at,
        },
      };
    case 'step.skipped':
      return { ...before, status: { is: 'skipped', reason: event.reason, byPerson: event.byPerson } };
    case 'step.retried':
      return { ...before, status: { is: 'pending' }, look: event.look, rulings: [] };
    case 'step.ruled':
      return {
        ...before,
        rulings: [...before.rulings, { person: event.person, happened: event.happened, saw: event.saw }],
      };
    case 'step.undone':
      return { ...before, status: { is: 'undone', summary: event.summary } };
  }
}

function withUndoFailure(run: Run, event: Extract<RunEvent, { kind: 'step.undo-failed' }>): Run {
  const gate = openGateOf(run);
  if (gate === null) return run;
  const before = gateState(run, gate);
  const undo = {
    reason: before.undo?.reason ?? event.reason,
    failed: { step: event.step, reason: event.reason },
  };
  return { ...run, gates: { ...run.gates, [gate]: { ...before, undo } } };
}

function applyGate(run: Run, event: GateEvent): Run {
  return { ...run, gates: { ...run.gates, [event.gate]: nextGateState(gateState(run, event.gate), event) } };
}

function nextGateState(before: GateState, event: GateEvent): GateState {
  switch (event.kind) {
    case 'gate.asked':
      return { ...before, approval: event.approval, blocked: [] };
    case 'gate.blocked':
      return { ...before, approval: null, blocked: event.reasons };
    case 'gate.retried':
      return { ...before, approval: null, blocked: [] };
    case 'gate.opened':
      return { ...before, opened: { at: event.at, digest: event.digest } };
    case 'gate.closed':
      return { ...before, closed: event.outcome };
    case 'undo.started':
      return { ...before, undo: { reason: event.reason, failed: null } };
  }
}
