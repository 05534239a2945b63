import type { BackupsModel } from '../../domain/views.ts';
import { backupFacts, bySystem, countsOf, worstFirst } from '../backups.ts';
import { plainInk } from '../escape.ts';
import { instant } from '../format.ts';
import { cliMark, HEALTH_WORDS } from '../words.ts';
import { cell, heading, localTime, wrap } from './layout.ts';

const ID_WIDTH = 18;
const MARGIN = ' '.repeat(2 + 7 + ID_WIDTH + 1);

/** Every backup, for `dr backups`: the same words as in Slack, none left out (CARDS §10, §16). */
export function renderBackups(model: BackupsModel, timeZone?: string): string {
  const { lines, lastRanAt, now } = model;
  const ran =
    lastRanAt === null
      ? 'not known how they are: the watch has not run yet'
      : `watch last ran ${instant(lastRanAt, now)}${localTime(lastRanAt, timeZone)}`;
  if (lines.length === 0)
    return 'No backup is declared. Nothing is watched. Add it under "backups" in the plan.';
  return [
    ...wrap(['Backups', ...countsOf(lines), ran].join(' · '), '', '  '),
    ...bySystem(worstFirst(lines)).flatMap(([name, those]) => [
      '',
      heading(name),
      ...those.flatMap((line) => {
        const [first = '', ...rest] = wrap(backupFacts(line, plainInk).join(' · '), MARGIN);
        const begin = `  ${cliMark(HEALTH_WORDS[line.health].mark)} ${cell(line.backup, ID_WIDTH)} `;
        return [begin + first.trimStart(), ...rest];
      }),
    ]),
    '',
    ...wrap(
      '"fails now" counts from the newest backup the runbook can restore. Sizes against the middle of the last 7. Times are UTC.',
    ),
  ].join('\n');
}
