import { Severity } from '../domain/plan.ts';
import { isRefusal, type Refusal, refuse } from '../domain/refusal.ts';
import type { IncidentView } from '../domain/views.ts';
import { slackInk } from '../render/escape.ts';
import { button, type View } from '../render/slack/blocks.ts';
import { type ActionId, isActionId, parseValue } from '../render/slack/ids.ts';
import { renderNotice } from '../render/slack/modals.ts';
import { renderApprovalDetails, renderReview, renderVeto } from '../render/slack/modals-approval.ts';
import {
  renderAddNote,
  renderChangeSeverity,
  renderIncidentDetails,
  renderResolve,
  renderSetStatus,
  renderTakeRole,
  renderTimeline,
} from '../render/slack/modals-incident.ts';
import {
  renderAbort,
  renderAnswer,
  renderRuling,
  renderRunDetails,
  renderSkip,
} from '../render/slack/modals-step.ts';
import { renderEditUpdate, renderSnooze } from '../render/slack/modals-update.ts';
import { renderReply } from '../render/slack/reply.ts';
import { timelineLines } from '../render/timeline.ts';
import { actorOf, outsider } from './actor.ts';
import { ALERT_BUTTONS, givenByAlert } from './alerts.ts';
import { refusalLine } from './answer.ts';
import { handleCommand } from './commands.ts';
import type { SlackDeps } from './deps.ts';
import { openDialog, replaceDialog } from './dialogs.ts';
import { patiently } from './faults.ts';
import { declareView, runView } from './form-views.ts';
import { castVote } from './forms-approval.ts';
import { takeIn } from './forms-declare.ts';
import { publishHome } from './home.ts';
import { type BlockActions, fieldsOf, type SlashCommand } from './payload.ts';
import { change, type Dialog, dialog, type Handler, type Press, viewOf } from './press.ts';

/** Every button that does something, by its action id. The compiler asks for each; none is left without a listener. */
const HANDLERS: Record<Exclude<ActionId, 'menu' | 'link.open'>, Handler> = {
  'incident.declare': declaring('/dr declare janua sev1 what is wrong'),
  'incident.declare-anyway': declaring('/dr declare … --new'),
  'incident.join': { act: join },
  'incident.raise': change('Raised. The timeline says by whom.', ({ incidents }, actor, carried) =>
    incidents.setSeverity(actor, carried.incident ?? '', severityOf(carried.choice)),
  ),
  'incident.list': { types: () => 'list' },
  'incident.take-command': change('You are commander now.', ({ incidents }, actor, { incident }) =>
    incidents.assignRole(actor, incident ?? '', 'commander', actor.person),
  ),
  'incident.take-role': dialog('Take a role', renderTakeRole),
  'incident.set-status': dialog('Set status', renderSetStatus),
  'incident.change-severity': dialog('Change severity', renderChangeSeverity),
  'incident.add-note': dialog('Add note', renderAddNote),
  'incident.details': dialog('Details', renderIncidentDetails),
  'incident.timeline': dialog('Timeline', timeline),
  'incident.resolve': dialog('Resolve', (view) => renderResolve(view)),
  'incident.report': { types: ({ incident = '' }) => `report ${incident}` },
  'update.post': dialog('Edit update', (view, { deps }) => renderEditUpdate(view, deps.draft(view))),
  'update.publish': change('Published.', async ({ incidents, views, draft }, actor, { incident }) => {
    const view = await views.incident(incident ?? '');
    return view === undefined
      ? refuse('unknown-incident', { incident: incident ?? '' })
      : incidents.publish(actor, view.incident.id, draft(view), { automatic: false });
  }),
  'update.edit': dialog('Edit update', (view, { deps }) => renderEditUpdate(view, deps.draft(view))),
  'update.snooze': dialog('Snooze update', renderSnooze),
  'run.choose': dialog('Run a runbook', (view) => runView(view, view.plan, null)),
  'run.abort': dialog('Abort run', (view, { carried }) => renderAbort(view, carried.run ?? '')),
  'run.details': dialog('Details', (view, { carried }) =>
    renderRunDetails(view, carried.run ?? '', Number(carried.choice ?? 1)),
  ),
  'step.retry': change('Recorded. It is tried again.', ({ runs }, actor, { run, step }) =>
    runs.retry(actor, run ?? '', step ?? null),
  ),
  'step.look': change('Recorded. The bot looks again.', ({ runs }, actor, { run, step }) =>
    runs.retry(actor, run ?? '', step ?? null),
  ),
  'step.skip': dialog('Skip step', (view, { carried }) =>
    renderSkip(view, carried.run ?? '', carried.step ?? ''),
  ),
  'step.happened': ruling('It happened', true),
  'step.did-not-happen': ruling('It did not happen', false),
  'step.answer': dialog('Mark as done', (view, { carried }) =>
    renderAnswer(view, carried.run ?? '', carried.step ?? ''),
  ),
  'gate.undo': change('Recorded. The gate is taken back.', ({ runs }, actor, { run }) =>
    runs.abort(actor, run ?? '', 'undo was asked for on the card'),
  ),
  'approval.review': dialog('Review and approve', review, { forGuests: true }),
  'approval.veto': dialog('Veto', veto, { forGuests: true }),
  'approval.ask-again': change('Asked again, from facts read now.', ({ runs }, actor, { run }) =>
    runs.retry(actor, run ?? '', null),
  ),
  'approval.details': dialog('Details', (view, { carried }) =>
    renderApprovalDetails(view, carried.approval ?? ''),
  ),
  ...ALERT_BUTTONS,
  'home.refresh': { act: ({ deps, body }) => publishHome(deps, body.user.id) },
  'help.commands': { types: () => 'help' },
  'command.use': { types: ({ choice = 'help' }) => choice },
  'declare.choose-system': { act: chooseSystem },
  'run.choose-runbook': { act: chooseRunbook },
};

