import { text } from '../command.ts';
import type { Actor } from '../domain/events.ts';
import { isRefusal, type Refusal } from '../domain/refusal.ts';
import type { IncidentView } from '../domain/views.ts';
import { slackInk } from '../render/escape.ts';
import { button, type Message, type View } from '../render/slack/blocks.ts';
import { type ActionId, type Carried, isActionId, parseValue } from '../render/slack/ids.ts';
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
import { timelineLines } from '../render/timeline.ts';
import { actorOf } from './actor.ts';
import { refusalLine, toMessage } from './answer.ts';
import { contextFor, handleCommand, incidentHere } from './commands.ts';
import type { SlackDeps } from './deps.ts';
import { type Opening, openDialog, replaceDialog } from './dialogs.ts';
import { declareView, runView } from './form-views.ts';
import { type BlockActions, fieldsOf } from './payload.ts';

/** One press: who, on what, and how to answer. */
export interface Press {
  readonly deps: SlackDeps;
  readonly body: BlockActions;
  readonly id: ActionId;
  readonly actor: Actor;
  readonly carried: Carried;
  /** Says something to this person alone. */
  say(message: Message): Promise<void>;
}

type Handler = (press: Press) => Promise<void>;

/** Every button, by its action id. The compiler asks for each; none is left without a listener. */
const HANDLERS: Record<ActionId, Handler> = {
  'incident.declare': (press) => declareDialog(press, '/dr declare janua sev1 what is wrong'),
  'incident.declare-anyway': (press) => declareDialog(press, '/dr declare … --new'),
  'incident.join': async (press) => {
    const { deps, body, carried } = press;
    const view = await viewOf(press);
    if (view?.incident.channel)
      await deps
        .call('interactive', 'conversations.invite', {
          channel: view.incident.channel.id,
          users: body.user.id,
        })
        .catch(() => {});
    await answerLines(press, [`You are in the channel of ${carried.incident ?? 'the incident'}.`]);
  },
  'incident.raise': (press) =>
    change(
      press,
      ({ incidents }, actor, { incident, choice }) =>
        incidents.setSeverity(actor, incident ?? '', severityOf(choice)),
      'Raised. The timeline says by whom.',
    ),
  'incident.list': (press) => typed(press, 'list'),
  'incident.take-command': (press) =>
    change(
      press,
      ({ incidents }, actor, { incident }) =>
        incidents.assignRole(actor, incident ?? '', 'commander', actor.person),
      'You are commander now.',
    ),
  'incident.take-role': (press) => dialog(press, 'Take a role', renderTakeRole),
  'incident.set-status': (press) => dialog(press, 'Set status', renderSetStatus),
  'incident.change-severity': (press) => dialog(press, 'Change severity', renderChangeSeverity),
  'incident.add-note': (press) => dialog(press, 'Add note', renderAddNote),
  'incident.details': (press) => dialog(press, 'Details', renderIncidentDetails),
  'incident.timeline': (press) =>
    openDialog(openingOf(press), 'Timeline', '/dr report', () => timelineView(press)),
  'incident.resolve': (press) => dialog(press, 'Resolve', (view) => renderResolve(view)),
  'incident.report': (press) => typed(press, `report ${press.carried.incident ?? ''}`),
  'update.post': (press) =>
    dialog(press, 'Edit update', (view) => renderEditUpdate(view, press.deps.draft(view))),
  'update.publish': (press) =>
    change(
      press,
      async ({ incidents, views, draft }, actor, { incident }) => {
        const view = await views.incident(incident ?? '');
        return view === undefined
          ? { events: [] }
          : incidents.publish(actor, view.incident.id, draft(view), { automatic: false });
      },
      'Published.',
    ),
  'update.edit': (press) =>
    dialog(press, 'Edit update', (view) => renderEditUpdate(view, press.deps.draft(view))),
  'update.snooze': (press) => dialog(press, 'Snooze update', renderSnooze),
  'run.choose': (press) => dialog(press, 'Run a runbook', (view) => runView(view, view.plan, null)),
  'run.abort': (press) => dialog(press, 'Abort run', (view) => renderAbort(view, press.carried.run ?? '')),
  'run.details': (press) =>
    dialog(press, 'Details', (view) =>
      renderRunDetails(view, press.carried.run ?? '', Number(press.carried.choice ?? 1)),
    ),
  'step.retry': (press) =>
    change(
      press,
      ({ runs }, actor, { run, step }) => runs.retry(actor, run ?? '', step ?? null),
      'Recorded. It is tried again.',
    ),
  'step.look': (press) =>
    change(
      press,
      ({ runs }, actor, { run, step }) => runs.retry(actor, run ?? '', step ?? null),
      'Recorded. The bot looks again.',
    ),
  'step.skip': (press) =>
    dialog(press, 'Skip step', (view) => renderSkip(view, press.carried.run ?? '', press.carried.step ?? '')),
  'step.happened': (press) =>
    dialog(press, 'It happened', (view) =>
      renderRuling(view, press.carried.run ?? '', press.carried.step ?? '', true),
    ),
  'step.did-not-happen': (press) =>
    dialog(press, 'It did not happen', (view) =>
      renderRuling(view, press.carried.run ?? '', press.carried.step ?? '', false),
    ),
  'step.answer': (press) =>
    dialog(press, 'Mark as done', (view) =>
      renderAnswer(view, press.carried.run ?? '', press.carried.step ?? ''),
    ),
  'gate.undo': (press) =>
    change(
      press,
      ({ runs }, actor, { run }) => runs.abort(actor, run ?? '', 'undo was asked for on the card'),
      'Recorded. The gate is taken back.',
    ),
  'approval.review': (press) => dialog(press, 'Review and approve', (view) => review(press, view)),
  'approval.veto': (press) =>
    dialog(press, 'Veto', (view) => {
      const approval = view.runs
        .flatMap(({ approvals }) => approvals)
        .find(({ id }) => id === press.carried.approval);
      return approval === undefined
        ? renderNotice('Veto', ['This approval is not known. Nothing was recorded.'])
        : renderVeto(approval);
    }),
  'approval.ask-again': (press) =>
    change(
      press,
      ({ runs }, actor, { run }) => runs.retry(actor, run ?? '', null),
      'Asked again, from facts read now.',
    ),
  'approval.details': (press) =>
    dialog(press, 'Details', (view) => renderApprovalDetails(view, press.carried.approval ?? '')),
  'help.commands': (press) => typed(press, 'help'),
  'command.use': (press) => typed(press, press.carried.choice ?? 'help'),
  'declare.choose-system': async ({ deps, body, actor }) => {
    const fields = fieldsOf(body.view?.state);
    const { title, impact } = fields;
    const view = await declareView(await contextFor(deps, actor, null), fields.system ?? null, {
      ...(title === undefined ? {} : { title }),
      ...(impact === undefined ? {} : { impact }),
    });
    if (body.view) await replaceDialog(deps, body.view.id, view);
  },
  'run.choose-runbook': async (press) => {
    const { deps, body } = press;
    const view = await viewOf(press, parseValue(body.view?.private_metadata ?? '')?.incident);
    if (view !== undefined && body.view)
      await replaceDialog(
        deps,
        body.view.id,
        runView(view, view.plan, fieldsOf(body.view.state).runbook ?? null),
      );
  },
  menu: async (press) => {
    const meant = press.carried.do;
    if (meant !== undefined && meant !== 'menu') await HANDLERS[meant]({ ...press, id: meant });
  },
  'link.open': async () => {},
};

