import type { RestoreTestShown, TestChoice } from '../../domain/views.ts';
import { capital, count, day, duration } from '../format.ts';
import { MARKS } from '../words.ts';
import { spoken } from './alert-lines.ts';
import { type Message, message, option, section, type View, view } from './blocks.ts';
import { choiceField, input } from './fields.ts';
import { renderNotice } from './modals.ts';
import { label, machine } from './text.ts';

/** Restore tests: what one shows, and the form to begin one (CARDS §10). */

/** `:white_check_mark: done: restore test Janua pg-daily, 21 min 4 s of RTO 1 h, 214,600 rows, …` */
export function restoreTestLine({ result, systemName, backup, withinMs }: RestoreTestShown): string {
  const what = `restore test ${machine(systemName, 40)} ${machine(backup, 40)}`;
  const { outcome, reason, durationMs, rows, lossMs, left } = result;
  if (outcome === 'failed')
    return `${MARKS.failed.emoji} failed: ${what}: ${machine(reason ?? 'the reason is not known', 200)}.${left === 0 ? '' : ` ${capital(leftOver(left))}.`}`;
  const late = withinMs !== null && durationMs > withinMs;
  return [
    `${late ? `${MARKS.failed.emoji} missed` : `${MARKS.done.emoji} done`}: ${what}`,
    `${duration(durationMs)}${withinMs === null ? '' : ` of RTO ${duration(withinMs)}`}`,
    rows === null ? 'rows not counted' : count(rows, 'row'),
    lossMs === null ? 'RPA not known' : `RPA ${duration(lossMs)}`,
    `${leftOver(left)}.`,
  ].join(', ');
}

function leftOver(left: number): string {
  return left === 0 ? 'cleaned up (0 objects left)' : `not cleaned up (${count(left, 'object')} left)`;
}

/** The reply under the digest that tells of one test. */
export function renderRestoreTest(shown: RestoreTestShown): Message {
  const line = restoreTestLine(shown);
  return message(spoken(line), section(line));
}

/** Asks which one. `chosen` is the id of a test. */
export function renderRestoreTestForm(tests: readonly TestChoice[], chosen: string | null): View {
  if (tests.length === 0)
    return renderNotice('Run restore test', [
      'No restore test is declared. Nothing was started. Add one under "restoreTests" in the plan.',
    ]);
  const choices = tests.map((each) =>
    option(
      label(`${each.systemName} · ${each.title}`),
      choiceOf(each),
      label(`${each.backup}, ${each.lastAt === null ? 'never run' : `last run ${day(each.lastAt)}`}`),
    ),
  );
  const first = tests.find(({ test }) => test === chosen) ?? tests[0];
  return view(
    'restore-test.start',
    'Run restore test',
    { submit: 'Start', close: 'Cancel' },
    section(
      'The newest backup is restored into a place of its own, checked and taken away again. Nothing live is changed, nobody is asked.',
    ),
    input(
      'test',
      'Which test?',
      choiceField(choices, first === undefined ? null : choiceOf(first), 'select'),
    ),
  );
}

/** Null for anything that was not offered in this form. */
export function readRestoreTest(
  fields: Readonly<Record<string, string>>,
): { readonly system: string; readonly test: string } | null {
  const [system, test, ...rest] = (fields.test ?? '').split('/');
  return system === undefined || test === undefined || rest.length > 0 || system === '' || test === ''
    ? null
    : { system, test };
}

function choiceOf({ system, test }: TestChoice): string {
  return `${system}/${test}`;
}