const OLD = 'This button is from an older version of the bot. Nothing was done. Open the card again.';

/** Carries out one press. A button nobody knows is answered, too. */
export async function handlePress(deps: SlackDeps, body: BlockActions, say: Press['say']): Promise<void> {
  const [action] = body.actions;
  const carried = parseValue(action?.selected_option?.value ?? action?.value ?? '') ?? {};
  const id = action?.action_id === 'menu' ? carried.do : action?.action_id;
  if (id === undefined || !isActionId(id) || id === 'menu') return say(renderReply([OLD]));
  if (id === 'link.open') return;
  const handler = HANDLERS[id];
  if ('types' in handler) return handleCommand(deps, asTyped(body, handler.types(carried)), say);
  const begin = async (): Promise<Press | Refusal> => {
    const actor = await actorOf(deps, body.user.id);
    const mayAll = 'forGuests' in handler && handler.forGuests === true;
    return (mayAll ? null : await outsider(deps, actor)) ?? { deps, body, actor, carried, say };
  };
  const words = async (refusal: Refusal) => refusalLine(refusal, await deps.queries.people());
  if ('act' in handler) {
    const act = async () => {
      const press = await begin();
      await (isRefusal(press) ? say(renderReply([await words(press)])) : handler.act(press));
    };
    return patiently(say, 'it', act());
  }
  const { title, instead = '/dr help' } = handler;
  const again = button(id, 'Open the form', carried);
  const opening = {
    deps,
    trigger: body.trigger_id,
    within: body.view?.type === 'home' ? undefined : body.view?.id,
    again,
    say,
  };
  await openDialog(opening, title, instead, async () => {
    const press = await begin();
    return isRefusal(press) ? renderNotice(title, [await words(press)]) : handler.make(press);
  });
}

function asTyped({ user, team, channel, trigger_id }: BlockActions, text: string): SlashCommand {
  const place = { team_id: team?.id ?? '', channel_id: channel?.id ?? '' };
  return { command: '/dr', text, user_id: user.id, trigger_id, ...place };
}

function declaring(instead: string): Dialog {
  return {
    title: 'Declare an incident',
    instead,
    make: async ({ deps, carried }) => {
      const severity = Severity.safeParse(carried.choice);
      return declareView(deps, carried.system ?? null, {
        ...(await givenByAlert(deps, carried.alert)),
        ...(severity.success ? { severity: severity.data } : {}),
        ...(carried.title === undefined ? {} : { title: carried.title }),
        ...(carried.incident === undefined ? {} : { besides: carried.incident }),
      });
    },
  };
}

function ruling(title: string, happened: boolean): Dialog {
  return dialog(title, (view, { carried }) =>
    renderRuling(view, carried.run ?? '', carried.step ?? '', happened),
  );
}

async function join(press: Press): Promise<void> {
  await press.say(renderReply([await takeIn(press.deps, await viewOf(press), press.body.user.id)]));
}

/** The review dialog. A press that carries another digest than the approval's is refused and kept, as its vote would be. */
async function review(view: IncidentView, { deps, actor, carried }: Press): Promise<View> {
  const { approval = '', digest = '' } = carried;
  const known = view.runs.flatMap(({ approvals }) => approvals).find(({ id }) => id === approval);
  if (known === undefined || known.digest === digest) return renderReview(view, approval, actor.person);
  const refusal = await castVote(deps, actor, { approval, digest, typedName: null });
  return renderNotice('Review and approve', [
    isRefusal(refusal) ? refusalLine(refusal, view.people) : 'Nothing was recorded.',
  ]);
}

function veto(view: IncidentView, { carried }: Press): View {
  const approval = view.runs.flatMap(({ approvals }) => approvals).find(({ id }) => id === carried.approval);
  return approval === undefined
    ? renderNotice('Veto', ['This approval is not known. Nothing was recorded.'])
    : renderVeto(approval);
}

async function timeline(view: IncidentView, { deps }: Press): Promise<View> {
  const events = await deps.queries.events(view.incident.id);
  return renderTimeline(
    view.incident.id,
    timelineLines(events, view, slackInk).map(({ time, text }) => `${time} ${text}`),
  );
}

/** Another system has its own words for severities; what was typed stays. */
async function chooseSystem({ deps, body }: Press): Promise<void> {
  const { system = null, title, impact } = fieldsOf(body.view?.state);
  const { alert, incident } = parseValue(body.view?.private_metadata ?? '') ?? {};
  const view = await declareView(deps, system, {
    ...(title === undefined ? {} : { title }),
    ...(impact === undefined ? {} : { impact }),
    ...(alert === undefined ? {} : { alert }),
    ...(incident === undefined ? {} : { besides: incident }),
  });
  if (body.view) await replaceDialog(deps, body.view.id, view);
}

async function chooseRunbook(press: Press): Promise<void> {
  const { deps, body } = press;
  const view = await viewOf({ ...press, carried: parseValue(body.view?.private_metadata ?? '') ?? {} });
  if (view === undefined || !body.view) return;
  const { runbook = null } = fieldsOf(body.view.state);
  await replaceDialog(deps, body.view.id, runView(view, view.plan, runbook));
}

function severityOf(choice: string | undefined): Severity {
  return Severity.catch('SEV1').parse(choice);
}
