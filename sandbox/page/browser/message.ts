import { useMemo, useState } from 'preact/hooks';
import type { MessageShown } from '../contract.ts';
import { Avatar } from './avatar.ts';
import { Blocks } from './blocks/block.ts';
import { ago, fullMoment, timeOfDay } from './dates.ts';
import { type ActionValue, useDesk } from './desk.ts';
import { Emoji } from './emoji-view.ts';
import { FileCard } from './files.ts';
import { type Host, HostProvider } from './host.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { Mrkdwn } from './text-view.ts';

export type MessageProps = {
  readonly message: MessageShown;
  readonly channel: string;
  /** Under the name of the message before it. */
  readonly compact: boolean;
  readonly pinned: boolean;
  /** In the channel, where replies are a link and not shown. */
  readonly inChannel: boolean;
  readonly replies?: readonly MessageShown[];
  readonly onDismiss?: (ts: string) => void;
};

export function Message(props: MessageProps) {
  const { message, compact, pinned, inChannel, onDismiss } = props;
  const at = new Date(message.at);
  const { author } = message;
  return html`<div class=${`message-body ${compact ? 'compact' : ''}`}>
    <div class="gutter">
      ${
        compact
          ? html`<time class="side-time" datetime=${message.at} title=${fullMoment(at)}>${timeOfDay(at).replace(/\s?[AP]M$/, '')}</time>`
          : html`<${Avatar} id=${author.id} name=${author.name} app=${author.app} />`
      }
    </div>
    <div class="message-main">
      ${message.ephemeral && html`<p class="note"><${Icon} name="eye" size="14" /> Only visible to you</p>`}
      ${pinned && html`<p class="note"><${Icon} name="pin" size="14" /> Pinned</p>`}
      ${inChannel && message.broadcast && html`<${Broadcast} ts=${message.threadTs} />`}
      ${
        !compact &&
        html`<div class="message-head">
          <span class="author">${author.name}</span>
          ${author.app && html`<span class="app-mark">APP</span>`}
          <time datetime=${message.at} title=${fullMoment(at)}>${timeOfDay(at)}</time>
        </div>`
      }
      <${Content} ...${props} />
      ${message.files.map((file) => html`<${FileCard} key=${file.id} file=${file} />`)}
      ${
        message.reactions.length > 0 &&
        html`<div class="reactions">
          ${message.reactions.map(
            ({ name, count, mine }) =>
              html`<span class=${`reaction ${mine ? 'mine' : ''}`}><${Emoji} name=${name} /> ${count}</span>`,
          )}
        </div>`
      }
      ${inChannel && message.replies > 0 && html`<${Replies} ...${props} />`}
      ${
        message.ephemeral &&
        html`<button type="button" class="text-button" onClick=${() => onDismiss?.(message.ts)}>Dismiss message</button>`
      }
    </div>
  </div>`;
}

/** The words and blocks; drawn again only when they change. */
function Content({ message, channel }: MessageProps) {
  const desk = useDesk();
  const [values, setValues] = useState<Readonly<Record<string, ActionValue>>>({});
  const { act } = desk;
  const host = useMemo<Host>(
    () => ({
      read: (key) => values[key],
      write: (key, value) => setValues((before) => ({ ...before, [key]: value })),
      dispatch: (actionId, value) =>
        act({
          do: 'message-action',
          channel,
          ts: message.ts,
          actionId,
          ...(value === undefined ? {} : { value }),
        }),
      errorOf: () => undefined,
    }),
    [values, channel, message.ts, act],
  );
  if (message.refused !== null) {
    return html`<div class="refused"><${Icon} name="warning" /> <span>${message.refused}</span></div>`;
  }
  const edited = message.edited && html`<span class="edited"> (edited)</span>`;
  return html`<${HostProvider} value=${host}>
    <div class="content">
      ${
        message.blocks.length > 0
          ? html`<${Blocks} blocks=${message.blocks} where="message" />`
          : message.text !== '' && html`<${Mrkdwn} text=${message.text} />`
      }
      ${edited}
    </div>
  <//>`;
}

function Broadcast({ ts }: { ts: string | null }) {
  const { openThread } = useDesk();
  return html`<p class="note">
    <${Icon} name="thread" size="14" /> replied to${' '}
    <button type="button" class="text-button" onClick=${() => openThread(ts)}>a thread</button>
  </p>`;
}

function Replies({ message, replies = [] }: MessageProps) {
  const { openThread, now } = useDesk();
  const authors = new Map(replies.map(({ author }) => [author.id, author]));
  const last = replies.at(-1);
  return html`<button type="button" class="replies" onClick=${() => openThread(message.ts)}>
    <span class="replies-faces">
      ${[...authors.values()]
        .slice(0, 4)
        .map(({ id, name, app }) => html`<${Avatar} key=${id} id=${id} name=${name} app=${app} small />`)}
    </span>
    <span class="replies-count">${message.replies} ${message.replies === 1 ? 'reply' : 'replies'}</span>
    ${last && html`<span class="replies-last">Last reply ${ago(new Date(last.at), now)}</span>`}
  </button>`;
}
