import { ROLES } from '../domain/events.ts';
import { Severity } from '../domain/plan.ts';
import { isRefusal } from '../domain/refusal.ts';
import { instant } from '../render/format.ts';
import type { View } from '../render/slack/blocks.ts';
import { type FormId, isFormId, parseValue } from '../render/slack/ids.ts';
import { renderLoading, renderNotice } from '../render/slack/modals.ts';
import { renderPreview } from '../render/slack/modals-run.ts';
import { parseRunStart } from '../render/slack/run-start.ts';
import { actorOf, isSharedChannel, refreshAccount, refreshGroup } from './actor.ts';
import { refusalLine } from './answer.ts';
import type { SlackDeps } from './deps.ts';
import { type FormAnswer, notice, outcome, refused, type Submission } from './form-answer.ts';
import { submitDeclare, submitNearDuplicate } from './forms-declare.ts';
import { fieldsOf, type ViewSubmission } from './payload.ts';
import { dialogPreview } from './preview.ts';

type Handler = (submission: Submission) => Promise<FormAnswer>;

const MINUTE = 60_000;

/** Every form, by its callback id. */
const HANDLERS: Record<FormId, Handler> = {
  'incident.declare': submitDeclare,
  'incident.near-duplicate': submitNearDuplicate,
  'incident.set-status': async ({ deps, actor, carried, fields }) => {
    const status = (['investigating', 'identified', 'monitoring'] as const).find(
      (each) => each === fields.status,
    );
    if (status === undefined)
      return notice(`/dr resolve closes ${carried.incident ?? 'the incident'} with its facts checked.`);
    const view = await deps.views.incident(carried.incident ?? '');
    if (view === undefined) return notice('The incident is not known. Nothing was changed.');
    const text = { ...deps.draft(view), status, changed: fields.changed ?? '' };
    return outcome(
      deps,
      await deps.incidents.publish(actor, view.incident.id, text, { automatic: false }),
      'changed',
    );
  },
  'incident.change-severity': async ({ deps, actor, carried, fields }) => {
    const severity = Severity.safeParse(fields.severity);
    return severity.success
      ? outcome(
          deps,
          await deps.incidents.setSeverity(actor, carried.incident ?? '', severity.data),
          'severity',
        )
      : { errors: { severity: 'Choose a severity.' } };
  },
  'incident.take-role': async ({ deps, actor, carried, fields }) => {
    const role = ROLES.find((each) => each === fields.role);
    if (role === undefined) return { errors: { role: 'Choose a role.' } };
    return outcome(
      deps,
      await deps.incidents.assignRole(actor, carried.incident ?? '', role, actor.person),
      'role',
    );
  },
  'incident.add-note': async ({ deps, actor, carried, fields }) =>
    outcome(deps, await deps.incidents.addNote(actor, carried.incident ?? '', fields.note ?? ''), 'note'),
  'incident.resolve': submitResolve,
  'update.edit': async ({ deps, actor, carried, fields }) => {
    const view = await deps.views.incident(carried.incident ?? '');
    if (view === undefined) return notice('The incident is not known. Nothing was posted.');
    const draft = deps.draft(view);
    const status =
      (['investigating', 'identified', 'monitoring'] as const).find((each) => each === fields.status) ??
      draft.status;
    const text = {
      status,
      impact: fields.impact ?? draft.impact,
      changed: fields.changed ?? '',
      next: fields.next ?? '',
      expectedBack: fields['expected-back'] ?? null,
    };
    const nextInMs = Number(fields['next-in'] ?? 0) * MINUTE;
    return outcome(
      deps,
      await deps.incidents.publish(actor, view.incident.id, text, {
        automatic: false,
        ...(nextInMs > 0 ? { nextInMs } : {}),
      }),
      'changed',
    );
  },
  'update.snooze': async ({ deps, actor, carried, fields }) =>
    outcome(
      deps,
      await deps.incidents.snooze(
        actor,
        carried.incident ?? '',
        Number(fields.snooze ?? 5) * MINUTE,
        fields.reason ?? '',
      ),
      'reason',
    ),
  'run.choose': submitRunChoice,
  'run.start': async ({ deps, actor, fields, metadata }) => {
    const start = parseRunStart(metadata);
    if (start === null)
      return notice('This preview is not readable any more. Nothing was started. Open it again: /dr run');
    const started = await deps.runs.start(actor, {
      incident: start.incident,
      runbook: start.runbook,
      inputs: start.inputs,
      reason: fields.reason ?? null,
    });
    return isRefusal(started) ? refused(deps, started) : 'close';
  },
  'run.abort': async ({ deps, actor, carried, fields }) =>
    outcome(deps, await deps.runs.abort(actor, carried.run ?? '', fields.reason ?? ''), 'reason'),
  'step.skip': async ({ deps, actor, carried, fields }) =>
    outcome(
      deps,
      await deps.runs.skip(actor, carried.run ?? '', carried.step ?? null, fields.reason ?? ''),
      'reason',
    ),
  'step.rule': async ({ deps, actor, carried, fields }) =>
    outcome(
      deps,
      await deps.runs.rule(
        actor,
        carried.run ?? '',
        carried.step ?? null,
        carried.choice === 'happened',
        fields.saw ?? '',
      ),
      'saw',
    ),
  'step.answer': async ({ deps, actor, carried, fields }) =>
    outcome(
      deps,
      await deps.runs.answer(
        actor,
        carried.run ?? '',
        carried.step ?? null,
        fields.choice ?? null,
        fields.evidence ?? null,
      ),
      'evidence',
    ),
  'approval.approve': submitApproval,
  'approval.veto': async ({ deps, actor, carried, fields }) => {
    if (actor.account !== null) await refreshAccount(deps, actor.account);
    const vetoed = await deps.approvals.veto(actor, carried.approval ?? '', fields.reason ?? '');
    return isRefusal(vetoed)
      ? refused(deps, vetoed)
      : notice(
          `Your veto of ${carried.approval ?? 'the approval'} is recorded. Nothing was changed.`,
          'Recorded',
        );
  },
};

