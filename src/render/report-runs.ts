import type { LoggedEvent } from '../domain/events.ts';
import { gatesOf, type PlacedStep, stepsOf } from '../domain/plan.ts';
import { gateState, type Run, type StepState, stepState } from '../domain/run.ts';
import type { ReportView, RunView } from '../domain/views.ts';
import { markdownCode, markdownUser, oneLine } from './escape.ts';
import { between, clock, count, duration, fullInstant } from './format.ts';
import { bullets, table } from './markdown.ts';
import { fullName } from './names.ts';
import { isNotDone, runState } from './run-state.ts';
import { stepMark } from './words.ts';

/** Every run with every step: attempts, lengths, results. Oldest first. */
export function runsPart(view: ReportView): string {
  if (view.runs.length === 0) return 'No runbook was run.';
  return [...view.runs]
    .reverse()
    .map((run) => runPart(run, view))
    .join('\n\n');
}

function runPart(runView: RunView, view: ReportView): string {
  const { run, runbook } = runView;
  const length =
    run.finishedAt === null
      ? 'not known: it has not ended'
      : duration(between(run.startedAt, run.finishedAt));
  const inputs = Object.entries(run.inputs)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${markdownUser(name)} = ${markdownCode(value)}`);
  const head = table(
    ['Fact', 'Value'],
    [
      [
        'Runbook',
        `${markdownUser(runbook.title)} (${markdownCode(run.runbook)}) on ${markdownUser(run.component)}`,
      ],
      ['Mode', run.mode === 'drill' ? 'DRILL, on drill-owned copies' : 'live'],
      ['Plan', `${markdownCode(run.plan.slice(0, 12))}, frozen at the start`],
      ['Requested by', markdownUser(fullName(view.people, run.requestedBy))],
      ['Started', fullInstant(run.startedAt)],
      ['Length', length],
      ['Outcome', runState(runView).words],
      ['Inputs', inputs.length === 0 ? 'none' : inputs.join(', ')],
      ...(run.abort === null
        ? []
        : [
            [
              'Abort',
              `asked for by ${markdownUser(fullName(view.people, run.abort.person))} at ${fullInstant(run.abort.at)}: "${markdownUser(run.abort.reason)}"`,
            ],
          ]),
    ],
  );
  const steps = table(
    ['#', 'Step', 'State', 'Started', 'Took', 'Attempts', 'Result'],
    stepsOf(runbook).map((placed) => stepRow(placed, run, view)),
  );
  const outputs = stepsOf(runbook).flatMap(({ step, number }) =>
    outputLine(number, step.title, stepState(run, step.id), view),
  );
  return [
    `### ${run.id}`,
    head,
    steps,
    ...gateLines(runView, view),
    outputs.length === 0 ? '' : `Outputs:\n\n${bullets(outputs)}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function stepRow({ step, number, gate }: PlacedStep, run: Run, view: ReportView): readonly string[] {
  const state = stepState(run, step.id);
  const tries = attemptsOf(run.id, step.id, view.events);
  const took = tries.flatMap(({ from, to }) => (to === null ? [] : [between(from, to)]));
  const started =
    state.firstStartedAt === null ? 'not started' : clock(state.firstStartedAt, view.incident.declaredAt);
  return [
    String(number),
    `${markdownUser(step.title)}${gate === null ? '' : ' (gate)'}`,
    isNotDone(run, state) ? 'not done' : stepMark(state.status.is).word,
    started,
    took.length === 0
      ? state.firstStartedAt === null
        ? 'not started'
        : 'not known: no end is recorded'
      : duration(took.reduce((sum, ms) => sum + ms, 0)),
    attemptWords(state, tries),
    resultOf(state),
  ];
}

interface Attempt {
  readonly number: number;
  readonly from: Date;
  to: Date | null;
  /** Why it ended without success; null when it did well or its end is not recorded. */
  fault: string | null;
}

/** Attempts as the log tells them. One without an end was interrupted: its worker died or was taken over. */
function attemptsOf(run: string, step: string, events: readonly LoggedEvent[]): readonly Attempt[] {
  const attempts: Attempt[] = [];
  for (const { stream, event, at } of events) {
    if (stream.id !== run || !('step' in event) || event.step !== step) continue;
    const last = attempts.at(-1);
    if (event.kind === 'step.started')
      attempts.push({ number: event.attempt, from: at, to: null, fault: null });
    else if (
      last !== undefined &&
      (event.kind === 'step.finished' ||
        event.kind === 'step.failed' ||
        event.kind === 'step.uncertain' ||
        event.kind === 'step.postponed')
    ) {
      last.to = at;
      if (event.kind === 'step.failed' || event.kind === 'step.postponed') last.fault = oneLine(event.reason);
      if (event.kind === 'step.uncertain') last.fault = 'uncertain';
    }
  }
  return attempts;
}

function attemptWords(state: StepState, tries: readonly Attempt[]): string {
  if (state.attempts <= 1 && tries.every(({ fault }) => fault === null)) return String(state.attempts);
  const notes = tries.flatMap(({ number, to, fault }, index) => {
    if (fault !== null) return [`attempt ${number}: ${markdownUser(fault)}`];
    return to === null && index < tries.length - 1 ? [`attempt ${number}: interrupted`] : [];
  });
  return `${state.attempts}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}

