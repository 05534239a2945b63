import { useEffect, useRef } from 'preact/hooks';
import type { ChannelShown, MessageShown } from '../contract.ts';
import { Composer } from './composer.ts';
import { useDesk } from './desk.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { Message } from './message.ts';
import { nameFor } from './message-list.ts';
import { walk } from './roving.ts';
import { useStickyScroll } from './scroll.ts';
import { continues, repliesTo } from './view.ts';
import { wayBack } from './way-back.ts';

type ThreadProps = {
  readonly channel: ChannelShown;
  readonly messages: readonly MessageShown[];
  readonly ts: string;
  readonly hidden: ReadonlySet<string>;
  readonly onHide: (ts: string) => void;
};

/** The sheet on the right: a message and what was answered to it. Escape closes it and gives the focus back. */
export function Thread({ channel, messages, ts, hidden, onHide }: ThreadProps) {
  const { state, openThread } = useDesk();
  const root = messages.find((each) => each.ts === ts);
  const replies = repliesTo(messages, ts).filter((each) => !hidden.has(each.ts));
  const newest = replies.at(-1);
  const scroll = useStickyScroll(ts, newest?.ts ?? '', newest?.author.id === state.me);
  const back = useRef(wayBack());

  useEffect(() => back.current, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    openThread(null);
  };
  const item = (message: MessageShown, before?: MessageShown) => html`<div
    key=${message.ts}
    role="listitem"
    class="message"
    data-ts=${message.ts}
    tabindex=${message === (newest ?? root) ? '0' : '-1'}
  >
    <${Message}
      message=${message}
      channel=${channel.id}
      compact=${continues(before, message)}
      pinned=${channel.pinned.includes(message.ts)}
      inChannel=${false}
      onDismiss=${onHide}
    />
  </div>`;

  return html`<section class="thread" aria-label="Thread" onKeyDown=${onKeyDown}>
    <header class="pane-head">
      <h2>Thread <small>${nameFor(channel)}</small></h2>
      <button type="button" class="icon-button" aria-label="Close thread" onClick=${() => openThread(null)}>
        <${Icon} name="close" />
      </button>
    </header>
    <div class="list" ref=${scroll.box} onScroll=${scroll.onScroll} onKeyDown=${walk}>
      <div role="list" aria-label="Messages of the thread">
        ${root ? item(root) : html`<p class="empty" role="listitem">The message was removed.</p>`}
        ${
          replies.length > 0 &&
          html`<div class="separator count" role="listitem">
            <span>${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}</span>
          </div>`
        }
        ${replies.map((reply, index) => item(reply, replies[index - 1]))}
      </div>
    </div>
    <${Composer} channel=${channel.id} threadTs=${ts} placeholder="Reply…" focusOnOpen />
  </section>`;
}
