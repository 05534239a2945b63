import { ACKNOWLEDGE_MS } from '../../domain/alert-decide.ts';
import type { AlertView } from '../../domain/views.ts';
import { count, duration } from '../format.ts';
import { openOf } from './alert-group.ts';
import { nameOf, sentence } from './alert-lines.ts';
import { option, section, type View, view } from './blocks.ts';
import { choiceField, input, textField } from './fields.ts';
import { machine } from './text.ts';

/** What a person says about an alert (CARDS §10). */

const MINUTE = 60_000;
const HOUR = 60;
const ACKNOWLEDGE_MINUTES = ACKNOWLEDGE_MS.map((ms) => ms / MINUTE);
const SNOOZE_MINUTES = [HOUR, 8 * HOUR, 24 * HOUR, 7 * 24 * HOUR] as const;

type Fields = Readonly<Record<string, string>>;

export function renderAcknowledge(alertView: AlertView): View {
  return view(
    'alert.acknowledge',
    'Acknowledge',
    { submit: 'Acknowledge', close: 'Cancel', carried: { alert: alertView.alert.id } },
    section(
      `${about(alertView)} Others see that you look after it. When the time is over, or when it gets worse, it is told again.`,
    ),
    input('for', 'For how long?', howLong(ACKNOWLEDGE_MINUTES, 2 * HOUR)),
    input('note', 'Note', textField({ max: 500 }), { optional: true, hint: 'Shown on the card.' }),
  );
}

export function readAcknowledge(fields: Fields): { readonly forMs: number; readonly note: string | null } {
  return { forMs: chosenMs(fields, ACKNOWLEDGE_MINUTES, 2 * HOUR), note: fields.note?.trim() || null };
}

export function renderSnoozeAlert(alertView: AlertView): View {
  return view(
    'alert.snooze',
    'Snooze alert',
    { submit: 'Snooze', close: 'Cancel', carried: { alert: alertView.alert.id } },
    section(`${about(alertView)} Nobody is told until the time is over, or until it gets worse.`),
    input('for', 'For how long?', howLong(SNOOZE_MINUTES, HOUR)),
    input('reason', 'Reason', textField({ max: 500, min: 3, multiline: true }), {
      hint: 'Shown on the card, under your name.',
    }),
  );
}

export function readSnoozeAlert(fields: Fields): { readonly forMs: number; readonly reason: string } {
  return { forMs: chosenMs(fields, SNOOZE_MINUTES, HOUR), reason: fields.reason ?? '' };
}

function about(alertView: AlertView): string {
  const { alert, verdict, members } = alertView;
  return members.length > 0
    ? `${count(openOf(alertView).length, 'alert')} of ${machine(alertView.systemName, 40)} that fired together.`
    : `${alert.id}, ${nameOf(alertView)}: ${sentence(verdict.title, 120)}`;
}

function howLong(choices: readonly number[], usual: number) {
  return choiceField(
    choices.map((minutes) => option(duration(minutes * MINUTE), String(minutes))),
    String(usual),
  );
}

/** Only what was offered counts: values come back from outside. */
function chosenMs(fields: Fields, offered: readonly number[], usual: number): number {
  return (offered.find((minutes) => String(minutes) === fields.for) ?? usual) * MINUTE;
}
