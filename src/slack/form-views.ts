import type { Form } from '../command.ts';
import type { Plan, Runbook } from '../domain/plan.ts';
import type { IncidentView } from '../domain/views.ts';
import type { View } from '../render/slack/blocks.ts';
import { renderNotice } from '../render/slack/modals.ts';
import { renderReview } from '../render/slack/modals-approval.ts';
import { renderDeclareForm } from '../render/slack/modals-declare.ts';
import {
  renderAddNote,
  renderChangeSeverity,
  renderResolve,
  renderSetStatus,
  renderTakeRole,
} from '../render/slack/modals-incident.ts';
import { type RunChoice, renderRunForm } from '../render/slack/modals-run.ts';
import { renderAbort, renderAnswer } from '../render/slack/modals-step.ts';
import { renderEditUpdate } from '../render/slack/modals-update.ts';
import type { SlackDeps } from './deps.ts';

/** Titles of the dialogs that commands ask for. */
export const TITLES: Record<Form['form'], string> = {
  declare: 'Declare an incident',
  run: 'Run a runbook',
  update: 'Edit update',
  resolve: 'Resolve',
  role: 'Take a role',
  status: 'Set status',
  severity: 'Change severity',
  note: 'Add note',
  edit: 'Edit',
  abort: 'Abort run',
  approve: 'Review and approve',
  answer: 'Mark as done',
};

/** The dialog that somebody's command asked for, filled from the database at this moment. */
export async function formView(deps: SlackDeps, form: Form, person: string | null): Promise<View> {
  if (form.form === 'declare') return declareView(deps, null, {});
  const view = form.view;
  if (view === null)
    return renderNotice(TITLES[form.form], [
      'There is no open incident. Nothing was done. To open one: /dr declare',
    ]);
  const about = form.about ?? {};
  switch (form.form) {
    case 'run':
      return runView(view, (await deps.queries.plan(view.incident.system))?.plan ?? view.plan, null);
    case 'update':
      return renderEditUpdate(view, deps.draft(view));
    case 'resolve':
      return renderResolve(view);
    case 'role':
      return renderTakeRole(view);
    case 'status':
      return renderSetStatus(view);
    case 'severity':
      return renderChangeSeverity(view);
    case 'note':
    case 'edit':
      return renderAddNote(view);
    case 'abort':
      return renderAbort(view, about.run ?? '');
    case 'approve':
      return renderReview(view, about.approval ?? '', person);
    case 'answer':
      return renderAnswer(view, about.run ?? '', about.step ?? '');
  }
}

export async function declareView(
  { queries }: Pick<SlackDeps, 'queries'>,
  system: string | null,
  given: Parameters<typeof renderDeclareForm>[0]['given'],
): Promise<View> {
  const plans = (await queries.plans()).map(({ plan }) => plan).sort((a, b) => a.name.localeCompare(b.name));
  const only = plans.length === 1 ? (plans[0]?.system ?? null) : null;
  return renderDeclareForm({
    plans,
    system: system ?? only,
    open: await queries.incidents({ open: true }),
    people: await queries.people(),
    given,
    notes: [],
    now: await queries.now(),
  });
}

/** The run dialog with the runbook that fits first: the one whose component is named like the incident's words. */
export function runView(view: IncidentView, plan: Plan, chosen: string | null): View {
  const runbooks = Object.entries(plan.runbooks).map(([id, runbook]) => choiceOf(id, runbook));
  return renderRunForm({
    incident: view.incident.id,
    systemName: plan.name,
    place: plan.environment,
    runbooks,
    chosen: chosen ?? runbooks[0]?.id ?? null,
    modes: ['live'],
    given: {},
  });
}

function choiceOf(id: string, runbook: Runbook): RunChoice {
  return {
    id,
    title: runbook.title,
    scenario: runbook.scenario ?? null,
    expectedMs: runbook.expected ?? null,
    proved: null,
    inputs: runbook.inputs,
  };
}
