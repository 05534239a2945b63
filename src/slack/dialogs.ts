import { AppError } from '../errors.ts';
import type { Button, Message, View } from '../render/slack/blocks.ts';
import { renderLoading, renderNotice } from '../render/slack/modals.ts';
import { renderReply } from '../render/slack/reply.ts';
import type { SlackDeps } from './deps.ts';

/** What a dialog is opened by, and how the person is told when it cannot be. */
export interface Opening {
  readonly deps: SlackDeps;
  /** Lives for three seconds and opens one dialog. */
  readonly trigger: string;
  /** A fresh press of this opens the same dialog. */
  readonly again: Button;
  say(message: Message): Promise<void>;
}

/**
 * Opens a dialog within the trigger's three seconds: a loading view first, what it waits for afterwards. A fault while
 * reading is shown in the dialog with the command to type instead; one that came too late is offered again.
 */
export async function openDialog(
  { deps, trigger, again, say }: Opening,
  title: string,
  instead: string,
  make: () => Promise<View>,
): Promise<void> {
  const opened = await deps
    .call('interactive', 'views.open', { trigger_id: trigger, view: renderLoading(title) })
    .catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      deps.log({ reason: error.message, title }, 'a dialog was not opened in time');
      return null;
    });
  if (opened === null) {
    const nothing = title === 'Declare an incident' ? 'declared' : 'done';
    return say(renderReply([`The form could not be opened in time. Nothing was ${nothing}.`], [again]));
  }
  const view = opened.view;
  const id = typeof view === 'object' && view !== null && 'id' in view ? String(view.id) : '';
  const made = await make().catch((error: unknown) => {
    deps.log({ err: error, title }, 'a dialog could not be filled');
    return renderNotice(title, [
      'This could not be read right now. Nothing was changed.',
      `You can also type: ${instead}`,
    ]);
  });
  await replaceDialog(deps, id, made);
}

/** Replaces what a dialog shows. One that was closed meanwhile is left alone. */
export async function replaceDialog(deps: SlackDeps, viewId: string, view: View): Promise<void> {
  await deps.call('interactive', 'views.update', { view_id: viewId, view }).catch((error: unknown) => {
    if (!(error instanceof AppError && error.details.includes('not_found'))) throw error;
  });
}
