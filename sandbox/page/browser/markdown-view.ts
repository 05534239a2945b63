import { withEmoji } from './emoji-view.ts';
import { type Children, html } from './html.ts';
import { type Part, parseMarkdown, type Span } from './markdown.ts';
import { Link } from './text-view.ts';

export function Markdown({ text }: { text: string }) {
  return html`<div class="markdown">${parseMarkdown(text).map(part)}</div>`;
}

function part(of: Part): Children {
  switch (of.is) {
    case 'heading': {
      // The page's own headings come first.
      const Tag = `h${Math.min(of.level + 2, 6)}`;
      return html`<${Tag} class=${`level-${of.level}`}>${spans(of.spans)}<//>`;
    }
    case 'paragraph':
      return html`<p>${lines(of.lines)}</p>`;
    case 'quote':
      return html`<blockquote>${lines(of.lines)}</blockquote>`;
    case 'code':
      return html`<pre class="pre" tabindex="0">${of.text}</pre>`;
    case 'rule':
      return html`<hr />`;
    case 'list': {
      const items = of.items.map((item) => html`<li>${spans(item)}</li>`);
      return of.ordered ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`;
    }
    case 'table':
      return html`<div class="table" role="group" aria-label="Table" tabindex="0">
        <table>
          <thead><tr>${of.head.map((cell) => html`<th scope="col">${spans(cell)}</th>`)}</tr></thead>
          <tbody>
            ${of.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${spans(cell)}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>`;
  }
}

const lines = (all: readonly (readonly Span[])[]): Children =>
  all.map((line, index) => html`${index > 0 && html`<br />`}${spans(line)}`);

const spans = (all: readonly Span[]): Children => all.map(span);

function span(of: Span): Children {
  switch (of.is) {
    case 'text':
      return withEmoji(of.text);
    case 'code':
      return html`<code>${of.text}</code>`;
    case 'bold':
      return html`<strong>${withEmoji(of.text)}</strong>`;
    case 'italic':
      return html`<em>${withEmoji(of.text)}</em>`;
    case 'link':
      return html`<${Link} url=${of.url}>${of.text}<//>`;
  }
}