/** Carries out one press. A button nobody knows is answered, too. */
export async function handlePress(deps: SlackDeps, body: BlockActions, say: Press['say']): Promise<void> {
  const [action] = body.actions;
  const id = action?.action_id ?? '';
  const carried = parseValue(action?.selected_option?.value ?? action?.value ?? '') ?? {};
  const actor = await actorOf(deps, body.user.id);
  if (isActionId(id)) return HANDLERS[id]({ deps, body, id, actor, carried, say });
  const old = 'This button is from an older version of the bot. Nothing was done. Open the card again.';
  await say(toMessage(text(old), await deps.queries.people(), deps.commands));
}

/** The incident a press is about: named on the button, or by its run or approval, or by the channel. */
async function viewOf({ deps, body, carried }: Press, named?: string): Promise<IncidentView | undefined> {
  const id =
    named ??
    carried.incident ??
    (await incidentOf(deps, carried)) ??
    (await incidentHere(deps, body.channel?.id));
  return id === null || id === undefined ? undefined : deps.views.incident(id);
}

async function incidentOf(deps: SlackDeps, carried: Carried): Promise<string | undefined> {
  const meant =
    carried.approval !== undefined
      ? await deps.queries.approvalMeant(carried.approval, null)
      : carried.run !== undefined
        ? await deps.queries.runMeant(carried.run, null)
        : undefined;
  return meant === undefined || isRefusal(meant) || !('incident' in meant) ? undefined : meant.incident;
}