/** Carries a submitted form out. What it returns is the acknowledgement Slack waits for. */
export async function handleForm(deps: SlackDeps, body: ViewSubmission): Promise<FormAnswer> {
  const id = body.view.callback_id;
  if (!isFormId(id)) return 'close';
  const metadata = body.view.private_metadata;
  return HANDLERS[id]({
    deps,
    actor: await actorOf(deps, body.user.id),
    carried: parseValue(metadata) ?? {},
    fields: fieldsOf(body.view.state),
    metadata,
  });
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
    dataLost: fields.lost ?? view.incident.loss?.text ?? 'not known',
    reportOwner: fields.owner ?? view.incident.roles.commander ?? actor.person ?? '',
  });
  return outcome(deps, resolved, 'cause');
}

async function submitRunChoice({ deps, carried, fields }: Submission): Promise<FormAnswer> {
  const view = await deps.views.incident(carried.incident ?? '');
  const version = view === undefined ? undefined : await deps.queries.plan(view.incident.system);
  const runbook = fields.runbook;
  if (view === undefined || version === undefined || runbook === undefined)
    return { errors: { runbook: 'Choose a runbook.' } };
  const inputs = Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith('input.') ? [[name.slice('input.'.length), value]] : [],
    ),
  );
  const make = async (): Promise<View> => {
    const preview = await deps.tools.preview(view.incident.id, runbook, inputs);
    if (isRefusal(preview))
      return renderNotice('Preview', [refusalLine(preview, await deps.queries.people())]);
    return renderPreview(
      dialogPreview(
        preview,
        view.incident,
        version.plan,
        `${version.plan.system}@${version.digest.slice(0, 7)}`,
      ),
      inputs,
    );
  };
  return {
    view: renderLoading('Preview', 'Looking at backups, databases and the cluster. Nothing is changed.'),
    later: make,
  };
}

/** A vote. The account is looked up first; the decision is the database's alone. */
async function submitApproval({ deps, actor, carried, fields }: Submission): Promise<FormAnswer> {
  const approval = await deps.queries.approvalMeant(carried.approval ?? '', null);
  if (isRefusal(approval)) return refused(deps, approval);
  if (actor.account !== null) await refreshAccount(deps, actor.account);
  if (approval.slackGroup !== null) await refreshGroup(deps, approval.slackGroup);
  const view = await deps.views.incident(approval.incident);
  const sharedChannel = await isSharedChannel(deps, view?.incident.channel?.id);
  const voted = await deps.approvals.vote(actor, {
    approval: approval.id,
    digest: carried.digest ?? '',
    typedName: fields.name ?? null,
    signature: null,
    sharedChannel,
  });
  if (isRefusal(voted))
    return voted.code === 'name-does-not-match' ? outcome(deps, voted, 'name') : refused(deps, voted);
  const { votes, status } = voted.approval;
  const last = votes.at(-1);
  const says =
    status.is === 'approved' ? 'The approved steps are starting.' : 'One more person must approve.';
  return notice(
    `Your approval is recorded at ${last === undefined ? '' : instant(last.at)}. ${votes.length} of 2. ${says}`,
    'Recorded',
  );
}
