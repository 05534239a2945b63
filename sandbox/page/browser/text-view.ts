import { fillDateFormat } from './dates.ts';
import { type Desk, useDesk } from './desk.ts';
import { Emoji, withEmoji } from './emoji-view.ts';
import { type Children, html } from './html.ts';
import { type Inline, type Line, type Paragraph, parseInline, parseMrkdwn } from './mrkdwn.ts';

type TextObject = { readonly type: string; readonly text: string; readonly emoji?: boolean | undefined };

/** Slack's markup as elements. */
export function Mrkdwn({ text }: { text: string }) {
  const desk = useDesk();
  return html`${parseMrkdwn(text).map((each) => paragraph(each, desk))}`;
}

/** A text object of a block: plain text may hold emoji codes and nothing else. */
export function BlockText({ of }: { of: TextObject }) {
  if (of.type === 'mrkdwn') return html`<${Mrkdwn} text=${of.text} />`;
  return html`<${PlainText} of=${of} />`;
}

export function PlainText({ of }: { of: TextObject }) {
  if (of.emoji === false) return html`${withEmoji(of.text)}`;
  const pieces = of.text.split(/(:[a-z0-9_+-]*[a-z][a-z0-9_+-]*:)/);
  return html`${pieces.map((piece, index) =>
    index % 2 === 1 ? html`<${Emoji} name=${piece.slice(1, -1)} />` : withEmoji(piece),
  )}`;
}

function paragraph(part: Paragraph, desk: Desk): Children {
  if (part.is === 'pre') return html`<pre class="pre" tabindex="0">${part.text}</pre>`;
  const shown = lines(part.lines, desk);
  return part.is === 'quote'
    ? html`<blockquote>${shown}</blockquote>`
    : html`<div class="lines">${shown}</div>`;
}

function lines(all: readonly Line[], desk: Desk): Children {
  return all.map(
    ({ bullet, parts }) => html`<div class=${bullet ? 'line bullet' : 'line'}>
      ${parts.length === 0 ? html`<br />` : inline(parts, desk)}
    </div>`,
  );
}

/** One line of markup without paragraphs, for places that hold a single line. */
export function InlineText({ text }: { text: string }) {
  return html`${inline(parseInline(text), useDesk())}`;
}

function inline(parts: readonly Inline[], desk: Desk): Children {
  return parts.map((part) => one(part, desk));
}

function one(part: Inline, desk: Desk): Children {
  switch (part.is) {
    case 'text':
      return withEmoji(part.text);
    case 'code':
      return html`<code>${part.text}</code>`;
    case 'bold':
      return html`<strong>${inline(part.parts, desk)}</strong>`;
    case 'italic':
      return html`<em>${inline(part.parts, desk)}</em>`;
    case 'strike':
      return html`<s>${inline(part.parts, desk)}</s>`;
    case 'emoji':
      return html`<${Emoji} name=${part.name} />`;
    case 'link':
      return html`<${Link} url=${part.url}>${part.label ?? part.url}<//>`;
    case 'date': {
      const words = fillDateFormat(part, desk.now);
      return part.url === null ? words : html`<${Link} url=${part.url}>${words}<//>`;
    }
    default:
      return html`<${Mention} of=${part} />`;
  }
}

type Mentioned = Extract<Inline, { is: 'user' | 'channel' | 'group' | 'broadcast' }>;

export function Mention({ of }: { of: Mentioned }) {
  const { state, openChannel, nameOf } = useDesk();
  if (of.is === 'broadcast') return html`<span class="mention loud">@${of.range}</span>`;
  const known = state.names[of.id];
  if (of.is === 'channel') {
    const name = `#${known ?? of.label ?? 'private channel'}`;
    return known === undefined
      ? html`<span class="mention">${name}</span>`
      : html`<button type="button" class="mention link" onClick=${() => openChannel(of.id)}>${name}</button>`;
  }
  const mine = of.id === state.me;
  const name = known ?? of.label ?? nameOf(of.id);
  return html`<span class=${mine ? 'mention loud' : 'mention'}>@${name.replace(/^@/, '')}</span>`;
}

/** An address of the workspace opens in the page, any other in a new tab. */
export function Link({ url, children }: { url: string; children?: Children }) {
  const { openUrl } = useDesk();
  const onClick = (event: MouseEvent) => {
    if (openUrl(url)) event.preventDefault();
  };
  const safe = /^(?:https?|mailto):/i.test(url);
  if (!safe) return html`<span>${children}</span>`;
  return html`<a href=${url} target="_blank" rel="noreferrer" onClick=${onClick}>${children}</a>`;
}
