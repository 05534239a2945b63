import { stepState } from '../../domain/run.ts';
import type { Question } from '../../domain/step.ts';
import type { IncidentView } from '../../domain/views.ts';
import { actions, button, context, header, type Message, message, section } from './blocks.ts';
import { detailsButton, placedOf, runOf } from './run-parts.ts';
import { asOf, clockOf, headed, machine, marked, mention, placeOf } from './text.ts';

/** A step that asks a person to do or to decide something (CARDS §6). Without buttons once it is answered. */
export function renderManual(view: IncidentView, runId: string, stepId: string): Message {
  const shown = runOf(view, runId);
  const placed = placedOf(shown, stepId);
  const { status } = stepState(shown.run, stepId);
  const title = machine(placed.step.title, 60);
  const heading = header(headed(view, `${runId} · step ${placed.number} · ${placeOf(view, shown)}`, shown));
  if (status.is !== 'asked') {
    const end =
      status.is === 'done'
        ? `${marked('done', 'done')}: ${machine(status.summary, 120)}`
        : `It is ${status.is} now.`;
    return message(
      `${runId} step ${placed.number}, ${title}: answered.`,
      heading,
      section(`Step ${placed.number}, ${title}.`, end),
      context('Times are UTC'),
    );
  }
  const { question } = status;
  const ids = { run: runId, step: stepId };
  return message(
    `${runId} step ${placed.number} waits for ${question.kind === 'manual' ? 'a person' : 'a decision'}: ${title}.`,
    heading,
    section(`${marked('waiting', `waiting: ${title}`)}`, asksWhom(view, question), ...instruction(question)),
    actions(
      button('step.answer', question.kind === 'manual' ? 'Mark as done' : 'Decide', ids, {
        style: 'primary',
        says: `Answer step ${placed.number} of ${runId}`,
      }),
      detailsButton(shown),
    ),
    context(
      evidence(question),
      `waiting since ${clockOf(view.incident, status.since)}`,
      'Times are UTC',
      asOf(view),
    ),
  );
}

function asksWhom(view: IncidentView, question: Question): string {
  if (question.kind === 'decision') return 'A responder decides:';
  if (question.assignee === null) return 'This step needs a responder:';
  return `${mention(view.people, question.assignee)}, this step is yours:`;
}

/** The plan's own lines: written with the plan and reviewed with it. */
function instruction(question: Question): readonly string[] {
  const text = question.kind === 'manual' ? question.instruction : question.question;
  const lines = text.split('\n').map((line) => machine(line, 300));
  return question.kind === 'manual'
    ? lines
    : [...lines, ...question.options.map(({ label }) => `• ${machine(label, 100)}`)];
}

function evidence(question: Question): string | null {
  if (question.kind === 'decision') return null;
  return question.evidence === 'none' ? 'No evidence asked for' : `Evidence asked for: ${question.evidence}`;
}

/** Whom the card calls: the assignee, where the plan names one. */
export function askedPeople(question: Question): readonly string[] {
  return question.kind === 'manual' && question.assignee !== null ? [question.assignee] : [];
}
