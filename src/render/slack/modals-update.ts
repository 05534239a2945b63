import type { UpdateText } from '../../domain/events.ts';
import type { IncidentView } from '../../domain/views.ts';
import { dualInstant } from '../format.ts';
import { STATUS_WORDS } from '../words.ts';
import { option, section, type View, view } from './blocks.ts';
import { choiceField, input, textField } from './fields.ts';
import { editable, timeOf } from './text.ts';

/** The dialogs of a status update (CARDS §9). */

const MINUTE = 60_000;
const NEXT_IN_MINUTES = [10, 15, 20, 30, 60] as const;
const SNOOZE_MINUTES = [5, 10, 15] as const;
const SETTABLE = ['investigating', 'identified', 'monitoring', 'resolved'] as const;

/** The draft as a form: what is sent is what is posted. */
export function renderEditUpdate({ incident }: IncidentView, draft: UpdateText): View {
  const { everyMs, nextAt } = incident.updates;
  const choices = NEXT_IN_MINUTES.filter((minutes) => minutes * MINUTE <= everyMs);
  const offered = choices.length === 0 ? [NEXT_IN_MINUTES[0]] : choices;
  return view(
    'update.edit',
    'Edit update',
    { submit: 'Publish', close: 'Cancel', carried: { incident: incident.id } },
    nextAt === null
      ? null
      : section(`This update of ${incident.id} is due ${dualInstant(nextAt, incident.declaredAt)}.`),
    input(
      'status',
      'Status',
      choiceField(
        SETTABLE.map((status) => option(STATUS_WORDS[status].word, status)),
        draft.status,
        'select',
      ),
    ),
    input('impact', 'Impact', textField({ max: 500, multiline: true, initial: editable(draft.impact, 500) })),
    input(
      'changed',
      'What changed',
      textField({ max: 1500, min: 10, multiline: true, initial: editable(draft.changed, 1500) }),
    ),
    input(
      'next',
      'What is next',
      textField({ max: 500, multiline: true, initial: editable(draft.next, 500) }),
    ),
    input(
      'expected-back',
      'Expected back',
      textField({ max: 100, initial: editable(draft.expectedBack, 100), placeholder: '03:30 UTC' }),
      {
        optional: true,
        hint: 'Empty means not known yet. Promise no time you do not know.',
      },
    ),
    input(
      'next-in',
      'Next update in',
      choiceField(
        offered.map((minutes) => option(`${minutes} min`, String(minutes))),
        String(offered.at(-1)),
        'select',
      ),
      {
        hint: 'No longer than the plan allows.',
      },
    ),
  );
}

export function renderSnooze({ incident }: IncidentView): View {
  const { nextAt } = incident.updates;
  return view(
    'update.snooze',
    'Snooze update',
    { submit: 'Snooze', close: 'Cancel', carried: { incident: incident.id } },
    section(
      `Kept on the timeline. ${nextAt === null ? 'No update is due.' : `This update counts as late after ${timeOf(incident, nextAt)}.`}`,
    ),
    input(
      'snooze',
      'For how long?',
      choiceField(
        SNOOZE_MINUTES.map((minutes) => option(`${minutes} min`, String(minutes))),
        String(SNOOZE_MINUTES[0]),
      ),
    ),
    input('reason', 'Reason', textField({ max: 500, min: 3, multiline: true })),
  );
}
