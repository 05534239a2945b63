import type { Block } from '../../../slack/block-kit.ts';
import { fillDateFormat } from '../dates.ts';
import { useDesk } from '../desk.ts';
import { Emoji, withEmoji } from '../emoji-view.ts';
import { type Children, html } from '../html.ts';
import { Link, Mention } from '../text-view.ts';

type RichElement = Extract<Block, { type: 'rich_text' }>['elements'][number];
type Leaf = Extract<RichElement, { type: 'rich_text_section' }>['elements'][number];

export function RichText({ elements }: { elements: readonly RichElement[] }) {
  return html`<div class="rich-text">${elements.map(part)}</div>`;
}

function part(element: RichElement): Children {
  switch (element.type) {
    case 'rich_text_section':
      return html`<p class="rich-section">${leaves(element.elements)}</p>`;
    case 'rich_text_quote':
      return html`<blockquote>${leaves(element.elements)}</blockquote>`;
    case 'rich_text_preformatted':
      return html`<pre class="pre" tabindex="0">${leaves(element.elements)}</pre>`;
    case 'rich_text_list': {
      const items = element.elements.map((item) => html`<li>${leaves(item.elements)}</li>`);
      const level = `list indent-${Math.min(element.indent ?? 0, 4)}`;
      return element.style === 'ordered'
        ? html`<ol class=${level} start=${(element.offset ?? 0) + 1}>${items}</ol>`
        : html`<ul class=${level}>${items}</ul>`;
    }
  }
}

const leaves = (all: readonly Leaf[]): Children => all.map((leaf) => html`<${LeafView} leaf=${leaf} />`);

const TAGS = { bold: 'strong', italic: 'em', strike: 's', code: 'code', underline: 'u' } as const;

function LeafView({ leaf }: { leaf: Leaf }) {
  const styles = Object.entries(TAGS).filter(([style]) => Object(leaf.style)[style] === true);
  return styles.reduce<Children>(
    (inside, [, Tag]) => html`<${Tag}>${inside}<//>`,
    html`<${Plain} leaf=${leaf} />`,
  );
}

function Plain({ leaf }: { leaf: Leaf }) {
  const { now } = useDesk();
  switch (leaf.type) {
    case 'text':
      return html`${withEmoji(leaf.text)}`;
    case 'link':
      return html`<${Link} url=${leaf.url}>${leaf.text ?? leaf.url}<//>`;
    case 'user':
      return html`<${Mention} of=${{ is: 'user', id: leaf.user_id, label: null }} />`;
    case 'usergroup':
      return html`<${Mention} of=${{ is: 'group', id: leaf.usergroup_id, label: null }} />`;
    case 'channel':
      return html`<${Mention} of=${{ is: 'channel', id: leaf.channel_id, label: null }} />`;
    case 'broadcast':
      return html`<${Mention} of=${{ is: 'broadcast', range: leaf.range }} />`;
    case 'emoji':
      return html`<${Emoji} name=${leaf.name} />`;
    case 'date': {
      const { timestamp: seconds, format, fallback = format } = leaf;
      return html`${fillDateFormat({ seconds, format, fallback }, now)}`;
    }
  }
}
