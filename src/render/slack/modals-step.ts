import { stepsOf } from '../../domain/plan.ts';
import { openGateOf, stepState } from '../../domain/run.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { slackUser } from '../escape.ts';
import { actions, button, context, divider, option, section, type View, view } from './blocks.ts';
import { choiceField, input, textField } from './fields.ts';
import { renderNotice } from './modals.ts';
import { abortedFate, placedOf, runOf } from './run-parts.ts';
import { stepLine } from './step-lines.ts';
import { asOf, label, machine } from './text.ts';

/** What a person says about a run and its steps (CARDS §6, §8). */

export function renderAbort(incidentView: IncidentView, runId: string): View {
  const shown = runOf(incidentView, runId);
  const running = stepsOf(shown.runbook).find(
    ({ step }) => stepState(shown.run, step.id).status.is === 'running',
  );
  const now =
    running === undefined ? 'No step is running.' : `Step ${running.number} is running. It is asked to stop.`;
  return view(
    'run.abort',
    label(`Abort ${runId}?`, 24),
    { submit: 'Abort run', close: 'Keep running', carried: { run: runId } },
    section(`${now} ${abortMeans(shown)}`),
    input('reason', 'Reason', textField({ max: 500, min: 3, multiline: true }), {
      hint: 'Goes on the timeline, under your name.',
    }),
  );
}

function abortMeans(shown: RunView): string {
  if (openGateOf(shown.run) !== null)
    return 'The open gate is taken back as it was approved; nobody is asked again.';
  const closed = Object.values(shown.run.gates).some((gate) => gate.closed === 'done');
  return closed
    ? 'What the gate did stays as it is. Aborting does not take it back.'
    : abortedFate(shown).replace('Nothing was', 'Nothing has been');
}

export function renderSkip(incidentView: IncidentView, runId: string, stepId: string): View {
  const { title } = titled(incidentView, runId, stepId);
  return view(
    'step.skip',
    'Skip step',
    { submit: 'Skip step', close: 'Back', carried: { run: runId, step: stepId } },
    section(title, 'The run goes on without it. Approvers will see "skipped" and your reason.'),
    input('reason', 'Why can it be skipped?', textField({ max: 500, min: 3, multiline: true })),
  );
}

export function renderRuling(
  incidentView: IncidentView,
  runId: string,
  stepId: string,
  happened: boolean,
): View {
  const { title } = titled(incidentView, runId, stepId);
  return view(
    'step.rule',
    happened ? 'It happened' : 'It did not happen',
    {
      submit: 'Record',
      close: 'Back',
      carried: { run: runId, step: stepId, choice: happened ? 'happened' : 'did-not-happen' },
    },
    section(
      title,
      `This is recorded under your name. ${happened ? '"It happened" finishes the step.' : '"It did not happen" runs the step again.'}`,
      'For a step that cannot be undone a second person must say the same.',
    ),
    input('saw', 'What did you see?', textField({ max: 500, min: 3, multiline: true })),
  );
}

/** "Mark as done" for a manual step, a choice for a decision; a notice where nothing is asked any more. */
export function renderAnswer(incidentView: IncidentView, runId: string, stepId: string): View {
  const { title, shown, number } = titled(incidentView, runId, stepId);
  const { status } = stepState(shown.run, stepId);
  if (status.is !== 'asked')
    return renderNotice('Already answered', [`${title} asks nothing any more. It is ${status.is}.`]);
  const { question } = status;
  const carried = { run: runId, step: stepId };
  if (question.kind === 'decision') {
    return view(
      'step.answer',
      'Decide',
      { submit: 'Decide', close: 'Back', carried },
      section(title, machine(question.question, 500)),
      input(
        'choice',
        'Your decision',
        choiceField(question.options.map(({ value, label: text }) => option(label(text), value))),
      ),
    );
  }
  const { evidence } = question;
  const field = input(
    'evidence',
    evidence === 'link' ? 'Link to the evidence' : 'What did you see?',
    textField({ max: 500, multiline: evidence !== 'link' }),
    { optional: evidence === 'none' },
  );
  return view(
    'step.answer',
    label(`Mark step ${number} as done`, 24),
    { submit: 'Mark as done', close: 'Back', carried },
    section(title, machine(question.instruction, 500)),
    field,
  );
}

const STEPS_A_PAGE = 12;

/** Every step with its action, attempts, times and facts, twelve a page. `page` counts from 1. */
export function renderRunDetails(incidentView: IncidentView, runId: string, page = 1): View {
  const shown = runOf(incidentView, runId);
  const steps = stepsOf(shown.runbook);
  const pages = Math.ceil(steps.length / STEPS_A_PAGE);
  const current = Math.min(Math.max(1, page), pages);
  const from = (current - 1) * STEPS_A_PAGE;
  const next = current === pages ? 1 : current + 1;
  const inputs = Object.entries(shown.run.inputs).filter(([, value]) => value !== '');
  return view(
    'notice',
    label(`${runId} in detail`, 24),
    { carried: { run: runId } },
    section(
      `*${machine(shown.runbook.title)}* · ${shown.run.mode === 'drill' ? 'drill' : 'live'} · page ${current} of ${pages}`,
      ...inputs.map(([name, value]) => `${machine(name, 40)}: "${slackUser(value, 100)}"`),
    ),
    ...steps.slice(from, from + STEPS_A_PAGE).flatMap((placed) => {
      const { facts, attempts } = stepState(shown.run, placed.step.id);
      const shownFacts = facts
        .slice(0, 12)
        .map(({ name, value }) => `• ${machine(name, 40)}: ${machine(value, 120)}`);
      const tried = attempts === 0 ? 'never begun' : attempts === 1 ? '1 attempt' : `${attempts} attempts`;
      return [
        divider,
        section(stepLine(incidentView, shown, placed), `\`${placed.step.uses}\` · ${tried}`, ...shownFacts),
      ];
    }),
    pages === 1
      ? null
      : actions(
          button(
            'run.details',
            next === 1 ? 'First steps' : 'More steps',
            { run: runId, choice: String(next) },
            { says: `Page ${next} of ${runId}` },
          ),
        ),
    context('Times are UTC', asOf(incidentView)),
  );
}

function titled(
  incidentView: IncidentView,
  runId: string,
  stepId: string,
): { readonly title: string; readonly shown: RunView; readonly number: number } {
  const shown = runOf(incidentView, runId);
  const placed = placedOf(shown, stepId);
  return {
    title: `*Step ${placed.number} of ${runId}: ${machine(placed.step.title, 60)}*`,
    shown,
    number: placed.number,
  };
}
