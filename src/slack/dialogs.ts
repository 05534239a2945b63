import { AppError } from '../errors.ts';
import type { Button, Message, View } from '../render/slack/blocks.ts';
import { renderLoading, renderNotice, renderSlowLoading } from '../render/slack/modals.ts';
import { renderReply } from '../render/slack/reply.ts';
import type { SlackDeps } from './deps.ts';

/** What a dialog is opened by, and how the person is told when it cannot be. */
export interface Opening {
  readonly deps: Pick<SlackDeps, 'call' | 'log'>;
  /** Lives for three seconds and opens one dialog. */
  readonly trigger: string;
  /** The dialog that was pressed in: it is drawn anew, because Slack stacks three at most. */
  readonly within?: string | undefined;
  /** A fresh press of this opens the same dialog. */
  readonly again: Button;
  say(message: Message): Promise<void>;
}

/** After this time the way out is said in the dialog. */
const SLOW_MS = 8_000;

/**
 * Opens a dialog within the trigger's three seconds: a loading view before anything is read, what it waits for
 * afterwards. A fault while reading is shown in the dialog with the command to type instead; one that came too late is
 * offered again.
 */
export async function openDialog(
  opening: Opening,
  title: string,
  instead: string,
  make: () => Promise<View>,
): Promise<void> {
  const { deps } = opening;
  const id = await openLoading(opening, title);
  if (id === null) {
    const nothing = title === 'Declare an incident' ? 'declared' : 'done';
    return opening.say(
      renderReply([`The form could not be opened in time. Nothing was ${nothing}.`], [opening.again]),
    );
  }
  let shown = Promise.resolve();
  const slow = setTimeout(() => {
    shown = replaceDialog(deps, id, renderSlowLoading(title, instead)).catch(() => {});
  }, SLOW_MS);
  const made = await make().catch((error: unknown) => {
    deps.log({ err: error, title }, 'a dialog could not be filled');
    return renderNotice(title, [
      'This could not be read right now. Nothing was changed.',
      `You can also type: ${instead}`,
    ]);
  });
  clearTimeout(slow);
  await shown;
  await replaceDialog(deps, id, made);
}

/** The id of the dialog that now loads; null when the trigger came too late. */
async function openLoading({ deps, trigger, within }: Opening, title: string): Promise<string | null> {
  const view = renderLoading(title);
  if (within !== undefined) {
    await replaceDialog(deps, within, view);
    return within;
  }
  const answer = await deps
    .call('interactive', 'views.open', { trigger_id: trigger, view })
    .catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      deps.log({ reason: error.message, title }, 'a dialog was not opened in time');
      return null;
    });
  const opened = answer?.view;
  return typeof opened === 'object' && opened !== null && 'id' in opened ? String(opened.id) : null;
}

/** Replaces what a dialog shows. One that was closed meanwhile is left alone. */
export async function replaceDialog(
  deps: Pick<SlackDeps, 'call'>,
  viewId: string,
  view: View,
): Promise<void> {
  await deps.call('interactive', 'views.update', { view_id: viewId, view }).catch((error: unknown) => {
    if (!(error instanceof AppError && error.details.includes('not_found'))) throw error;
  });
}
