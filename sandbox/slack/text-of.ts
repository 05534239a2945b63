import type { Interactive } from './block-elements.ts';
import type { Block, View } from './block-kit.ts';
import { optionsOf } from './inputs.ts';

/** Names for ids in text; an unknown id stays as it is. */
export type NameOf = (id: string) => string | undefined;
const noNames: NameOf = () => undefined;

interface Worded {
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** What a person reads, as plain text, a block a line. Buttons are `[Label]`. Without blocks it is the message's text. */
export function textOf(shown: Worded | View, nameOf: NameOf = noNames): string {
  const lines = shown.blocks.map((block) => blockText(block, nameOf)).filter((line) => line !== '');
  if ('type' in shown) {
    return [shown.type === 'modal' ? shown.title.text : '', ...lines]
      .filter((line) => line !== '')
      .join('\n');
  }
  return lines.length > 0 ? lines.join('\n') : readable(shown.text, nameOf);
}

function blockText(block: Block, nameOf: NameOf): string {
  const read = (part: { type: string; text: string } | undefined): string =>
    part === undefined ? '' : part.type === 'mrkdwn' ? readable(part.text, nameOf) : part.text;
  switch (block.type) {
    case 'header':
      return block.text.text;
    case 'divider':
      return '';
    case 'markdown':
      return block.text;
    case 'section': {
      const parts = [read(block.text), ...(block.fields ?? []).map(read)].filter(Boolean);
      if (block.accessory)
        parts.push(block.accessory.type === 'image' ? block.accessory.alt_text : label(block.accessory));
      return parts.join('\n');
    }
    case 'context':
      return block.elements.map((e) => (e.type === 'image' ? e.alt_text : read(e))).join(' ');
    case 'image':
      return [block.title?.text, block.alt_text].filter(Boolean).join('\n');
    case 'actions':
      return block.elements.map(label).join(' ');
    case 'input':
      return [block.label.text, block.hint?.text, label(block.element)].filter(Boolean).join('\n');
    case 'rich_text':
      return block.elements.map((element) => richText(element, nameOf)).join('\n');
    case 'table':
      return block.rows
        .map((row) =>
          row.map((cell) => (cell.type === 'raw_text' ? cell.text : blockText(cell, nameOf))).join(' | '),
        )
        .join('\n');
  }
}

/** How a control looks: `[Approve]`, `[… Details | Abort]`, `[Choose a backup]`; an empty field shows nothing. */
export function label(element: Interactive): string {
  if (element.type === 'button') return `[${element.text.text}]`;
  if (element.type === 'overflow') return `[… ${element.options.map((o) => o.text.text).join(' | ')}]`;
  if ('placeholder' in element && element.placeholder) return `[${element.placeholder.text}]`;
  const options = optionsOf(element).map((o) => o.text.text);
  return options.length > 0 ? `[${options.join(' | ')}]` : '';
}

type RichElement = Extract<Block, { type: 'rich_text' }>['elements'][number];
type RichLeaf = Exclude<RichElement['elements'][number], { type: 'rich_text_section' }>;

function richText(element: RichElement, nameOf: NameOf): string {
  const leaves: readonly (RichLeaf | Extract<RichElement, { type: 'rich_text_section' }>)[] =
    element.elements;
  return leaves
    .map((leaf) =>
      leaf.type === 'rich_text_section' ? `• ${richText(leaf, nameOf)}\n` : leafText(leaf, nameOf),
    )
    .join('')
    .trimEnd();
}

function leafText(leaf: RichLeaf, nameOf: NameOf): string {
  switch (leaf.type) {
    case 'text':
      return leaf.text;
    case 'link':
      return leaf.text ?? leaf.url;
    case 'user':
      return `@${nameOf(leaf.user_id) ?? leaf.user_id}`;
    case 'usergroup':
      return `@${nameOf(leaf.usergroup_id) ?? leaf.usergroup_id}`;
    case 'channel':
      return `#${nameOf(leaf.channel_id) ?? leaf.channel_id}`;
    case 'emoji':
      return `:${leaf.name}:`;
    case 'date':
      return leaf.fallback ?? String(leaf.timestamp);
    case 'broadcast':
      return `@${leaf.range}`;
  }
}

/** mrkdwn with its `<…>` resolved and its entities decoded, once and last. */
function readable(mrkdwn: string, nameOf: NameOf): string {
  return mrkdwn
    .replace(/<([^<>]+)>/g, (_whole, inner: string) => reference(inner, nameOf))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function reference(inner: string, nameOf: NameOf): string {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const said = bar < 0 ? undefined : inner.slice(bar + 1);
  const id = target.replace(/^([@#]|!subteam\^)/, '');
  if (target.startsWith('@')) return `@${nameOf(id) ?? said ?? id}`;
  if (target.startsWith('#')) return `#${nameOf(id) ?? said ?? id}`;
  if (target.startsWith('!subteam^')) return `@${nameOf(id) ?? said ?? id}`;
  if (target.startsWith('!date^')) return said ?? target;
  if (target.startsWith('!')) return `@${target.slice(1)}`;
  return said ?? target;
}
