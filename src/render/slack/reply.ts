import { clip } from '../escape.ts';
import { actions, type Button, type Message, message, sections } from './blocks.ts';

/** An answer to one person: lines that are already escaped, and perhaps the way on. Never an Approve button. */
export function renderReply(lines: readonly string[], buttons: readonly (Button | null)[] = []): Message {
  const shown = lines.length === 0 ? ['Nothing to show.'] : lines;
  return message(clip(shown.join(' '), 200), ...sections(...shown), actions(...buttons));
}
