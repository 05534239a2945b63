import { REQUIRED_VOTES } from '../../domain/approval.ts';
import { type PlacedStep, stepsOf } from '../../domain/plan.ts';
import { type StepState, stepState } from '../../domain/run.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { plainInk } from '../escape.ts';
import { between, clock, duration, exactInstant, instant } from '../format.ts';
import { callName } from '../names.ts';
import { isNotDone, runState } from '../run-state.ts';
import { cliMark, stepMark } from '../words.ts';
import { cell, heading, section, WIDTH, wrap } from './layout.ts';

/** A run with all its steps, for `dr run show`. */
export function renderRun(view: IncidentView, id: string): string {
  const shown = view.runs.find(({ run }) => run.id === id);
  if (shown === undefined) return `There is no run ${id} in ${view.incident.id}. Runs: dr status`;
  const { run, runbook } = shown;
  const { mark, words } = runState(shown);
  const day = view.incident.declaredAt;
  const place = run.mode === 'drill' ? 'DRILL' : view.plan.environment;
  const length =
    run.finishedAt === null
      ? `${duration(between(run.startedAt, view.now))} so far`
      : `took ${duration(between(run.startedAt, run.finishedAt))}`;
  return [
    heading(run.id, run.runbook, place),
    `${cliMark(mark)} ${words}`,
    ...wrap(
      `Started ${exactInstant(run.startedAt, day)} by ${callName(view.people, run.requestedBy)}, ${length}, plan ${run.plan.slice(0, 7)}`,
    ),
    '',
    ...stepsOf(runbook).flatMap((placed, index, all) => [
      ...(placed.gate !== null && placed.gate !== all[index - 1]?.gate
        ? gateLines(view, shown, placed.gate)
        : []),
      stepLine(view, shown, placed),
    ]),
    ...attention(view, shown),
    '',
    `Times are UTC. As of ${clock(view.now, day)}`,
  ].join('\n');
}

const TITLE = 31;
const FIGURE = 11;

function stepLine(
  view: IncidentView,
  { run, approvals }: RunView,
  { step, number, gate }: PlacedStep,
): string {
  const state = stepState(run, step.id);
  const asked = gate === null ? undefined : approvals.find(({ id }) => id === run.gates[gate.gate]?.approval);
  const waits = state.status.is === 'pending' && asked?.status.is === 'open';
  const over = isNotDone(run, state);
  const { mark } = stepMark(over ? 'skipped' : waits ? 'waiting' : state.status.is);
  const lead = ` ${cliMark(mark)} ${String(number).padStart(3)}  ${gate === null ? '' : '| '}`;
  const line = `${lead}${cell(step.title, TITLE - (gate === null ? 0 : 2))} ${cell(figureOf(view, state), FIGURE)} `;
  return `${line}${cell(over ? 'not done' : factOf(view, state), WIDTH - line.length)}`.trimEnd();
}

/** Nothing for a step that failed before it could begin. */
function figureOf({ now }: IncidentView, { status, firstStartedAt }: StepState): string {
  if (status.is === 'done' || status.is === 'failed' || status.is === 'uncertain')
    return firstStartedAt === null ? '' : duration(between(firstStartedAt, status.at));
  return status.is === 'running' ? duration(between(status.since, now)) : '';
}

function factOf({ incident, people }: IncidentView, { status }: StepState): string {
  const until = (at: string) => clock(at, incident.declaredAt);
  switch (status.is) {
    case 'pending':
      return '';
    case 'running':
      return `attempt ${status.attempt}`;
    case 'waiting':
      return `until ${until(status.until)}`;
    case 'postponed':
      return `next try ${until(status.until)}`;
    case 'asked':
      return status.question.kind === 'manual' && status.question.assignee !== null
        ? `for ${callName(people, status.question.assignee)}`
        : 'for an answer';
    case 'done':
    case 'undone':
      return status.summary;
    case 'failed':
    case 'skipped':
      return status.reason;
    case 'uncertain':
      return 'nobody knows';
  }
}

function gateLines(
  { incident }: IncidentView,
  { run, approvals }: RunView,
  gate: { gate: string; title: string },
): readonly string[] {
  const id = run.gates[gate.gate]?.approval ?? null;
  const approval = approvals.find((one) => one.id === id);
  const state =
    approval === undefined
      ? 'needs two approvals'
      : approval.status.is === 'open'
        ? `${approval.id}, ${approval.votes.length} of ${REQUIRED_VOTES}, until ${instant(approval.approveBy, incident.declaredAt)}`
        : `${approval.id}, ${approval.status.is}`;
  return wrap(`${gate.title}: ${state}`, '              + ', '                ');
}

/** What a person must do, in full and with the command to type. */
function attention({ people }: IncidentView, { run, runbook, approvals }: RunView): readonly string[] {
  const lines = stepsOf(runbook).flatMap(({ step, number }) => {
    const { status } = stepState(run, step.id);
    const at = `Step ${number} ${step.title}`;
    if (status.is === 'failed')
      return [
        `${at} failed: ${status.reason}`,
        ...status.details,
        `dr step retry ${step.id} · dr step skip ${step.id} reason="…" · dr abort "…"`,
      ];
    if (status.is === 'uncertain')
      return [
        `${at} is uncertain.`,
        ...status.seen,
        ...(status.howToTell === null ? [] : [`How to tell: ${status.howToTell}`]),
        `dr step retry ${step.id} · dr step happened ${step.id} saw="…"`,
      ];
    if (status.is !== 'asked') return [];
    const { question } = status;
    return question.kind === 'manual'
      ? [
          `${at}, ${question.assignee === null ? 'for a responder' : `for ${callName(people, question.assignee)}`}: ${question.instruction}`,
          `dr step done ${step.id} evidence="…"`,
        ]
      : [
          `${at}: ${question.question}`,
          ...question.options.map(({ value, label }) => `${value}: ${label}`),
          'dr step choose …',
        ];
  });
  const blocked = Object.values(run.gates).flatMap((gate) =>
    gate.closed === null && gate.blocked.length > 0
      ? [
          ...gate.blocked.map((reason) => `Approval cannot be asked for: ${reason}`),
          'dr step retry · dr abort "…"',
        ]
      : [],
  );
  const open = approvals
    .filter(({ status }) => status.is === 'open')
    .map(({ id, card }) => `${plainInk.quote(card.title)} waits for approval: dr approve ${id}`);
  return section('For a person to do', run.outcome === null ? [...lines, ...blocked, ...open] : []);
}
