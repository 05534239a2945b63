/**
 * Text that people typed or backups held, made harmless for each place it is shown in. For Slack the order is
 * clean, escape, clip, so that a limit counts what is really sent; no escape is ever cut in half.
 */

/** C0 and C1 controls but tab and line feed. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Invisible or reordering characters: soft hyphen, zero-width, bidi marks and overrides, fillers, tags, annotations. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The text without NUL, controls, invisible and reordering characters and lone surrogates. Line breaks stay. */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(CONTROLS, '')
    .replace(INVISIBLE, '')
    .replaceAll('\t', ' ')
    .trim();
}

/** Clean, on one line. */
export function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ');
}

/** At most `max` UTF-16 units, the ending included, cut between graphemes and never inside `&amp;`. */
export function clip(text: string, max: number, ending = '…'): string {
  if (text.length <= max) return text;
  let kept = '';
  for (const piece of pieces(text)) {
    if (kept.length + piece.length + ending.length > max) break;
    kept += piece;
  }
  return kept.trimEnd() + ending;
}

function* pieces(text: string): Generator<string> {
  for (const part of text.split(/(&(?:amp|lt|gt);)/)) {
    if (/^&(?:amp|lt|gt);$/.test(part)) yield part;
    else for (const { segment } of graphemes.segment(part)) yield segment;
  }
}

/** The three characters Slack reads as control: enough for text of our own and for machine names. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Text of people for a Slack mrkdwn field: no mention, link, bold, code or emoji can come out of it. Slack has no
 * escape for `*`, `~`, a back quote or `:name:`, so look-alikes and a word joiner stand in for them.
 */
export function slackUser(text: string, max = 500): string {
  const inert = oneLine(text).replaceAll('*', '∗').replaceAll('~', '∼').replaceAll('`', 'ˋ');
  return clip(escapeSlack(breakEmoji(inert)), max);
}

/** `:name:` would become a picture; a word joiner after the first colon keeps it text. `02:14:07` stays as it is. */
function breakEmoji(text: string): string {
  return text.replace(/:(?!\d\d:)(?=[\p{L}\p{N}_+'-]+:)/gu, ':\u2060');
}

/** Text of people as a Slack quote: every line begins with `> `. */
export function slackQuote(text: string, max = 500): string {
  const lines = cleanText(text)
    .split('\n')
    .map((line) => `> ${slackUser(line, max)}`);
  return clip(lines.join('\n'), max);
}

/** A machine name in code style for Slack. Code is copied, so back quotes are left out: a look-alike would go along. */
export function slackCode(text: string, max = 100): string {
  return `\`${clip(escapeSlack(oneLine(text).replaceAll('`', '')), max)}\``;
}

/** Output of a step as a Slack code block; nothing in it can end the block early. */
export function slackBlock(text: string, max = 1500): string {
  return `\`\`\`\n${clip(escapeSlack(cleanText(text).replaceAll('`', '')), max)}\n\`\`\``;
}

/**
 * Text of people for one line or one table cell of Markdown: no markup, link, image, HTML or entity can come out of it.
 * A line of its own could begin a list, a heading or a rule, so its start is escaped too.
 */
export function markdownUser(text: string, max = 2000): string {
  return breakEmoji(clip(oneLine(text), max))
    .replace(/[\\`*[\]|~<&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&')
    .replace(/^(\d*)([-+=#>.)])/, '$1\\$2')
    .replace(/\b(?:(?<=https?|ftp|mailto):|(?<=www)\.)/gi, '\\$&');
}

/** Text of people as a Markdown quote, one paragraph line for each line. */
export function markdownQuote(text: string, max = 2000): string {
  return cleanText(text)
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${markdownUser(line, max)}  `.trimEnd()))
    .join('\n>\n');
}

/** A machine name in Markdown code style, with a fence longer than any back quote inside; `|` would end a table cell. */
export function markdownCode(text: string, max = 300): string {
  const inner = clip(oneLine(text), max).replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...inner.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${inner}${fence}` : `${fence} ${inner} ${fence}`;
}

/** How a sentence is set in one place: the same words for terminal, Slack and Markdown, each escaped in its own way. */
export interface Ink {
  /** Words a person typed or a backup held: in quotes, so that they look like what they are. */
  quote(text: string): string;
  /** Names and sentences from plan, people file and actions. */
  text(text: string): string;
  /** An exact name: object, database, id. */
  code(text: string): string;
}

export const plainInk: Ink = {
  quote: (text) => `"${clip(oneLine(text), 500).replaceAll('"', "'")}"`,
  text: (text) => clip(oneLine(text), 500),
  code: (text) => clip(oneLine(text), 300),
};

export const slackInk: Ink = {
  quote: (text) => `"${slackUser(text).replaceAll('"', "'")}"`,
  text: (text) => slackUser(text),
  code: (text) => slackCode(text),
};

export const markdownInk: Ink = {
  quote: (text) => `"${markdownUser(text, 500).replaceAll('"', "'")}"`,
  text: (text) => markdownUser(text),
  code: (text) => markdownCode(text),
};