function openingOf({ deps, body, id, carried, say }: Press): Opening {
  return { deps, trigger: body.trigger_id, again: button(id, 'Open the form', carried), say };
}

function declareDialog(press: Press, instead: string): Promise<void> {
  const { deps, actor, carried } = press;
  return openDialog(openingOf(press), 'Declare an incident', instead, async () =>
    declareView(await contextFor(deps, actor, null), carried.system ?? null, {}),
  );
}

async function dialog(
  press: Press,
  title: string,
  make: (view: IncidentView) => View | Promise<View>,
): Promise<void> {
  await openDialog(openingOf(press), title, '/dr help', async () => {
    const view = await viewOf(press);
    return view === undefined
      ? renderNotice(title, ['The incident is not known. Nothing was done.'])
      : make(view);
  });
}

/** The review dialog; an old card's digest is told before anybody reads on. */
async function review(press: Press, view: IncidentView): Promise<View> {
  const { approval: id = '', digest } = press.carried;
  const approval = view.runs.flatMap(({ approvals }) => approvals).find((each) => each.id === id);
  if (approval !== undefined && digest !== undefined && approval.digest !== digest)
    return renderNotice('Review and approve', [
      'This card is old, so nothing was recorded. Read the newest card and approve there.',
    ]);
  return renderReview(view, id, []);
}

async function change(
  press: Press,
  act: (deps: SlackDeps, actor: Actor, carried: Carried) => Promise<object | Refusal>,
  done: string,
): Promise<void> {
  const result = await act(press.deps, press.actor, press.carried);
  const people = await press.deps.queries.people();
  await answerLines(press, [isRefusal(result) ? refusalLine(result, people) : done]);
}

/** A button that stands for a typed command. */
async function typed(press: Press, text: string): Promise<void> {
  const { body, deps } = press;
  const command = {
    command: '/dr',
    text,
    user_id: body.user.id,
    team_id: body.team?.id ?? '',
    channel_id: body.channel?.id ?? '',
    trigger_id: body.trigger_id,
  };
  await handleCommand(deps, command, press.say);
}

async function timelineView(press: Press): Promise<View> {
  const view = await viewOf(press);
  if (view === undefined) return renderNotice('Timeline', ['The incident is not known.']);
  const events = await press.deps.queries.events(view.incident.id);
  return renderTimeline(
    view.incident.id,
    timelineLines(events, view, slackInk).map(({ time, text }) => `${time} ${text}`),
  );
}

async function answerLines(press: Press, lines: readonly string[]): Promise<void> {
  const people = await press.deps.queries.people();
  await press.say(toMessage(text(...lines), people, press.deps.commands));
}

function severityOf(choice: string | undefined) {
  return (['SEV1', 'SEV2', 'SEV3', 'SEV4'] as const).find((severity) => severity === choice) ?? 'SEV1';
}
