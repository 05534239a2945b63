import type { BackupLine } from '../../domain/views.ts';
import { backupFacts } from '../backups.ts';
import { clip, slackInk } from '../escape.ts';
import { HEALTH_WORDS, healthMark, MARKS } from '../words.ts';
import { machine } from './text.ts';

/** Ours for a line of a list (CARDS §0.8), and what is worth beginning a fact for. */
const LINE_CHARS = 90;
const LEAST_CHARS = 24;

/** A backup on one line of a phone: the last facts, which matter least, are cut off. `systemName` is escaped. */
export function backupLine(line: BackupLine, systemName = ''): string {
  const { mark, word } = HEALTH_WORDS[line.health];
  const facts = backupFacts({ ...line, text: line.text?.replaceAll('`', '') ?? null }, slackInk);
  const shown = facts.reduce(
    (text, fact) => {
      const room = LINE_CHARS - text.length - 3;
      return fact.length <= room || room >= LEAST_CHARS ? `${text} · ${clip(fact, room)}` : text;
    },
    `${word} · ${systemName === '' ? '' : `${systemName} `}${machine(line.backup, 40)}`,
  );
  return `${MARKS[mark].emoji} ${shown}`;
}

/** A backup with all that is known of it. */
export function fullBackupLine(line: BackupLine): string {
  return [
    healthMark(line.health),
    machine(line.backup, 40),
    machine(line.title, 60),
    ...backupFacts(line, slackInk),
  ].join(' · ');
}
