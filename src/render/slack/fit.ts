import { clip } from '../escape.ts';
import type { Block } from './blocks.ts';

/** Keeps messages within our limits (CARDS §0.8) by leaving out whole lines, never by cutting a token in two. */

const MORE = '… (rest in Details)';

/** The lines that fit, as one text; the last one says that some are missing. */
export function fitLines(lines: readonly string[], max: number): string {
  const text = lines.join('\n');
  if (text.length <= max) return text;
  const kept = [...lines];
  while (kept.length > 1 && kept.join('\n').length + MORE.length + 1 > max) kept.pop();
  return [clip(kept.join('\n'), max - MORE.length - 1), MORE].join('\n');
}

/** The lines in as many texts as they need. A single line that is longer than `max` is clipped. */
export function packLines(lines: readonly string[], max: number): readonly string[] {
  const texts: string[] = [];
  for (const line of lines.map((each) => clip(each, max))) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + line.length < max) texts[texts.length - 1] = `${last}\n${line}`;
    else texts.push(line);
  }
  return texts;
}

/** Sections go first, from the end: what is asked, the buttons and the small print stay. */
export function fitCount(blocks: readonly Block[], max: number): readonly Block[] {
  const kept = [...blocks];
  while (kept.length > max) {
    const last = kept.findLastIndex(({ type }) => type === 'section');
    kept.splice(last === -1 ? kept.length - 1 : last, 1);
  }
  return kept;
}

/** The longest section loses its last line, again and again, until the JSON of all blocks fits. */
export function fitBytes(blocks: readonly Block[], max: number): readonly Block[] {
  let kept = blocks;
  while (Buffer.byteLength(JSON.stringify(kept)) > max) {
    const longest = longestSection(kept);
    if (longest === null) return kept;
    kept = kept.map((block) =>
      block === longest && block.type === 'section' ? withoutLastLine(block) : block,
    );
  }
  return kept;
}

type Section = Extract<Block, { type: 'section' }>;

function longestSection(blocks: readonly Block[]): Section | null {
  const shortenable = blocks.filter(
    (block): block is Section => block.type === 'section' && linesOf(block).length > 1,
  );
  return shortenable.reduce<Section | null>(
    (longest, next) => (longest === null || bytes(next) > bytes(longest) ? next : longest),
    null,
  );
}

function withoutLastLine(block: Section): Section {
  return { ...block, text: { ...block.text, text: [...linesOf(block).slice(0, -1), MORE].join('\n') } };
}

/** The lines that say something: the mark of missing ones is not one of them. */
function linesOf(block: Section): readonly string[] {
  return block.text.text.split('\n').filter((line) => line !== MORE);
}

function bytes(block: Section): number {
  return Buffer.byteLength(block.text.text);
}
