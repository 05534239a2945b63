import { ROLES, type UpdateText } from '../domain/events.ts';
import { lossInPlain } from '../domain/incident.ts';
import { Severity } from '../domain/plan.ts';
import { isRefusal } from '../domain/refusal.ts';
import { type FormId, isFormId, parseValue } from '../render/slack/ids.ts';
import { renderLoading, renderNotice } from '../render/slack/modals.ts';
import { parseRunStart } from '../render/slack/run-start.ts';
import { actorOf, outsider } from './actor.ts';
import { ALERT_FORMS } from './alerts.ts';
import { refusalLine } from './answer.ts';
import type { SlackDeps } from './deps.ts';
import {
  type FormAnswer,
  type FormHandler,
  notice,
  outcome,
  records,
  refused,
  type Submission,
} from './form-answer.ts';
import { submitApproval, submitVeto } from './forms-approval.ts';
import { submitDeclare, submitNearDuplicate } from './forms-declare.ts';
import { fieldsOf, type ViewSubmission } from './payload.ts';
import { previewView } from './preview.ts';

const MINUTE = 60_000;
const STATUSES = ['investigating', 'identified', 'monitoring'] as const;

/** Every form, by its callback id. `records` is one change, and the field its refusals stand under. */
const HANDLERS: Record<FormId, FormHandler> = {
  'incident.declare': submitDeclare,
  'incident.near-duplicate': submitNearDuplicate,
  'incident.set-status': submitStatus,
  'incident.change-severity': async ({ deps, actor, carried, fields }) => {
    const severity = Severity.safeParse(fields.severity);
    if (!severity.success) return { errors: { severity: 'Choose a severity.' } };
    const changed = await deps.incidents.setSeverity(actor, carried.incident ?? '', severity.data);
    return outcome(deps, changed, 'severity');
  },
  'incident.take-role': async ({ deps, actor, carried, fields }) => {
    const role = ROLES.find((each) => each === fields.role);
    if (role === undefined) return { errors: { role: 'Choose a role.' } };
    const taken = await deps.incidents.assignRole(actor, carried.incident ?? '', role, actor.person);
    return outcome(deps, taken, 'role');
  },
  'incident.add-note': records('note', ({ deps, actor, carried, fields }) =>
    deps.incidents.addNote(actor, carried.incident ?? '', fields.note ?? ''),
  ),
  'incident.resolve': submitResolve,
  'update.edit': submitUpdate,
  'update.snooze': records('reason', ({ deps, actor, carried, fields }) =>
    deps.incidents.snooze(
      actor,
      carried.incident ?? '',
      Number(fields.snooze ?? 5) * MINUTE,
      fields.reason ?? '',
    ),
  ),
  'run.choose': submitRunChoice,
  'run.start': submitRunStart,
  'run.abort': records('reason', ({ deps, actor, carried, fields }) =>
    deps.runs.abort(actor, carried.run ?? '', fields.reason ?? ''),
  ),
  'step.skip': records('reason', ({ deps, actor, carried, fields }) =>
    deps.runs.skip(actor, carried.run ?? '', carried.step ?? null, fields.reason ?? ''),
  ),
  'step.rule': records('saw', ({ deps, actor, carried, fields }) =>
    deps.runs.rule(
      actor,
      carried.run ?? '',
      carried.step ?? null,
      carried.choice === 'happened',
      fields.saw ?? '',
    ),
  ),
  'step.answer': records('evidence', ({ deps, actor, carried, fields }) =>
    deps.runs.answer(
      actor,
      carried.run ?? '',
      carried.step ?? null,
      fields.choice ?? null,
      fields.evidence ?? null,
    ),
  ),
  'approval.approve': submitApproval,
  'approval.veto': submitVeto,
  ...ALERT_FORMS,
};

/** Votes of guests and bots go on to the decision, which refuses and records them. */
const FOR_GUESTS: ReadonlySet<FormId> = new Set(['approval.approve', 'approval.veto']);

