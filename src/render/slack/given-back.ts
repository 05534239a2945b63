import { cleanText, escapeSlack } from '../escape.ts';
import type { Message } from './blocks.ts';

/** Shorter words are typed again in less time than it takes to find them. */
const WORTH_KEEPING = 80;
/** An answer's address takes five messages: one may say that work goes on, and one says why it was not carried out. */
const MOST_PARTS = 3;
const PART = 10_000;

/** What somebody typed and what was not carried out, letter by letter: Slack keeps nothing of a command it has sent. */
export function givenBack(typed: string): readonly Message[] {
  const text = cleanText(typed);
  if (text.length < WORTH_KEEPING) return [];
  const size = Math.max(PART, Math.ceil(text.length / MOST_PARTS));
  const parts = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'gu')) ?? [];
  return parts.map((part) => ({ text: escapeSlack(part), blocks: [], mrkdwn: false }));
}
