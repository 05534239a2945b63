import type { Block } from '../../../slack/block-kit.ts';
import { html } from '../html.ts';
import { RichText } from './rich-text.ts';

type TableBlock = Extract<Block, { type: 'table' }>;

/** The first row holds the headings, as in Slack. */
export function Table({ block }: { block: TableBlock }) {
  const [head = [], ...rows] = block.rows;
  const cell = (Tag: 'th' | 'td') => (content: TableBlock['rows'][number][number], index: number) => {
    const align = block.column_settings?.[index]?.align ?? 'left';
    return html`<${Tag} class=${`align-${align}`} scope=${Tag === 'th' ? 'col' : undefined}>
      ${content.type === 'raw_text' ? content.text : html`<${RichText} elements=${content.elements} />`}
    <//>`;
  };
  return html`<div class="block table" role="group" aria-label="Table" tabindex="0">
    <table>
      <thead><tr>${head.map(cell('th'))}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${row.map(cell('td'))}</tr>`)}</tbody>
    </table>
  </div>`;
}
