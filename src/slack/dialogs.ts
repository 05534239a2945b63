import type { View } from '../render/slack/blocks.ts';
import { renderLoading, renderNotice } from '../render/slack/modals.ts';
import type { SlackDeps } from './deps.ts';

/**
 * Opens a dialog within the trigger's three seconds: a loading view first, what it waits for afterwards. A fault while
 * reading is shown in the dialog with the command to type instead.
 */
export async function openDialog(
  deps: SlackDeps,
  trigger: string,
  title: string,
  instead: string,
  make: () => Promise<View>,
): Promise<void> {
  const opened = await deps.call('interactive', 'views.open', {
    trigger_id: trigger,
    view: renderLoading(title),
  });
  const view = opened.view;
  const id = typeof view === 'object' && view !== null && 'id' in view ? String(view.id) : '';
  const made = await make().catch((error: unknown) => {
    deps.log({ err: error, title }, 'a dialog could not be filled');
    return renderNotice(title, [
      'This could not be read right now. Nothing was changed.',
      `You can also type: ${instead}`,
    ]);
  });
  await deps.call('interactive', 'views.update', { view_id: id, view: made });
}

/** Replaces the dialog a button stands in. */
export async function replaceDialog(deps: SlackDeps, viewId: string, view: View): Promise<void> {
  await deps.call('interactive', 'views.update', { view_id: viewId, view });
}
