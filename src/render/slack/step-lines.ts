import { parseDuration } from '../../domain/duration.ts';
import type { PlacedStep, Runbook, Step } from '../../domain/plan.ts';
import { stepsOf } from '../../domain/plan.ts';
import { withoutRetry } from '../../domain/retry-words.ts';
import { gateState, type Run, type StepState, stepState } from '../../domain/run.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { between, clock, duration, hourMinute } from '../format.ts';
import { isNotDone } from '../run-state.ts';
import { MARKS, stepMark } from '../words.ts';
import { inQuotes, machine, personName } from './text.ts';

/** One line a step: `{emoji} {n}. {title} · {state word} {figure} · {one fact}` (CARDS §6). */
export function stepLine(view: IncidentView, shown: RunView, placed: PlacedStep): string {
  const { step, number } = placed;
  const state = stepState(shown.run, step.id);
  if (isNotDone(shown.run, state))
    return `${MARKS.skipped.emoji} ${number}. ${machine(step.title, 40)} · not done`;
  const waits = state.status.is === 'pending' && awaitsApproval(shown, placed);
  const { mark } = stepMark(waits ? 'waiting' : state.status.is);
  const ending = waits ? 'waiting for approval' : endingOf(view, placed, state);
  return `${MARKS[mark].emoji} ${number}. ${machine(step.title, 40)} · ${ending}`;
}

function awaitsApproval({ run, approvals }: RunView, { gate }: PlacedStep): boolean {
  if (gate === null) return false;
  const { approval } = gateState(run, gate.gate);
  return approvals.some(({ id, status }) => id === approval && status.is === 'open');
}

function endingOf(view: IncidentView, { step }: PlacedStep, state: StepState): string {
  const { status } = state;
  switch (status.is) {
    case 'pending':
      return 'pending';
    case 'running':
      return `running ${running(between(status.since, view.now), step.expected)}`;
    case 'waiting':
      return `waiting until ${clock(status.until, view.incident.declaredAt)} · ${machine(status.note, 40)}`;
    case 'postponed':
      return `waiting: ${machine(status.reason, 60)}, next try ${clock(status.until, view.incident.declaredAt)} (try ${status.tries + 1})`;
    case 'asked':
      return `waiting for ${askedOf(view, state)} since ${hourMinute(status.since)}`;
    case 'done':
      return `${withTries('done', state, status.at)} · ${machine(status.summary, 60)}`;
    case 'failed':
      return `${withTries('failed', state, status.at)} · ${machine(withoutRetry(status.reason), 40)}`;
    case 'uncertain':
      return 'uncertain · nobody knows whether it happened';
    case 'skipped':
      return status.byPerson
        ? `skipped by a person: ${inQuotes(status.reason, 40)}`
        : `skipped · ${machine(status.reason, 40)}`;
    case 'undone':
      return `undone · ${machine(status.summary, 40)}`;
  }
}

function running(spentMs: number, expectedMs: number | undefined): string {
  if (expectedMs === undefined) return duration(spentMs);
  if (spentMs <= expectedMs) return `${duration(spentMs)} of about ${duration(expectedMs)}`;
  return `${duration(spentMs)}, usually ${duration(expectedMs)} ${MARKS.warning.emoji} late`;
}

function askedOf(view: IncidentView, { status }: StepState): string {
  if (status.is !== 'asked' || status.question.kind === 'decision') return 'a decision';
  return status.question.assignee === null
    ? 'a person to confirm'
    : `${personName(view.people, status.question.assignee)} to confirm`;
}

function withTries(word: 'done' | 'failed', state: StepState, endedAt: string): string {
  const spent =
    state.firstStartedAt === null
      ? ''
      : ` ${word === 'failed' ? 'after ' : ''}${duration(between(state.firstStartedAt, endedAt))}`;
  return `${word}${spent}${state.attempts > 1 ? `, attempt ${state.attempts}` : ''}`;
}

/** Runbooks up to this long are shown whole. */
const ALL = 15;
const DONE_KEPT = 3;
const PENDING_KEPT = 6;

type Fold = 'done' | 'pending' | null;

/** The lines of a stretch of steps; long runbooks fold what is far behind and far ahead, and nothing else. */
export function stepLines(
  view: IncidentView,
  shown: RunView,
  stretch: readonly PlacedStep[],
): readonly string[] {
  const folds = foldsOf(shown.run, shown.runbook);
  const lines: string[] = [];
  for (let index = 0; index < stretch.length; ) {
    const group = takeWhileSame(stretch.slice(index), folds);
    const [first] = group;
    if (first === undefined) break;
    const fold = folds.get(first.number) ?? null;
    if (fold === null || group.length < 2)
      lines.push(...group.map((placed) => stepLine(view, shown, placed)));
    else lines.push(foldedLine(shown.run, group, fold));
    index += group.length;
  }
  return lines;
}

