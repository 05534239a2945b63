import type { BackupsModel } from '../../domain/views.ts';
import { bySystem, countsOf, worstFirst } from '../backups.ts';
import { dualInstant, instant } from '../format.ts';
import { backupLine, fullBackupLine } from './backups-lines.ts';
import {
  actions,
  type Block,
  button,
  context,
  type Message,
  menu,
  message,
  section,
  sections,
  type View,
  view,
} from './blocks.ts';
import { label, machine } from './text.ts';

/** The screen of all backups (CARDS §10). */

const LINES = 12;
/** With the healthy ones: as many as a message holds. */
const ALL_LINES = 60;
const DETAILS_LINES = 200;
const SMALL_PRINT = [
  '"fails now" counts from the newest backup the runbook can restore',
  'sizes against the middle of the last 7',
  'Times are UTC',
];

export function renderBackups(model: BackupsModel): Message {
  const { lines, healthyShown, now } = model;
  const ordered = worstFirst(lines);
  const shown = ordered.slice(0, healthyShown ? ALL_LINES : LINES);
  const left = ordered.length - shown.length;
  const ran = model.lastRanAt === null ? notRun : `watch last ran ${instant(model.lastRanAt, now)}`;
  return message(
    `Backups: ${[...countsOf(lines), ran].join(', ')}.`,
    section(headOf(model)),
    lines.length === 0 ? section(nothing(model)) : null,
    ...bySystem(shown).flatMap(([name, those]) =>
      sections(`*${machine(name, 40)}*`, ...those.map((line) => backupLine(line))),
    ),
    left === 0 ? null : section(`… and ${left} more: Details`),
    buttons(model, left),
    lines.length === 0 ? null : context(...SMALL_PRINT),
  );
}

/** Every backup with all that is known of it. */
export function renderBackupsDetails(model: BackupsModel): View {
  const left = model.lines.length - DETAILS_LINES;
  return view(
    'notice',
    'Backups',
    {},
    section(headOf(model)),
    left > 0
      ? section(`${left} more are left out, the healthiest: dr backups in a terminal shows all.`)
      : null,
    ...bySystem(worstFirst(model.lines).slice(0, DETAILS_LINES)).flatMap(([name, those]) =>
      sections(`*${machine(name, 40)}*`, ...those.map(fullBackupLine)),
    ),
    context(...SMALL_PRINT),
  );
}

/** The part of App Home that speaks of backups: the counts, and what is not well (CARDS §12). */
export function backupsHome({ lines }: BackupsModel): readonly Block[] {
  const problems = worstFirst(lines.filter(({ health }) => health !== 'ok'));
  const left = problems.length - LINES;
  return [
    section(
      `*Backups (${lines.length})*   ${lines.length === 0 ? 'none are declared' : countsOf(lines).join(' · ')}`,
      ...problems.slice(0, LINES).map((line) => backupLine(line, machine(line.systemName, 20))),
      left > 0 ? `… and ${left} more: Backups` : null,
    ),
  ];
}

const notRun = 'the watch has not run yet';

function headOf({ lines, lastRanAt, now }: BackupsModel): string {
  const ran =
    lastRanAt === null
      ? `not known how they are: ${notRun}`
      : `watch last ran ${dualInstant(lastRanAt, now)}`;
  return ['*Backups*', ...countsOf(lines), ran].join(' · ');
}

function nothing({ system, systems }: BackupsModel): string {
  const name = systems.find(({ id }) => id === system)?.name;
  return `No backup is declared for ${name === undefined ? 'any system' : machine(name, 40)}. Nothing is watched. Add it under "backups" in the plan.`;
}

function buttons({ lines, healthyShown, system, systems }: BackupsModel, left: number): Block | null {
  const here = system === null ? {} : { system };
  const problems = lines.filter(({ health }) => health !== 'ok').length;
  const hidesHealthy = !healthyShown && left > 0 && problems < LINES;
  const others = systems.length < 2 ? [] : systems.filter(({ id }) => id !== system);
  return actions(
    hidesHealthy ? button('backups.show', 'Show healthy ones', { ...here, choice: 'all' }) : null,
    lines.length > 0 ? button('restore-test.choose', 'Run restore test', here) : null,
    lines.length > LINES
      ? button('backups.details', 'Details', here, { says: 'Details of all backups' })
      : null,
    menu(...others.map(({ id, name }) => [label(name), { do: 'backups.show', system: id }] as const)),
  );
}
