/**
 * Slack's mrkdwn as a tree. Nothing here knows of the DOM. Text is decoded once, at the leaves, so that `&lt;` in a
 * message can never become markup.
 */

export type Inline =
  | { readonly is: 'text' | 'code'; readonly text: string }
  | { readonly is: 'bold' | 'italic' | 'strike'; readonly parts: readonly Inline[] }
  | { readonly is: 'user' | 'channel' | 'group'; readonly id: string; readonly label: string | null }
  | { readonly is: 'broadcast'; readonly range: string }
  | { readonly is: 'link'; readonly url: string; readonly label: string | null }
  | { readonly is: 'emoji'; readonly name: string }
  | {
      readonly is: 'date';
      readonly seconds: number;
      readonly format: string;
      readonly url: string | null;
      readonly fallback: string;
    };

export type Paragraph =
  | { readonly is: 'lines'; readonly lines: readonly Line[] }
  | { readonly is: 'quote'; readonly lines: readonly Line[] }
  | { readonly is: 'pre'; readonly text: string };

/** `bullet` lines hang under their text when they wrap. */
export type Line = { readonly bullet: boolean; readonly parts: readonly Inline[] };

const QUOTE = /^(?:>|&gt;) ?/;
const QUOTE_REST = /^(?:>>>|&gt;&gt;&gt;) ?/;

export function parseMrkdwn(text: string): Paragraph[] {
  return text
    .split(/(```[\s\S]+?```)/)
    .flatMap((piece): Paragraph[] =>
      piece.startsWith('```') && piece.length > 6 ? [pre(piece)] : flow(piece),
    );
}

function pre(piece: string): Paragraph {
  return { is: 'pre', text: plainOf(piece.slice(3, -3).replace(/^\n/, '').replace(/\n$/, '')) };
}

/** Lines outside code blocks; neighbours of one kind stand together. */
function flow(piece: string): Paragraph[] {
  const trimmed = piece.replace(/^\n/, '').replace(/\n$/, '');
  if (trimmed === '') return [];
  const paragraphs: { is: 'lines' | 'quote'; lines: Line[] }[] = [];
  let quotesTheRest = false;
  for (const raw of trimmed.split('\n')) {
    if (QUOTE_REST.test(raw)) quotesTheRest = true;
    const quoted = quotesTheRest || QUOTE.test(raw);
    const words = quoted ? raw.replace(QUOTE_REST, '').replace(QUOTE, '') : raw;
    const is = quoted ? 'quote' : 'lines';
    const last = paragraphs.at(-1);
    const line = { bullet: /^\s*[•◦▪-] /.test(words), parts: parseInline(words) };
    if (last?.is === is) last.lines.push(line);
    else paragraphs.push({ is, lines: [line] });
  }
  return paragraphs;
}

const STYLES: Readonly<Record<string, 'bold' | 'italic' | 'strike'>> = {
  '*': 'bold',
  _: 'italic',
  '~': 'strike',
};
/** Longest match first: a reference, a code span, an emoji or a styled span that may begin here. */
const TOKEN = /<([^<>\n]+)>|`([^`\n]+)`|:([a-z0-9_+'-]+):|([*_~])/y;

export function parseInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') parts.push({ is: 'text', text: decode(plain) });
    plain = '';
  };
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    const [part, end] = found ? read(text, at, found) : [null, at];
    if (part === null) {
      plain += text.charAt(at);
      at += 1;
    } else {
      flush();
      parts.push(part);
      at = end;
    }
  }
  flush();
  return parts;
}

function read(text: string, at: number, found: RegExpExecArray): [Inline | null, number] {
  const [whole, inside, code, emoji, mark] = found;
  const end = at + whole.length;
  if (inside !== undefined) return [reference(inside), end];
  if (code !== undefined) return [{ is: 'code', text: plainOf(code) }, end];
  if (emoji !== undefined) return isEmojiName(emoji) ? [{ is: 'emoji', name: emoji }, end] : [null, at];
  return mark === undefined ? [null, at] : styled(text, at, mark);
}

/** Digits between colons are a time, not an emoji. */
const isEmojiName = (name: string): boolean => /[a-z+]/.test(name) || name === '-1' || name === '100';

/** Slack styles only whole words: `*a*` but neither `2*3*4` nor `* a *`. */
function styled(text: string, at: number, mark: string): [Inline | null, number] {
  const style = STYLES[mark];
  const opens = isEdge(text.charAt(at - 1)) && /\S/.test(text.charAt(at + 1));
  if (style === undefined || !opens) return [null, at];
  for (let close = text.indexOf(mark, at + 1); close > 0; close = text.indexOf(mark, close + 1)) {
    const inside = text.slice(at + 1, close);
    if (inside.includes('\n')) break;
    if (
      inside.trim() !== '' &&
      /\S$/.test(inside) &&
      isEdge(text.charAt(close + 1)) &&
      !splitsToken(inside)
    ) {
      return [{ is: style, parts: parseInline(inside) }, close + 1];
    }
  }
  return [null, at];
}

const isEdge = (character: string): boolean => character === '' || !/[\p{L}\p{N}]/u.test(character);
/** A mark inside `<…>` or a code span closes nothing. */
const splitsToken = (inside: string): boolean =>
  inside.lastIndexOf('<') > inside.lastIndexOf('>') || inside.split('`').length % 2 === 0;

function reference(inside: string): Inline {
  const bar = inside.indexOf('|');
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 || bar === inside.length - 1 ? null : decode(inside.slice(bar + 1));
  if (target.startsWith('@')) return { is: 'user', id: target.slice(1), label };
  if (target.startsWith('#')) return { is: 'channel', id: target.slice(1), label };
  if (target.startsWith('!subteam^')) return { is: 'group', id: target.slice(9), label };
  if (target.startsWith('!date^')) return dateOf(target, label);
  if (target.startsWith('!')) return { is: 'broadcast', range: target.slice(1) };
  return { is: 'link', url: decode(target), label };
}

function dateOf(target: string, fallback: string | null): Inline {
  const [, seconds = '', format = '', url = null] = target.split('^');
  const shown = fallback ?? seconds;
  if (!/^\d+$/.test(seconds)) return { is: 'text', text: shown };
  return { is: 'date', seconds: Number(seconds), format, url: url && decode(url), fallback: shown };
}

/** Inside code, references are shown by their label or address. */
function plainOf(code: string): string {
  return decode(
    code.replace(/<([^<>\n|]+)\|?([^<>\n]*)>/g, (_whole, target: string, label: string) => label || target),
  );
}

const decode = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