function takeWhileSame(
  stretch: readonly PlacedStep[],
  folds: ReadonlyMap<number, Fold>,
): readonly PlacedStep[] {
  const kind = folds.get(stretch[0]?.number ?? 0) ?? null;
  const end = stretch.findIndex(({ number }) => (folds.get(number) ?? null) !== kind);
  return end === -1 ? stretch : stretch.slice(0, end);
}

/** Steps of a gate, and everything that failed, runs or waits, are never folded. */
function foldsOf(run: Run, runbook: Runbook): ReadonlyMap<number, Fold> {
  const steps = stepsOf(runbook);
  if (steps.length <= ALL) return new Map();
  const is = (placed: PlacedStep) => stepState(run, placed.step.id).status.is;
  const loose = steps.filter(({ gate }) => gate === null);
  const behind = loose
    .filter((placed) => ['done', 'skipped', 'undone'].includes(is(placed)))
    .slice(0, -DONE_KEPT);
  const ahead = loose.filter((placed) => is(placed) === 'pending').slice(PENDING_KEPT);
  return new Map<number, Fold>([
    ...behind.map(({ number }): [number, Fold] => [number, 'done']),
    ...ahead.map(({ number }): [number, Fold] => [number, 'pending']),
  ]);
}

function foldedLine(run: Run, group: readonly PlacedStep[], fold: 'done' | 'pending'): string {
  const numbers = `${group[0]?.number}–${group.at(-1)?.number}`;
  if (fold === 'pending') {
    if (run.outcome !== null) return `${MARKS.skipped.emoji} ${numbers} · not done`;
    const known = group.flatMap(({ step }) => expectedMs(step) ?? []);
    const expected = known.reduce((sum, ms) => sum + ms, 0);
    const figure = `, ${aboutOf(known.length === group.length)} ${duration(expected)}`;
    return `${MARKS.pending.emoji} ${numbers} · pending${expected === 0 ? '' : figure}`;
  }
  const states = group.map(({ step }) => stepState(run, step.id));
  const spent = states.reduce((sum, state) => sum + spentMs(state), 0);
  const skipped = states.filter(({ status }) => status.is === 'skipped').length;
  return `${MARKS.done.emoji} ${numbers} · done, ${duration(spent)} in all${skipped === 0 ? '' : `, ${skipped} of them skipped`}`;
}

function spentMs({ firstStartedAt, status }: StepState): number {
  return firstStartedAt !== null && 'at' in status ? between(firstStartedAt, status.at) : 0;
}

/** Work still to do, by the plan's own figures, approvals not counted. */
export interface WorkLeft {
  readonly ms: number;
  /** `at least about` where some step has no figure. */
  readonly about: 'about' | 'at least about';
}

/** Null when the plan has no figure for anything that is left. */
export function workLeft({ run, runbook }: RunView, now: Date): WorkLeft | null {
  const left = stepsOf(runbook).filter(
    ({ step }) => !['done', 'skipped', 'undone'].includes(stepState(run, step.id).status.is),
  );
  const figures = left.map(({ step }) => leftMs(step, stepState(run, step.id), now));
  const known = figures.filter((ms) => ms !== null);
  if (known.length === 0) return null;
  return { ms: known.reduce((sum, ms) => sum + ms, 0), about: aboutOf(known.length === figures.length) };
}

function aboutOf(allKnown: boolean): WorkLeft['about'] {
  return allKnown ? 'about' : 'at least about';
}

function leftMs(step: Step, { status, attempts, firstStartedAt }: StepState, now: Date): number | null {
  const expected = expectedMs(step);
  if (expected === null) return null;
  // A wait is one attempt from its first look to its last; only of the first attempt the beginning is kept.
  const since =
    status.is === 'running'
      ? status.since
      : status.is === 'waiting' && attempts === 1
        ? firstStartedAt
        : null;
  return since === null ? expected : Math.max(0, expected - between(since, now));
}

/** How long a step is expected to take: the plan's figure, else the length of a soak; null where nothing says it. */
export function expectedMs({ expected, uses, with: params }: Step): number | null {
  if (expected !== undefined) return expected;
  return uses === 'soak' && typeof params.for === 'string' ? (parseDuration(params.for) ?? null) : null;
}
