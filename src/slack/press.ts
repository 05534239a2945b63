import type { Actor } from '../domain/events.ts';
import { isRefusal, type Refusal } from '../domain/refusal.ts';
import type { IncidentView } from '../domain/views.ts';
import type { Message, View } from '../render/slack/blocks.ts';
import type { Carried } from '../render/slack/ids.ts';
import { renderNotice } from '../render/slack/modals.ts';
import { renderReply } from '../render/slack/reply.ts';
import { refusalLine } from './answer.ts';
import { incidentHere } from './commands.ts';
import type { SlackDeps } from './deps.ts';
import type { BlockActions } from './payload.ts';

/** One press: who, on what, and how to answer. */
export interface Press {
  readonly deps: SlackDeps;
  readonly body: BlockActions;
  readonly actor: Actor;
  readonly carried: Carried;
  /** Says something to this person alone. */
  say(message: Message): Promise<void>;
}

/** What a button does: it opens a dialog, filled while a loading view stands there, it types a command, or it acts. */
export type Handler =
  | Dialog
  | { readonly types: (carried: Carried) => string }
  | { readonly act: (press: Press) => Promise<void> };

export interface Dialog {
  readonly title: string;
  /** What to type where the dialog cannot be filled. */
  readonly instead?: string;
  /** Open to guests as well: they come as far as the vote, which refuses and records them. */
  readonly forGuests?: boolean;
  readonly make: (press: Press) => Promise<View>;
}

/** A dialog about the incident of the press. */
export function dialog(
  title: string,
  render: (view: IncidentView, press: Press) => View | Promise<View>,
  options: { readonly forGuests?: boolean } = {},
): Dialog {
  return {
    title,
    ...options,
    make: async (press) => {
      const view = await viewOf(press);
      return view === undefined
        ? renderNotice(title, ['The incident is not known. Nothing was done.'])
        : render(view, press);
    },
  };
}

/** A change that needs no form: `done` is said when it is recorded, a refusal in its own words. */
export function change(
  done: string,
  act: (deps: SlackDeps, actor: Actor, carried: Carried) => Promise<object | Refusal>,
): Handler {
  return {
    act: async (press) => {
      const result = await act(press.deps, press.actor, press.carried);
      const line = isRefusal(result) ? refusalLine(result, await press.deps.queries.people()) : done;
      await press.say(renderReply([line]));
    },
  };
}

/** The incident a press is about: named on the button, or by its run or approval, or by the channel. */
export async function viewOf({ deps, body, carried }: Press): Promise<IncidentView | undefined> {
  const id =
    carried.incident ?? (await incidentOf(deps, carried)) ?? (await incidentHere(deps, body.channel?.id));
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
