import type { ChannelShown } from '../contract.ts';
import { Composer } from './composer.ts';
import { useDesk } from './desk.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { MessageList, nameFor } from './message-list.ts';
import { InlineText } from './text-view.ts';

type ConversationProps = {
  readonly channel: ChannelShown;
  readonly hidden: ReadonlySet<string>;
  readonly onHide: (ts: string) => void;
  readonly target: string | null;
  readonly typed: { readonly text: string } | null;
};

export function Conversation({ channel, hidden, onHide, target, typed }: ConversationProps) {
  const { state, act, openChannel } = useDesk();
  const name = nameFor(channel);
  const pin = channel.pinned.at(-1);
  const direct = channel.kind === 'dm';
  return html`<section class="conversation" aria-label=${name}>
    <header class="pane-head">
      <div class="pane-title">
        <h2>${name}${direct && html` <span class="app-mark">APP</span>`}</h2>
        ${channel.topic !== '' && html`<p class="topic" title=${channel.topic}><${InlineText} text=${channel.topic} /></p>`}
      </div>
      ${
        pin !== undefined &&
        html`<button type="button" class="head-button" onClick=${() => openChannel(channel.id, pin)}>
          <${Icon} name="pin" size="16" /> ${channel.pinned.length}<span class="sr-only"> pinned: go to the newest</span>
        </button>`
      }
      ${
        !direct &&
        html`<span class="head-fact" title=${`${channel.members} members`}>
          <${Icon} name="people" size="16" /> ${channel.members}<span class="sr-only"> members</span>
        </span>`
      }
    </header>
    <${SlackDown} />
    <${MessageList} channel=${channel} messages=${state.messages[channel.id] ?? []} hidden=${hidden} onHide=${onHide} target=${target} />
    ${foot()}
  </section>`;

  function foot() {
    if (channel.archived)
      return html`<p class="foot-note">${name} is archived. It can be read, and nothing can be added.</p>`;
    if (channel.joined) {
      return html`<${Composer} channel=${channel.id} placeholder=${direct ? `Message ${name}` : `Message ${name}, or type /dr`} typed=${typed} />`;
    }
    return html`<div class="foot-note">
      <p>You are looking at <strong>${name}</strong></p>
      <button type="button" class="button primary" onClick=${() => act({ do: 'join', channel: channel.id })}>Join channel</button>
    </div>`;
  }
}

function SlackDown() {
  const { state, world } = useDesk();
  if (state.world.slack === 'up') return null;
  return html`<div class="banner" role="status">
    <span>Slack is down (pretend). The bot goes on; messages appear when it is back.</span>
    <button type="button" class="button" onClick=${() => world({ do: 'mend', name: 'slack' })}>Bring Slack back</button>
  </div>`;
}
