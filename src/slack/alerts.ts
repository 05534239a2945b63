import { isRefusal } from '../domain/refusal.ts';
import type { AlertView } from '../domain/views.ts';
import { renderAlertDetails } from '../render/slack/alert-details.ts';
import {
  readAcknowledge,
  readSnoozeAlert,
  renderAcknowledge,
  renderSnoozeAlert,
} from '../render/slack/alert-modals.ts';
import { renderBackupsDetails } from '../render/slack/backups-list.ts';
import { readRestoreTest, renderRestoreTestForm } from '../render/slack/backups-restore-test.ts';
import type { View } from '../render/slack/blocks.ts';
import type { Carried } from '../render/slack/ids.ts';
import { renderNotice } from '../render/slack/modals.ts';
import type { DeclareForm } from '../render/slack/modals-declare.ts';
import { refusalLine } from './answer.ts';
import type { SlackDeps } from './deps.ts';
import { records } from './form-answer.ts';
import type { Dialog, Press } from './press.ts';

/** Buttons and forms of the backup watch. */

export const ALERT_BUTTONS = {
  'alert.acknowledge': alertDialog('Acknowledge', renderAcknowledge),
  'alert.snooze': alertDialog('Snooze alert', renderSnoozeAlert),
  'alert.details': alertDialog('Details', async (view, { deps }) =>
    renderAlertDetails(view, await deps.alertViews.history(view.alert.id)),
  ),
  'backups.show': {
    types: ({ system, choice }: Carried) =>
      ['backups', system, choice].filter((word) => word !== undefined).join(' '),
  },
  'backups.details': {
    title: 'Backups',
    instead: '/dr backups all',
    make: async ({ deps, carried }: Press) => {
      const model = await deps.backups.screen(carried.system ?? null, true);
      return isRefusal(model)
        ? renderNotice('Backups', [refusalLine(model, await deps.queries.people())])
        : renderBackupsDetails(model);
    },
  },
  'restore-test.choose': {
    title: 'Run restore test',
    instead: '/dr backups',
    make: async ({ deps, carried }: Press) =>
      renderRestoreTestForm(await deps.backups.tests(carried.system ?? null), carried.choice ?? null),
  },
} as const;

export const ALERT_FORMS = {
  'restore-test.start': records('test', ({ deps, actor, fields }) => {
    const chosen = readRestoreTest(fields);
    return deps.restoreTests.start(actor, chosen?.system ?? '', chosen?.test ?? '');
  }),
  'alert.acknowledge': records('note', ({ deps, actor, carried, fields }) => {
    const { forMs, note } = readAcknowledge(fields);
    return deps.alerts.acknowledge(actor, carried.alert ?? '', forMs, note);
  }),
  'alert.snooze': records('reason', ({ deps, actor, carried, fields }) => {
    const { forMs, reason } = readSnoozeAlert(fields);
    return deps.alerts.snooze(actor, carried.alert ?? '', forMs, reason);
  }),
} as const;

/** A dialog about the alert of the press. */
function alertDialog(title: string, render: (view: AlertView, press: Press) => View | Promise<View>): Dialog {
  return {
    title,
    instead: '/dr backups',
    make: async (press) => {
      const view = await press.deps.alertViews.alert(press.carried.alert ?? '');
      return view === undefined
        ? renderNotice(title, [
            'This alert is not known. Nothing was done. Alerts that are open: /dr backups',
          ])
        : render(view, press);
    },
  };
}

/** What the form to declare begins with, when it is opened from an alert: its words, and since when it is so. */
export async function givenByAlert(
  { alertViews }: Pick<SlackDeps, 'alertViews'>,
  id: string | undefined,
): Promise<DeclareForm['given']> {
  const view = id === undefined ? undefined : await alertViews.alert(id);
  if (view === undefined) return {};
  const { verdict } = view;
  return {
    title: `${view.systemName}: ${verdict.title}`,
    impact: [verdict.text, verdict.consequence].filter((line) => line !== null).join('. '),
    alert: view.alert.id,
  };
}