/** Carries a submitted form out. What it returns is the acknowledgement Slack waits for. */
export async function handleForm(deps: SlackDeps, body: ViewSubmission): Promise<FormAnswer> {
  const id = body.view.callback_id;
  if (!isFormId(id)) return 'close';
  const actor = await actorOf(deps, body.user.id);
  const refusal = FOR_GUESTS.has(id) ? null : await outsider(deps, actor);
  if (refusal !== null) return refused(deps, refusal);
  const metadata = body.view.private_metadata;
  return HANDLERS[id]({
    deps,
    actor,
    carried: parseValue(metadata) ?? {},
    fields: fieldsOf(body.view.state),
    metadata,
  });
}

async function submitStatus(submission: Submission): Promise<FormAnswer> {
  const { carried, fields } = submission;
  const status = STATUSES.find((each) => each === fields.status);
  if (status === undefined)
    return notice(`/dr resolve closes ${carried.incident ?? 'the incident'} with its facts checked.`);
  return publish(submission, (draft) => ({ ...draft, status, changed: fields.changed ?? '' }));
}

async function submitUpdate(submission: Submission): Promise<FormAnswer> {
  const { fields } = submission;
  return publish(submission, (draft) => ({
    status: STATUSES.find((each) => each === fields.status) ?? draft.status,
    impact: fields.impact ?? draft.impact,
    changed: fields.changed ?? '',
    next: fields.next ?? '',
    expectedBack: fields['expected-back'] ?? null,
  }));
}

async function publish(
  { deps, actor, carried, fields }: Submission,
  wordsFrom: (draft: UpdateText) => UpdateText,
): Promise<FormAnswer> {
  const view = await deps.views.incident(carried.incident ?? '');
  if (view === undefined) return notice('The incident is not known. Nothing was posted.');
  const nextInMs = Number(fields['next-in'] ?? 0) * MINUTE;
  const published = await deps.incidents.publish(actor, view.incident.id, wordsFrom(deps.draft(view)), {
    automatic: false,
    ...(nextInMs > 0 ? { nextInMs } : {}),
  });
  return outcome(deps, published, 'changed');
}

async function submitResolve({ deps, actor, carried, fields }: Submission): Promise<FormAnswer> {
  const view = await deps.views.incident(carried.incident ?? '');
  if (view === undefined) return notice('The incident is not known. Nothing was changed.');
  const time = (field: string) => (fields[field] === undefined ? null : new Date(fields[field] ?? ''));
  const resolved = await deps.incidents.resolve(actor, view.incident.id, {
    occurredAt: time('began'),
    detectedAt: time('detected'),
    unknownDetected: fields['unknown-detected'] ?? null,
    rootCause: fields.cause ?? '',
    dataLost: fields.lost ?? lossInPlain(view.incident) ?? 'not known',
    reportOwner: fields.owner ?? view.incident.roles.commander ?? actor.person ?? '',
  });
  const asksForTime = isRefusal(resolved) && resolved.code === 'resolve-incomplete';
  return outcome(deps, resolved, !asksForTime ? 'cause' : time('began') === null ? 'began' : 'detected');
}

async function submitRunChoice({ deps, carried, fields }: Submission): Promise<FormAnswer> {
  const view = await deps.views.incident(carried.incident ?? '');
  const runbook = fields.runbook;
  if (view === undefined || runbook === undefined) return { errors: { runbook: 'Choose a runbook.' } };
  const inputs = Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith('input.') ? [[name.slice('input.'.length), value]] : [],
    ),
  );
  return {
    view: renderLoading('Preview', 'Looking at backups, databases and the cluster. Nothing is changed.'),
    later: async () => {
      const preview = await deps.tools.preview(view.incident.id, runbook, inputs);
      return isRefusal(preview)
        ? renderNotice('Preview', [refusalLine(preview, view.people)])
        : previewView(deps, view.incident, preview, inputs);
    },
  };
}

async function submitRunStart({ deps, actor, fields, metadata }: Submission): Promise<FormAnswer> {
  const start = parseRunStart(metadata);
  if (start === null)
    return notice('This preview is not readable any more. Nothing was started. Open it again: /dr run');
  const { incident, runbook, inputs } = start;
  const started = await deps.runs.start(actor, { incident, runbook, inputs, reason: fields.reason ?? null });
  return isRefusal(started) ? refused(deps, started) : 'close';
}
