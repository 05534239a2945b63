import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChannelShown, MessageShown } from '../contract.ts';
import { dayName, sameDay } from './dates.ts';
import { useDesk } from './desk.ts';
import { type Children, html } from './html.ts';
import { Icon } from './icons.ts';
import { Message } from './message.ts';
import { walk } from './roving.ts';
import { useStickyScroll } from './scroll.ts';
import { continues, firstUnread, inChannel, repliesTo } from './view.ts';

type ListProps = {
  readonly channel: ChannelShown;
  readonly messages: readonly MessageShown[];
  readonly hidden: ReadonlySet<string>;
  readonly onHide: (ts: string) => void;
  /** A message to bring into sight and mark. */
  readonly target: string | null;
};

export function MessageList({ channel, messages, hidden, onHide, target }: ListProps) {
  const { state, act, now, openThread } = useDesk();
  const shown = inChannel(messages).filter(({ ts }) => !hidden.has(ts));
  const newest = shown.at(-1);
  const own = newest?.author.id === state.me;
  const scroll = useStickyScroll(channel.id, newest?.ts ?? '', own);
  const divider = useNewDivider(channel, shown, scroll.atEnd);
  const unseen = scroll.atEnd ? 0 : shown.filter(({ ts }) => ts > scroll.seenTs).length;

  useEffect(() => {
    const read = () => {
      if (channel.unread > 0 && scroll.atEnd && document.visibilityState === 'visible') {
        act({ do: 'read', channel: channel.id });
      }
    };
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [channel.id, channel.unread, scroll.atEnd, act]);

  useLayoutEffect(() => {
    if (target === null) return;
    const found = scroll.box.current?.querySelector<HTMLElement>(`[data-ts="${CSS.escape(target)}"]`);
    found?.scrollIntoView({ block: 'center' });
    found?.focus({ preventScroll: true });
  }, [target]);

  const items: Children[] = [];
  for (const [index, message] of shown.entries()) {
    const before = shown[index - 1];
    const at = new Date(message.at);
    const newDay = before === undefined || !sameDay(new Date(before.at), at);
    const isFirstNew = message.ts === divider;
    if (newDay) items.push(html`<${Separator} key=${`day-${message.ts}`} label=${dayName(at, now)} />`);
    if (isFirstNew) items.push(html`<${Separator} key="new" label="New" fresh />`);
    items.push(
      html`<div
        key=${message.ts}
        role="listitem"
        class=${`message ${message.ephemeral ? 'ephemeral' : ''} ${message.ts === target ? 'target' : ''}`}
        data-ts=${message.ts}
        tabindex=${message === newest ? '0' : '-1'}
      >
        <${Message}
          message=${message}
          channel=${channel.id}
          compact=${!newDay && !isFirstNew && continues(before, message)}
          pinned=${channel.pinned.includes(message.ts)}
          inChannel
          replies=${message.replies > 0 ? repliesTo(messages, message.ts) : []}
          onDismiss=${onHide}
        />
        ${
          message.refused === null &&
          !message.ephemeral &&
          html`<button
            type="button"
            class="message-tool"
            aria-label="Reply in thread"
            title="Reply in thread (T)"
            onClick=${() => openThread(message.threadTs ?? message.ts)}
          >
            <${Icon} name="thread" />
          </button>`
        }
      </div>`,
    );
  }

  return html`<div class="list-frame">
    <div class="list" ref=${scroll.box} onScroll=${scroll.onScroll} onKeyDown=${walk}>
      <${Beginning} channel=${channel} />
      <div role="list" aria-label=${`Messages in ${nameFor(channel)}`}>${items}</div>
    </div>
    ${
      !scroll.atEnd &&
      html`<button type="button" class="jump" onClick=${scroll.toEnd}>
        <${Icon} name="down" size="16" /> ${unseen > 0 ? `${unseen} new` : 'Jump to latest'}
      </button>`
    }
  </div>`;
}

export const nameFor = ({ kind, name }: ChannelShown): string => (kind === 'dm' ? name : `#${name}`);

function Separator({ label, fresh = false }: { label: string; fresh?: boolean }) {
  return html`<div class=${`separator ${fresh ? 'fresh' : ''}`} role="listitem"><span>${label}</span></div>`;
}

function Beginning({ channel }: { channel: ChannelShown }) {
  const direct = channel.kind === 'dm';
  return html`<div class="beginning">
    <h3>${direct ? channel.name : `# ${channel.name}`}</h3>
    <p>
      ${
        direct
          ? `This is the start of your direct messages with ${channel.name}. Only the two of you see them.`
          : `This is the very beginning of the #${channel.name} channel.`
      }
    </p>
  </div>`;
}

/** The place of "New" is settled when the channel is opened or when something comes while nobody looks. */
function useNewDivider(channel: ChannelShown, shown: readonly MessageShown[], atEnd: boolean): string | null {
  const { state } = useDesk();
  const [kept, setKept] = useState<{ where: string; ts: string | null }>({ where: '', ts: null });
  const where = `${state.me} ${channel.id}`;
  const looks = useRef(true);
  looks.current = atEnd && document.visibilityState === 'visible';
  useLayoutEffect(() => {
    const unseenBefore = kept.where === where && (kept.ts !== null || looks.current);
    if (unseenBefore) return;
    setKept({ where, ts: firstUnread(shown, channel.unread, state.me) });
  }, [where, channel.unread]);
  return kept.where === where ? kept.ts : null;
}
