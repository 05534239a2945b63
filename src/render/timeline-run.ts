import type { RunEvent } from '../domain/events.ts';
import { gatesOf, stepsOf } from '../domain/plan.ts';
import { stepState } from '../domain/run.ts';
import type { Fact, Question } from '../domain/step.ts';
import type { RunView } from '../domain/views.ts';
import { between, count, duration, exactInstant, listOf } from './format.ts';
import type { Telling } from './timeline.ts';
import { OUTCOME_WORDS } from './words.ts';

/** What happened in a run, in one sentence. */
export function runSentence(event: RunEvent, telling: Telling): string {
  const { ink, who, subject } = telling;
  if ('step' in event) return stepSentence(event, telling);
  if ('gate' in event) return gateSentence(event, telling);
  switch (event.kind) {
    case 'run.started': {
      const title = telling.context.plan.runbooks[event.runbook]?.title ?? event.runbook;
      const where = event.mode === 'drill' ? 'as a DRILL' : `on ${telling.context.plan.environment}`;
      const why = event.reason === null ? '' : `: ${ink.quote(event.reason)}`;
      return `${who} started ${subject}, ${ink.text(title)}, ${where}${why}`;
    }
    case 'run.abort-requested':
      return `${telling.name(event.person)} asked to abort ${subject}: ${ink.quote(event.reason)}`;
    case 'run.finished': {
      const cleaned = event.cleaned.length === 0 ? '' : `; removed: ${listOf(event.cleaned.map(ink.text))}`;
      return `${subject} is over: ${OUTCOME_WORDS[event.outcome].word}${cleaned}`;
    }
  }
}

type StepEvent = Extract<RunEvent, { step: string }>;
type GateEvent = Exclude<Extract<RunEvent, { gate: string }>, StepEvent>;

function stepSentence(event: StepEvent, telling: Telling): string {
  const { ink, who, context } = telling;
  const view = runOf(telling);
  const step = stepName(view, event.step, telling);
  const until = (at: string) => exactInstant(at, context.incident.declaredAt);
  switch (event.kind) {
    case 'step.started':
      return `${step}: attempt ${event.attempt} started`;
    case 'step.finished':
      return `${step}: ${doneWords(event, view, telling)}: ${resultOf(event.summary, event.facts, telling)}`;
    case 'step.failed':
      return `${step}: failed, attempt ${event.attempt}. ${ink.text(event.reason)}${tail(event.details, telling)}`;
    case 'step.postponed':
      return `${step}: waits and tries again at ${until(event.until)} (try ${event.tries}): ${ink.text(event.reason)}`;
    case 'step.waiting':
      return `${step}: waits until ${until(event.until)}: ${ink.text(event.note)}`;
    case 'step.asked':
      return `${step}: asks ${questionWords(event.question, telling)}`;
    case 'step.uncertain':
      return `${step}: uncertain, attempt ${event.attempt}; nobody knows yet whether it happened${tail(event.seen, telling)}`;
    case 'step.skipped':
      return event.byPerson
        ? `${step}: skipped by ${who}: ${ink.quote(event.reason)}`
        : `${step}: skipped, ${ink.text(event.reason)}`;
    case 'step.retried':
      return event.look
        ? `${who} asked the bot to look again at ${lower(step)}`
        : `${who} asked for ${lower(step)} to be tried again`;
    case 'step.ruled':
      return `${telling.name(event.person)} says ${lower(step)} ${event.happened ? 'happened' : 'did not happen'}: ${ink.quote(event.saw)}`;
    case 'step.undone':
      return `${step}: undone: ${resultOf(event.summary, event.facts, telling)}`;
    case 'step.undo-failed':
      return `${step}: its undo failed. ${ink.text(event.reason)}`;
  }
}

function gateSentence(event: GateEvent, telling: Telling): string {
  const { ink, who, subject } = telling;
  const gate = gateName(runOf(telling), event.gate, telling);
  switch (event.kind) {
    case 'gate.asked':
      return `${subject} asks for approval ${ink.text(event.approval)} for ${gate}`;
    case 'gate.blocked':
      return `${subject} cannot ask for approval of ${gate} yet${tail(event.reasons, telling)}`;
    case 'gate.retried':
      return `${who} asked again for approval of ${gate}`;
    case 'gate.opened':
      return `${subject} began ${gate}, approved by ${ink.text(event.approval)}`;
    case 'gate.closed':
      return event.outcome === 'done' ? `${subject} finished ${gate}` : `${subject} undid ${gate}`;
    case 'undo.started':
      return `${subject} began to undo ${gate}: ${ink.text(event.reason)}`;
  }
}

function runOf({ context, id }: Telling): RunView | undefined {
  return context.runs.find(({ run }) => run.id === id);
}

/** `Step 3 Verify the backup`; the id alone where the runbook no longer has it. */
function stepName(view: RunView | undefined, id: string, { ink }: Telling): string {
  const placed = view && stepsOf(view.runbook).find(({ step }) => step.id === id);
  return placed === undefined
    ? `Step ${ink.text(id)}`
    : `Step ${placed.number} ${ink.text(placed.step.title)}`;
}

function gateName(view: RunView | undefined, id: string, { ink }: Telling): string {
  const gate = view && gatesOf(view.runbook).find(({ gate }) => gate === id);
  return `"${ink.text(gate?.title ?? id)}"`;
}

function doneWords(
  event: Extract<RunEvent, { kind: 'step.finished' }>,
  view: RunView | undefined,
  { who }: Telling,
): string {
  if (event.known === 'answered') return `answered by ${who}`;
  if (event.known === 'ruled') return 'done, as people who looked say';
  if (event.known === 'observed') return `done, seen by looking afterwards, attempt ${event.attempt}`;
  if (event.attempt > 1) return `done, attempt ${event.attempt}`;
  const startedAt = view && stepState(view.run, event.step).firstStartedAt;
  return startedAt ? `done in ${duration(between(startedAt, event.at))}` : 'done';
}

/** The summary, with at most three facts behind it. */
function resultOf(summary: string, facts: readonly Fact[], { ink }: Telling): string {
  const evidence = facts.slice(0, 3).map(({ name, value }) => `${ink.text(name)} ${ink.text(value)}`);
  return `${ink.text(summary)}${evidence.length === 0 ? '' : ` (${evidence.join('; ')})`}`;
}

function tail(lines: readonly string[], { ink }: Telling): string {
  if (lines.length === 0) return '';
  const more = lines.length > 3 ? `; and ${count(lines.length - 3, 'more line', 'more lines')}` : '';
  return `: ${lines.slice(0, 3).map(ink.text).join('; ')}${more}`;
}

function questionWords(question: Question, { ink, name }: Telling): string {
  if (question.kind === 'decision')
    return `"${ink.text(question.question)}" (${question.options.map(({ label }) => ink.text(label)).join(' or ')})`;
  return `${question.assignee === null ? 'a responder' : name(question.assignee)}: ${ink.text(question.instruction)}`;
}

function lower(step: string): string {
  return step.replace(/^Step/, 'step');
}
