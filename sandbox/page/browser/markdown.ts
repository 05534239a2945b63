/** The Markdown that reports are written in, as a tree. Nothing here knows of the DOM. */

export type Span =
  | { readonly is: 'text' | 'code' | 'bold' | 'italic'; readonly text: string }
  | { readonly is: 'link'; readonly text: string; readonly url: string };

export type Part =
  | { readonly is: 'heading'; readonly level: number; readonly spans: readonly Span[] }
  | { readonly is: 'paragraph' | 'quote'; readonly lines: readonly (readonly Span[])[] }
  | { readonly is: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Span[])[] }
  | { readonly is: 'code'; readonly text: string }
  | { readonly is: 'table'; readonly head: readonly Row[number][]; readonly rows: readonly Row[] }
  | { readonly is: 'rule' };
type Row = readonly (readonly Span[])[];

const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/;
const RULE = /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/;
const TABLE_LINE = /^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$/;

export function parseMarkdown(text: string): Part[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const parts: Part[] = [];
  let at = 0;
  /** Takes lines as long as they belong together. */
  const take = (belongs: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && belongs(lines[at] ?? '')) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const heading = HEADING.exec(line);
    if (line.trim() === '') at += 1;
    else if (heading) {
      parts.push({ is: 'heading', level: heading[1]?.length ?? 1, spans: parseSpans(heading[2] ?? '') });
      at += 1;
    } else if (line.startsWith('```')) {
      at += 1;
      parts.push({ is: 'code', text: take((each) => !each.startsWith('```')).join('\n') });
      at += 1;
    } else if (RULE.test(line)) {
      parts.push({ is: 'rule' });
      at += 1;
    } else if (line.includes('|') && TABLE_LINE.test(lines[at + 1] ?? '')) {
      const [head = '', , ...rows] = take((each) => each.includes('|'));
      parts.push({ is: 'table', head: cells(head), rows: rows.map(cells) });
    } else if (line.startsWith('>')) {
      const quoted = take((each) => each.startsWith('>')).map((each) => each.replace(/^> ?/, ''));
      parts.push({ is: 'quote', lines: quoted.map(parseSpans) });
    } else if (ITEM.test(line)) {
      parts.push(listOf(take((each) => ITEM.test(each) || /^\s{2,}\S/.test(each))));
    } else {
      const words = take(
        (each) => each.trim() !== '' && !/^(?:#{1,6}\s|```|>)/.test(each) && !ITEM.test(each),
      );
      parts.push({ is: 'paragraph', lines: words.map(parseSpans) });
    }
  }
  return parts;
}

/** A line that is indented goes on with the item before it. */
function listOf(lines: readonly string[]): Part {
  const items: string[] = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    const box = item?.[2] === undefined ? '' : item[2] === ' ' ? '☐ ' : '☑ ';
    if (item) items.push(box + (item[3] ?? ''));
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  return { is: 'list', ordered: /^\s*\d/.test(lines[0] ?? ''), items: items.map(parseSpans) };
}

function cells(line: string): Row {
  const inside = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inside.split(/(?<!\\)\|/).map((cell) => parseSpans(cell.trim().replaceAll('\\|', '|')));
}

/** Code begins and ends with equally many back quotes, the first of them not escaped. */
const SPAN =
  /(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)|(?<!\\)\*\*([^*]+)\*\*|(?<![\p{L}\p{N}\\])[*_]([^*_\s](?:[^*_]*[^*_\s])?)[*_](?![\p{L}\p{N}])|(?<!\\)\[([^\]]+)\]\(([^)\s]+)\)/gu;

export function parseSpans(text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const found of text.matchAll(SPAN)) {
    const [whole, , code, bold, italic, label, url] = found;
    if (found.index > from) spans.push({ is: 'text', text: decoded(text.slice(from, found.index)) });
    if (code !== undefined) spans.push({ is: 'code', text: code.replace(/^ (.*) $/, '$1') });
    else if (bold !== undefined) spans.push({ is: 'bold', text: decoded(bold) });
    else if (italic !== undefined) spans.push({ is: 'italic', text: decoded(italic) });
    else spans.push({ is: 'link', text: decoded(label ?? ''), url: url ?? '' });
    from = found.index + whole.length;
  }
  if (from < text.length) spans.push({ is: 'text', text: decoded(text.slice(from)) });
  return spans;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&#39;': "'",
};

const decoded = (text: string): string =>
  text
    .replace(/\\([\\`*_{}[\]()#+\-.:!=|<>&~])/g, '$1')
    .replace(/&(?:lt|gt|amp|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