function resultOf({ status }: StepState): string {
  switch (status.is) {
    case 'done':
    case 'undone':
      return markdownUser(status.summary);
    case 'failed':
    case 'skipped':
    case 'postponed':
      return status.is === 'skipped' && status.byPerson
        ? `skipped by a person: "${markdownUser(status.reason)}"`
        : markdownUser(status.reason);
    case 'uncertain':
      return 'nobody knows whether it happened';
    case 'waiting':
      return markdownUser(status.note);
    case 'asked':
      return 'waits for an answer';
    case 'pending':
    case 'running':
      return 'none yet';
  }
}

function outputLine(
  number: number,
  title: string,
  { facts, output, rulings }: StepState,
  { people }: ReportView,
): readonly string[] {
  const known = new Set(facts.map(({ name }) => name));
  const values = Object.entries(output).flatMap(([name, value]) =>
    known.has(name) || value === null || typeof value === 'object'
      ? []
      : [{ name: inWords(name), value: String(value) }],
  );
  const all = [...facts, ...values].map(
    ({ name, value }) => `${markdownUser(name, 60)} ${markdownCode(value, 120)}`,
  );
  const said = rulings.map(
    ({ person, happened, saw }) =>
      `${markdownUser(fullName(people, person))} says it ${happened ? 'happened' : 'did not happen'}: "${markdownUser(saw)}"`,
  );
  return all.length + said.length === 0
    ? []
    : [`Step ${number} ${markdownUser(title)}: ${[...all, ...said].join('; ')}`];
}

/** `rows brought back` of `rowsBroughtBack`. */
const inWords = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function gateLines({ run, runbook }: RunView, view: ReportView): readonly string[] {
  return gatesOf(runbook).flatMap(({ gate, title, steps }) => {
    const { opened, closed, undo, approval } = gateState(run, gate);
    if (opened === null) return [];
    const end = view.events.find(
      ({ stream, event }) => stream.id === run.id && event.kind === 'gate.closed' && event.gate === gate,
    );
    const open =
      end === undefined ? 'and has not ended' : `and ended ${duration(between(opened.at, end.at))} later`;
    const how = closed === null ? '' : `, ${closed}`;
    const why = undo === null ? '' : ` Undo: ${markdownUser(undo.reason)}.`;
    return [
      `Gate "${markdownUser(title)}" opened at ${clock(opened.at, view.incident.declaredAt)} UTC by ${approval ?? 'no approval'} ${open}${how}; ${count(steps.length, 'step')}.${why}`,
    ];
  });
}
